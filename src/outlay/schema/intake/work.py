"""What `accept` has made so far, column by column."""

from dataclasses import dataclass, field

import polars as pl

from outlay.schema.intake.faults import Faults
from outlay.schema.intake.raw import Raw
from outlay.schema.intake.settings import Intake
from outlay.schema.intake.whole import Whole


@dataclass(slots=True)
class Work:
    """The input, how its columns are called, the canonical columns made of them, the faults."""

    raw: Raw
    settings: Intake
    mapping: dict[str, str]
    notes: list[str]
    whole: Whole | None = None
    made: dict[str, pl.Series] = field(default_factory=dict)
    faults: Faults = field(init=False)
    currency: str | None = None

    def __post_init__(self) -> None:
        """Begin without a fault."""
        self.faults = Faults(self.height)

    @property
    def height(self) -> int:
        """Rows that could be read."""
        return self.raw.frame.height

    def column(self, name: str) -> pl.Series | None:
        """Return the input column of a canonical name, if there is one."""
        return self.raw.frame[self.mapping[name]] if name in self.mapping else None

    def required(self, name: str) -> pl.Series:
        """Return the input column of a name that every table has."""
        return self.raw.frame[self.mapping[name]]
