"""Hours and weekdays in a time zone, for a table's moments and for one."""

from bisect import bisect_right
from functools import lru_cache
from typing import Final

import numpy as np
import polars as pl

from outlay.features._kernels import DAY, HOUR, SECOND, Ints, Smalls
from outlay.features._reading import local_hours

SPAN_BITS: Final = 45
"""Changes of the clocks are looked up for 2**45 microseconds (a little over a year) at a time."""
MOST_SPANS: Final = 64
THURSDAY: Final = 3
"""The weekday of 1 January 1970."""


@lru_cache(maxsize=4096)
def changes(timezone: str, span: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return from which moments on in a span, its first among them, which offset holds.

    The offsets are Polars', looked up for each hour, and for each second of an hour with a change.
    """
    first, end = span << SPAN_BITS, (span + 1) << SPAN_BITS
    hours = np.arange(first, end + HOUR, HOUR)
    offsets = _offsets(timezone, hours)
    starts, found = [first], [int(offsets[0])]
    for k in np.flatnonzero(np.diff(offsets)):
        # offsets change at whole seconds; the span need not begin at one
        seconds = np.arange(hours[k] // SECOND, hours[k + 1] // SECOND + 1) * SECOND
        within = _offsets(timezone, seconds)
        for place in np.flatnonzero(np.diff(within)) + 1:
            if first < seconds[place] < end:
                starts.append(int(seconds[place]))
                found.append(int(within[place]))
    return tuple(starts), tuple(found)


def _offsets(timezone: str, times: Ints) -> Ints:
    utc = pl.Series(times).cast(pl.Datetime("us", "UTC"))
    local = utc.dt.convert_time_zone(timezone).dt.replace_time_zone(None)
    return local.to_physical().to_numpy() - times


class Clock:
    """Tells hours and weekdays (Monday is 0) in one time zone from microseconds since 1970, UTC.

    >>> Clock("Europe/Paris").one(1_735_689_600_000_000)  # 2025-01-01 00:00 UTC, a Wednesday
    (1, 2)
    """

    def __init__(self, timezone: str) -> None:
        self._timezone = timezone

    def one(self, time: int) -> tuple[int, int]:
        """Return the hour and the weekday of one moment."""
        starts, offsets = changes(self._timezone, time >> SPAN_BITS)
        local = time + offsets[bisect_right(starts, time) - 1]
        return local // HOUR % 24, (local // DAY + THURSDAY) % 7

    def many(self, times: Ints) -> tuple[Smalls, Smalls]:
        """Return the hour and the weekday of each moment."""
        parts = [changes(self._timezone, span) for span in _spans(times)]
        starts = np.array([start for starts, _ in parts for start in starts], np.int64)
        offsets = np.array([offset for _, offsets in parts for offset in offsets], np.int64)
        hours = np.empty(times.size, np.int8)
        weekdays = np.empty(times.size, np.int8)
        local_hours(times, starts, offsets, hours, weekdays)
        return hours, weekdays


def _spans(times: Ints) -> list[int]:
    if not times.size:
        return []
    first, last = int(times.min()) >> SPAN_BITS, int(times.max()) >> SPAN_BITS
    if last - first < MOST_SPANS:
        return list(range(first, last + 1))
    return [int(span) for span in np.unique(times >> SPAN_BITS)]
