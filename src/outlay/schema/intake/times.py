"""Times as people write them, as moments in UTC."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import polars as pl

from outlay.schema.intake.faults import MISSING, first, predicate
from outlay.schema.intake.text import as_text, counted, in_calendar
from outlay.schema.intake.time_numbers import read_numbers
from outlay.schema.intake.time_reading import Reading
from outlay.schema.intake.time_texts import read_texts, read_with_format
from outlay.schema.intake.whole import Whole

_UNKNOWN: Final = "is not a time that can be understood"


@dataclass(frozen=True, slots=True)
class Times:
    """A column of times: moments in UTC (null where faulty), faults, and what to know."""

    values: pl.Series
    faults: pl.Series | None
    notes: list[str]


def read_times(
    column: pl.Series,
    timezone: str,
    time_format: str | None,
    now: datetime,
    whole: Whole | None = None,
) -> Times:
    """Return the moments in ``column``; clock readings without a zone are those of ``timezone``."""
    reading = _read(column, time_format, whole)
    local, gap = _to_utc(reading, timezone)
    parts = [part for part in (reading.moments, local) if part is not None]
    values = parts[0] if len(parts) == 1 else parts[0].zip_with(parts[0].is_not_null(), parts[1])
    _note_zones(reading, timezone)
    latest = now.astimezone(UTC) + timedelta(days=1)
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    good = values.is_between(epoch, latest)
    if good.all(ignore_nulls=False):
        return Times(values, None, reading.notes)
    faults = first(
        predicate(column.is_null(), MISSING),
        reading.faults,
        gap,
        predicate(values < epoch, "lies before 1970"),
        predicate(values > latest, f"lies in the future (now is {now:%Y-%m-%d})"),
        predicate(values.is_null(), _UNKNOWN),
    )
    kept = values.to_frame("t").select(pl.when(good.rename("good")).then("t")).to_series()
    return Times(kept, faults, reading.notes)


def _read(column: pl.Series, time_format: str | None, whole: Whole | None) -> Reading:
    if isinstance(column.dtype, (pl.Datetime, pl.Date)):
        return _from_dates(column, column.dtype)
    if column.dtype.is_numeric() and time_format is None:
        return read_numbers(column)
    if column.dtype in {pl.Time(), pl.Duration()}:
        return Reading(
            clocks=pl.repeat(None, len(column), dtype=pl.Datetime("us"), eager=True),
            faults=predicate(column.is_not_null(), "has a time of day but no date"),
        )
    text = as_text(column, "timestamp").str.strip_chars()
    blank = predicate((text == "") | text.is_null(), MISSING)
    reading = (
        read_texts(text, whole) if time_format is None else read_with_format(text, time_format)
    )
    reading.faults = first(blank, reading.faults)
    return reading


def _from_dates(column: pl.Series, dtype: pl.DataType) -> Reading:
    sound = in_calendar(column)
    far = sound.is_null() & column.is_not_null()
    faults = predicate(far, "lies outside the years 1 to 9999") if far.any() else None
    if isinstance(dtype, pl.Datetime) and dtype.time_zone is not None:
        moments = sound.dt.convert_time_zone("UTC").cast(pl.Datetime("us", "UTC"))
        return Reading(moments=moments, faults=faults)
    clocks = sound.cast(pl.Datetime("us"))
    return Reading(clocks=clocks, faults=faults, has_clock=dtype != pl.Date)


def _to_utc(reading: Reading, timezone: str) -> tuple[pl.Series | None, pl.Series | None]:
    """Return clock readings as moments, and a fault where the clocks skipped the reading."""
    if reading.clocks is None:
        return None, None
    if timezone == "UTC":
        return reading.clocks.dt.replace_time_zone("UTC"), None
    early, late = (
        reading.clocks.dt.replace_time_zone(timezone, ambiguous=which, non_existent="null")
        for which in ("earliest", "latest")
    )
    twice = int((early != late).sum())
    if twice:
        reading.notes.append(
            f"timestamp: {counted(twice, 'time')} that came twice in {timezone}, when the clocks "
            "went back, taken as the earlier"
        )
    skipped = early.is_null() & reading.clocks.is_not_null()
    gap = predicate(skipped, f"does not exist in {timezone}: the clocks went forward")
    return early.dt.convert_time_zone("UTC"), gap


def _note_zones(reading: Reading, timezone: str) -> None:
    given = 0 if reading.moments is None else reading.moments.count()
    naive = 0 if reading.clocks is None else reading.clocks.count()
    if given and naive:
        reading.notes.append(
            f"timestamp: {given:,} times carry their zone, {naive:,} do not and are taken as "
            f"those of {timezone}"
        )
    elif reading.has_offsets and timezone == "UTC":
        reading.notes.append(
            "timestamp: times carry offsets; hours of the day are judged in UTC "
            "(--timezone says otherwise)"
        )
    if naive and not reading.has_clock:
        reading.notes.append("timestamp has dates only: every payment counts as made at midnight")
