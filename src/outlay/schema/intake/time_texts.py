"""Times written as text, in a given format or in those that the texts themselves show."""

import re
from typing import Final

import polars as pl

from outlay.errors import ConfigError
from outlay.schema.intake.faults import predicate
from outlay.schema.intake.time_formats import Order, TimeFormat, guess
from outlay.schema.intake.time_numbers import read_numbers
from outlay.schema.intake.time_reading import Reading
from outlay.schema.intake.whole import Evidence, Whole, choose

_CLOCKED: Final = re.compile("%[-_0]?[HIkMTRscX+]")
_SAMPLE: Final = 1000
_MAX_SHAPES: Final = 1000


def read_with_format(text: pl.Series, pattern: str) -> Reading:
    """Read with the format that the caller gave, and no other."""
    try:
        values = text.str.to_datetime(pattern, strict=False, time_unit="us")
    except pl.exceptions.PolarsError as error:
        raise ConfigError(
            f"time_format = {pattern!r} cannot be used: {str(error).splitlines()[0]}"
            "\n\nHint: for example '%d/%m/%Y %H:%M' reads 31/12/2024 23:59."
        ) from error
    unread = predicate(values.is_null(), f"does not fit the format {pattern}")
    if values.dtype == pl.Datetime("us"):
        return Reading(clocks=values, faults=unread, has_clock=bool(_CLOCKED.search(pattern)))
    moments = values.dt.convert_time_zone("UTC")
    return Reading(moments=moments, faults=unread, has_offsets=True)


def read_texts(text: pl.Series, whole: Whole | None = None) -> Reading:
    """Read with the formats that the times themselves show."""
    reading = Reading(has_clock=False)
    parts, rest = _by_format(text)
    order = _day_month_order(parts, reading, whole)
    moments: list[pl.DataFrame] = []
    clocks: list[pl.DataFrame] = []
    faults: list[pl.DataFrame] = []
    for form, rows in parts:
        read, unread = _read_with(form.ordered(order), rows)
        (moments if form.has_zone else clocks).append(read)
        faults.append(_unreal(unread, form, order))
        reading.has_clock |= form.has_clock and bool(read.height)
        reading.has_offsets |= form.has_offset and bool(read.height)
    _read_numbers(rest, reading, moments, clocks)
    reading.moments = _spread(moments, len(text), pl.Datetime("us", "UTC")) if moments else None
    reading.clocks = _spread(clocks, len(text), pl.Datetime("us"))
    reading.faults = _spread(faults, len(text), pl.String()) if faults else None
    return reading


