"""A table as it was read: the columns and values that somebody wrote, nothing judged yet."""

from dataclasses import dataclass, field
from typing import Final, Self

import polars as pl

REJECTED: Final = {
    "row_number": pl.Int64,
    "field": pl.String,
    "reason": pl.String,
    "original": pl.String,
}
"""One line a rejected row; ``field`` is ``row`` where the row as a whole could not be read."""

MAX_CELL: Final = 1 << 20
"""The most bytes one value may have: a cell beyond this is damage or an attack, never a payment."""


@dataclass(frozen=True, slots=True)
class Part:
    """One file of the input: its name, the columns it has, and how many data rows."""

    name: str
    columns: tuple[str, ...]
    n_read: int


@dataclass(frozen=True, slots=True)
class Raw:
    """What was read, row for row.

    Parameters
    ----------
    frame
        The rows that could be read, under their own column names. Values of a CSV are texts.
    row_number
        Each of those rows' number among all data rows, counted from 1.
    rejected
        The rows that could not be read, in the columns of `REJECTED`.
    n_read
        All data rows: those in ``frame`` and those in ``rejected``.
    parts
        The files, in the order in which their rows stand.
    notes
        What a reader should know about how the input was read.
    """

    frame: pl.DataFrame
    row_number: pl.Series
    rejected: pl.DataFrame
    n_read: int
    parts: tuple[Part, ...]
    notes: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """What to call the input in a message."""
        return self.parts[0].name if len(self.parts) == 1 else f"the {len(self.parts)} files"

    @classmethod
    def of(cls, frame: pl.DataFrame, name: str = "the table") -> Self:
        """Take a frame as it stands: every row can be read."""
        numbers = pl.int_range(1, frame.height + 1, dtype=pl.Int64, eager=True)
        numbers = numbers.alias("row_number")
        part = Part(name, tuple(frame.columns), frame.height)
        return cls(frame, numbers, pl.DataFrame(schema=REJECTED), frame.height, (part,))
