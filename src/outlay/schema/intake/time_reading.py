"""What has been read of a column of times, before zones are looked at."""

from dataclasses import dataclass, field

import polars as pl


@dataclass(slots=True)
class Reading:
    """Moments that carried their zone, clock readings that did not, and what is wrong with others.

    ``has_clock`` says whether there is a time of day at all, ``has_offsets`` whether zones were
    given as offsets from UTC.
    """

    moments: pl.Series | None = None
    clocks: pl.Series | None = None
    faults: pl.Series | None = None
    has_clock: bool = True
    has_offsets: bool = False
    notes: list[str] = field(default_factory=list)
