"""What can be chosen about the isolation forest, and what is chosen when nobody does."""

from dataclasses import dataclass
from typing import Final, get_args

from outlay.detectors.forest import MAX_COLUMNS, MAX_DEPTH
from outlay.detectors.surprise import Shape, Side
from outlay.errors import ConfigError, nearest

FEATURES: Final = (
    "amount_oddity",
    "amount_log",
    "burst",
    "sum_ratio_24h",
    "new_device",
    "new_counterparty",
)
"""What the forest looks at, chosen by measurement (docs/explanation/ranking.md). High is odd."""

_MAX_SAMPLES: Final = 2**MAX_DEPTH
_HALF: Final = 0.5


@dataclass(frozen=True, slots=True)
class ForestSettings:
    """The forest's settings, checked when made; ``IsolationForestDetector`` says what each does."""

    features: tuple[str, ...]
    sides: dict[str, Side]
    n_trees: int
    max_samples: int
    transform: Shape
    contamination: float
    train_rows: int
    seed: int

    def __post_init__(self) -> None:
        if not self.features or len(set(self.features)) != len(self.features):
            raise ConfigError(
                f"The isolation forest cannot look at the features {list(self.features)}.\n\n"
                "Hint: name at least one, each once."
            )
        if len(self.features) > MAX_COLUMNS:
            raise ConfigError(
                f"The isolation forest is to look at {len(self.features):,} features; "
                f"it takes at most {MAX_COLUMNS:,}.\n\nHint: ten good ones do better than many weak ones."
            )
        _one_of("transform", self.transform, get_args(Shape))
        for feature, side in self.sides.items():
            _one_of("sides", feature, self.features)
            _one_of(f"sides.{feature}", side, get_args(Side))
        _between("n_trees", self.n_trees, 1, 10_000)
        _between("max_samples", self.max_samples, 2, _MAX_SAMPLES)
        _between("contamination", self.contamination, 0, _HALF)
        _between("train_rows", self.train_rows, 1, 10_000_000)
        _between("seed", self.seed, 0, 2**32 - 1)


def _one_of(setting: str, value: str, known: tuple[str, ...]) -> None:
    """Refuse a word that is not among the known ones."""
    if value not in known:
        raise ConfigError(
            f"isolation_forest.{setting} is {value!r}, which is none of {', '.join(known)}."
            f"{nearest(str(value), known)}\n\nHint: write one of those."
        )


def _between(setting: str, value: float, low: float, high: float) -> None:
    """Refuse a number out of range."""
    if not low <= value <= high:
        raise ConfigError(
            f"isolation_forest.{setting} is {value!r}, out of {low:,} to {high:,}.\n\n"
            "Hint: choose a value in that range."
        )