def _by_format(text: pl.Series) -> tuple[list[tuple[TimeFormat, pl.DataFrame]], pl.DataFrame]:
    """Return the rows of each format that occurs, and those of no format.

    A sample shows the common formats, what is left then shows the others.
    """
    rows = text.rename("text").to_frame().with_row_index("row")
    if text.null_count() or (text.str.len_bytes().min() or 0) == 0:
        rows = rows.filter(pl.col("text") != "")
    parts = []
    for step in (max(1, rows.height // _SAMPLE), 1):
        for form in _formats_in(rows["text"].gather_every(step)):
            fits = rows["text"].str.contains(form.shape)
            parts.append((form, rows if fits.all() else rows.filter(fits)))
            rows = rows.filter(~fits)
    return parts, rows


def _formats_in(texts: pl.Series) -> list[TimeFormat]:
    """Return the formats of ``texts``; of those of one shape (digits are alike), one is looked at."""
    shapes = texts.rename("text").to_frame()
    shape = pl.col("text").str.replace_all(r"\d", "9").alias("shape")
    common = shapes.group_by(shape).agg(pl.len().alias("n"), pl.col("text").min())
    common = common.sort(["n", "shape"], descending=[True, False]).head(_MAX_SHAPES)
    return list(dict.fromkeys(filter(None, map(guess, common["text"]))))


def _read_with(form: TimeFormat, rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Read rows of one format's shape; return the times, and the rows that say no real one."""
    values = rows["text"].str.to_datetime(form.pattern, strict=False, time_unit="us").alias("t")
    if form.has_zone:
        values = _utc(values)
    read = rows.select("row").with_columns(values)
    if not values.null_count():
        return read, rows.clear()
    return read.drop_nulls(), rows.filter(values.is_null())


def _utc(values: pl.Series) -> pl.Series:
    is_plain = values.dtype == pl.Datetime("us")  # the zone stood in the format as a letter
    return values.dt.replace_time_zone("UTC") if is_plain else values.dt.convert_time_zone("UTC")


def _unreal(unread: pl.DataFrame, form: TimeFormat, order: Order) -> pl.DataFrame:
    """Say why times of a known shape cannot be read."""
    swapped = pl.lit(value=False)
    if form.is_open:
        other = form.ordered("mdy" if order == "dmy" else "dmy").pattern
        text = pl.col("text")
        swapped = text.str.to_datetime(other, strict=False, time_unit="us").is_not_null()
    turned = pl.lit("has day and month the other way round than the rest of the column")
    unreal = pl.lit("is not a date and time that exists")
    return unread.select("row", pl.when(swapped).then(turned).otherwise(unreal).alias("t"))


def _day_month_order(
    parts: list[tuple[TimeFormat, pl.DataFrame]], reading: Reading, whole: Whole | None
) -> Order:
    """Say whether the day or the month comes first, by the dates that allow only one reading."""
    opened = [(form, rows["text"]) for form, rows in parts if form.is_open]
    if not opened:
        return "dmy"
    both = [_only_one_way(text, form) for form, text in opened]
    day_first, month_first = (sum(counts) for counts in zip(*both, strict=True))
    evidence = {"day": day_first, "month": month_first}
    order, is_sure = choose(whole, "day or month first", evidence, _order)
    if is_sure:
        words = "day" if order == "dmy" else "month"
        reading.notes.append(f"timestamp: dates have the {words} first")
        return order
    form, text = min(opened, key=lambda pair: pair[0].pattern)
    reading.notes.append(
        f"timestamp: dates such as {text.min()!r} can be read day first and month first; they are "
        f"read day first (time_format = {form.ordered('mdy').pattern!r} reads the month first)"
    )
    return order


def _order(found: Evidence) -> tuple[Order, bool]:
    """Return the order, and whether any date shows it."""
    is_sure = bool(found["day"] or found["month"])
    return "mdy" if found["month"] > found["day"] else "dmy", is_sure


def _only_one_way(text: pl.Series, form: TimeFormat) -> tuple[int, int]:
    """Return how many dates can only have the day first, and how many only the month first."""
    days, months = (
        text.str.to_datetime(form.ordered(order).pattern, strict=False, time_unit="us")
        for order in ("dmy", "mdy")
    )
    only_days = days.is_not_null() & months.is_null()
    only_months = months.is_not_null() & days.is_null()
    return int(only_days.sum()), int(only_months.sum())


def _read_numbers(
    rows: pl.DataFrame,
    reading: Reading,
    moments: list[pl.DataFrame],
    clocks: list[pl.DataFrame],
) -> None:
    """Read what is left and is a number as an epoch."""
    digits = rows.filter(pl.col("text").str.contains(r"^\d{9,19}(?:\.\d+)?$"))
    if not digits.height:
        return
    whole = digits["text"].cast(pl.Int64, strict=False)
    read = read_numbers(digits["text"].cast(pl.Float64) if whole.null_count() else whole)
    reading.notes += read.notes
    reading.has_clock = True
    for values, into in ((read.moments, moments), (read.clocks, clocks)):
        if values is not None:
            into.append(digits.select("row").with_columns(values.alias("t")).drop_nulls())


def _spread(parts: list[pl.DataFrame], height: int, dtype: pl.DataType) -> pl.Series:
    """Put the parts where their rows are, null elsewhere."""
    if not parts:
        return pl.repeat(None, height, dtype=dtype, eager=True)
    if len(parts) == 1 and parts[0].height == height:
        return parts[0]["t"]
    table = pl.concat(parts)
    if not table.height:
        return pl.repeat(None, height, dtype=dtype, eager=True)
    return pl.repeat(None, height, dtype=dtype, eager=True).scatter(table["row"], table["t"])
