"""Date and time of day in two columns, as bank exports have them, put together."""

from collections.abc import Mapping
from typing import Final

import polars as pl

from outlay.schema.intake.synonyms import SYNONYMS, bare
from outlay.schema.intake.whole import Evidence, Whole, choose

_CLOCK: Final = r"^\s*\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?[AaPp][Mm])?\s*$"
_DATE: Final = r"^\s*\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}\s*$|^\s*\d{8}\s*$"


def with_clock(
    frame: pl.DataFrame,
    mapping: dict[str, str],
    said: Mapping[str, str],
    whole: Whole | None = None,
) -> tuple[pl.Series, list[str]]:
    """Return the column of times, completed by one with the time of day where it has none.

    Only where nobody said which column it is, and each of the two holds nothing but dates or
    nothing but times of day.
    """
    mapped = frame[mapping["timestamp"]]
    if "timestamp" in said:
        return mapped, []
    ranks = {name: rank for rank, name in enumerate(SYNONYMS["timestamp"])}
    taken = {column for name, column in mapping.items() if name != "timestamp"}
    free = [c for c in frame.columns if bare(c) in ranks and c not in taken]
    found = sorted(free, key=lambda column: ranks[bare(column)])
    dates = [c for c in found if _holds(frame[c], pl.Date(), _DATE, whole)]
    clocks = [c for c in found if _holds(frame[c], pl.Time(), _CLOCK, whole)]
    if not dates or not clocks or mapped.name not in {*dates, *clocks}:
        return mapped, []
    mapping["timestamp"] = dates[0]
    both = pl.concat_str(dates[0], clocks[0], separator=" ")
    note = f"timestamp is put together from {dates[0]!r} and {clocks[0]!r}"
    return frame.select(both.alias(dates[0])).to_series(), [note]


def _holds(column: pl.Series, dtype: pl.DataType, shape: str, whole: Whole | None) -> bool:
    """Say whether a column holds only such values; a tenth may be something else."""
    if column.dtype == dtype:
        return True
    if column.dtype != pl.String:
        return False
    given = column.drop_nulls().gather_every(max(1, len(column) // 1000))
    evidence = {"fit": int(given.str.contains(shape).sum()), "given": len(given)}
    return choose(whole, f"{column.name} holds {dtype}", evidence, _mostly)


def _mostly(found: Evidence) -> bool:
    return found["fit"] * 10 > found["given"] * 9
