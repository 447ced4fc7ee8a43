"""What a detector is, and how detectors are found.

Built-in detectors are registered through the same entry points as anybody's own::

    [project.entry-points."outlay.detectors"]
    my_detector = "my_package:MyDetector"

``outlay.detectors.checks.check_detector`` tests whatever keeps this contract.
"""

from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any, ClassVar, Final, Protocol, Self, cast, runtime_checkable

import numpy as np
import polars as pl
from numpy.typing import NDArray

from outlay.errors import ConfigError, nearest
from outlay.schema.reason import Reason

GROUP: Final = "outlay.detectors"

Settings = dict[str, Any]
Arrays = dict[str, NDArray[Any]]
Parts = tuple[Settings, Arrays]


@runtime_checkable
class Detector(Protocol):
    """Turns a table of transactions with their features into scores and reasons.

    Tables may hold more columns than the detector asks for, in any order; a feature that could not
    be assessed is NaN. Only ``fit`` changes the detector, and nothing changes a table.
    """

    name: ClassVar[str]

    @property
    def threshold(self) -> float:
        """Return the score from which a row counts as anomalous."""
        ...

    def fit(self, table: pl.DataFrame) -> Self:
        """Learn what is normal from unlabelled rows; the order of the rows does not matter."""
        ...

    def score(self, table: pl.DataFrame) -> NDArray[np.float64]:
        """Return a score in [0, 1] for each row, high is anomalous; rows do not see each other."""
        ...

    def detail(self, table: pl.DataFrame) -> pl.DataFrame:
        """Return the columns that this detector adds to a scored table, row for row."""
        ...

    def explain(self, rows: pl.DataFrame) -> list[list[Reason]]:
        """Return each row's reasons, weightiest first; at least one at or above the threshold."""
        ...

    def to_parts(self) -> Parts:
        """Return all that was learned, as JSON values and arrays."""
        ...

    @classmethod
    def from_parts(cls, settings: Settings, arrays: Arrays) -> Self:
        """Return the detector that gave these parts; it scores the very same."""
        ...


def detector_names() -> tuple[str, ...]:
    """Return the names of all installed detectors, without importing one."""
    return tuple(sorted(_registered()))


def load_detector(name: str) -> type[Detector]:
    """Import the detector that is registered under ``name``."""
    registered = _registered()
    if name not in registered:
        raise ConfigError(
            f"No detector is called {name!r}; installed are {', '.join(sorted(registered))}."
            f"{nearest(name, registered)}\n\n"
            f"Hint: a package registers its detectors under the entry-point group {GROUP!r}."
        )
    return _loaded(registered[name])


def load_detectors() -> dict[str, type[Detector]]:
    """Import every installed detector, by name."""
    return {name: load_detector(name) for name in detector_names()}


def _registered() -> Mapping[str, EntryPoint]:
    """Return the registered entry points by name; the built-in one where a name is taken twice."""
    found = entry_points(group=GROUP)
    return {
        entry.name: entry
        for entry in sorted(found, key=lambda entry: entry.value.startswith("outlay."))
    }


def _loaded(entry: EntryPoint) -> type[Detector]:
    """Import an entry point's class, or say which package is at fault."""
    try:
        return cast("type[Detector]", entry.load())
    except (ImportError, AttributeError) as error:
        raise ConfigError(
            f"The detector {entry.name!r} cannot be loaded from {entry.value!r}: {error}\n\n"
            "Hint: reinstall or remove the package that registers it."
        ) from error
