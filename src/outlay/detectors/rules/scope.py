"""What a rule may name: the columns of one row, the pack's parameters and its sets. Nothing else."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from outlay.schema import catalog

Kind = Literal["number", "text", "boolean"]

TEXTS: Final = (
    "transaction_id",
    "user_id",
    "transaction_type",
    "counterparty_id",
    "currency",
    "country",
    "channel",
    "device_id",
)
NUMBERS: Final = ("amount", *catalog.NAMES)

COLUMNS: Final[Mapping[str, Kind]] = {
    **dict.fromkeys(NUMBERS, "number"),
    **dict.fromkeys(TEXTS, "text"),
}
"""The columns every pack may use, with their kinds."""

_ELSEWHERE: Final = {
    "is_fraud": "is_fraud is what a rule is measured by; a rule that reads it would know the answer",
    "timestamp": "judge the time by hour, weekday and seconds_since_last",
}


@dataclass(frozen=True, slots=True)
class Scope:
    """The names that the expressions of one pack may use."""

    columns: Mapping[str, Kind] = field(default_factory=lambda: dict(COLUMNS))
    parameters: Mapping[str, float] = field(default_factory=dict)
    sets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __iter__(self) -> Iterator[str]:
        yield from (*self.columns, *self.parameters, *self.sets)

    def __contains__(self, name: str) -> bool:
        return name in self.columns or name in self.parameters or name in self.sets

    def advice(self, name: str) -> str:
        """Return what to do about the unknown ``name``."""
        return _ELSEWHERE.get(name) or (
            "a rule sees the transaction's columns, the features (outlay features lists them), and "
            "what its pack declares under [parameters], [sets] and [columns]"
        )


def reserved(names: Iterable[str]) -> list[str]:
    """Return those of ``names`` that a pack may not declare, because they mean something already."""
    return [name for name in names if name in COLUMNS or name in _ELSEWHERE]
