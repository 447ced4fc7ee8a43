"""Times as people write them, as moments in UTC."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import polars as pl

from outlay.errors import ConfigError
from outlay.schema.intake.faults import MISSING, first, predicate
from outlay.schema.intake.text import as_text, counted, in_calendar
from outlay.schema.intake.time_formats import Order, TimeFormat, guess

_CLOCKED: Final = re.compile("%[-_0]?[HIkMTRscX+]")
_SAMPLE: Final = 1000
_MAX_SHAPES: Final = 1000
_UNKNOWN: Final = "is not a time that can be understood"
_EPOCHS: Final = (  # from, to, microseconds a unit: 1973 to 2100, so that no two ranges meet
    ("seconds", 10**8, 4_102_444_800, 1_000_000),
    ("milliseconds", 10**11, 4_102_444_800_000, 1_000),
    ("microseconds", 10**14, 4_102_444_800_000_000, 1),
)
_NANOSECONDS: Final = (10**17, 4_102_444_800_000_000_000)
_DAY_NUMBER: Final = (19_700_101, 21_001_231)
_SECOND_NUMBER: Final = (19_700_101_000_000, 21_001_231_235_959)


@dataclass(frozen=True, slots=True)
class Times:
    """A column of times: moments in UTC (null where faulty), faults, and what to know."""

    values: pl.Series
    faults: pl.Series | None
    notes: list[str]


@dataclass(slots=True)
class _Reading:
    """What has been read so far: moments that carried their zone, and clock readings."""

    moments: pl.Series | None = None
    clocks: pl.Series | None = None
    faults: pl.Series | None = None
    has_clock: bool = True
    has_offsets: bool = False
    notes: list[str] = field(default_factory=list)


def read_times(column: pl.Series, timezone: str, time_format: str | None, now: datetime) -> Times:
    """Return the moments in ``column``; clock readings without a zone are those of ``timezone``."""
    reading = _read(column, time_format)
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


def _read(column: pl.Series, time_format: str | None) -> _Reading:
    if isinstance(column.dtype, (pl.Datetime, pl.Date)):
        return _from_dates(column, column.dtype)
    if column.dtype.is_numeric() and time_format is None:
        return _from_numbers(column)
    if column.dtype in {pl.Time(), pl.Duration()}:
        return _Reading(
            clocks=pl.repeat(None, len(column), dtype=pl.Datetime("us"), eager=True),
            faults=predicate(column.is_not_null(), "has a time of day but no date"),
        )
    text = as_text(column, "timestamp").str.strip_chars()
    blank = predicate((text == "") | text.is_null(), MISSING)
    reading = _from_text(text) if time_format is None else _from_format(text, time_format)
    reading.faults = first(blank, reading.faults)
    return reading


def _from_dates(column: pl.Series, dtype: pl.DataType) -> _Reading:
    sound = in_calendar(column)
    far = sound.is_null() & column.is_not_null()
    faults = predicate(far, "lies outside the years 1 to 9999") if far.any() else None
    if isinstance(dtype, pl.Datetime) and dtype.time_zone is not None:
        moments = sound.dt.convert_time_zone("UTC").cast(pl.Datetime("us", "UTC"))
        return _Reading(moments=moments, faults=faults)
    clocks = sound.cast(pl.Datetime("us"))
    return _Reading(clocks=clocks, faults=faults, has_clock=dtype != pl.Date)


def _from_numbers(column: pl.Series) -> _Reading:
    """Read numbers as what their size says: seconds, milliseconds ... since 1970, or 20240105."""
    n = pl.col("n")
    whole = n.cast(pl.Int64, strict=False)
    exact = n if column.dtype.is_integer() else n.cast(pl.Float64, strict=False)
    expr: Any = pl.when(whole.is_between(*_NANOSECONDS)).then(whole // 1000)
    for _, low, high, factor in _EPOCHS:
        micros = (exact * factor).round(0) if column.dtype.is_float() else exact * factor
        expr = expr.when(whole.is_between(low, high)).then(micros.cast(pl.Int64, strict=False))
    frame = column.rename("n").to_frame()
    moments = frame.select(expr.cast(pl.Datetime("us", "UTC"))).to_series()
    digits = whole.cast(pl.String)
    days = pl.when(whole.is_between(*_DAY_NUMBER) & (n == whole)).then(
        digits.str.to_datetime("%Y%m%d", strict=False, time_unit="us")
    )
    seconds = days.when(whole.is_between(*_SECOND_NUMBER) & (n == whole)).then(
        digits.str.to_datetime("%Y%m%d%H%M%S", strict=False, time_unit="us")
    )
    dated = bool(
        frame.select(
            (whole.is_between(*_DAY_NUMBER) | whole.is_between(*_SECOND_NUMBER)).any()
        ).item()
    )
    clocks = frame.select(seconds).to_series() if dated else None
    notes = [_epoch_note(column)] if moments.count() else []
    has_clock = bool(moments.count()) or not dated
    return _Reading(moments=moments, clocks=clocks, notes=notes, has_clock=has_clock)


def _epoch_note(column: pl.Series) -> str:
    ranges = [*(entry[:3] for entry in _EPOCHS), ("nanoseconds", *_NANOSECONDS)]
    units = [unit for unit, low, high in ranges if column.is_between(low, high).any()]
    return f"timestamp counts {' and '.join(units)} since 1970 (UTC)"


def _from_format(text: pl.Series, pattern: str) -> _Reading:
    try:
        values = text.str.to_datetime(pattern, strict=False, time_unit="us")
    except pl.exceptions.PolarsError as error:
        raise ConfigError(
            f"time_format = {pattern!r} cannot be used: {str(error).splitlines()[0]}"
            "\n\nHint: for example '%d/%m/%Y %H:%M' reads 31/12/2024 23:59."
        ) from error
    unread = predicate(values.is_null(), f"does not fit the format {pattern}")
    if values.dtype == pl.Datetime("us"):
        return _Reading(clocks=values, faults=unread, has_clock=bool(_CLOCKED.search(pattern)))
    moments = values.dt.convert_time_zone("UTC")
    return _Reading(moments=moments, faults=unread, has_offsets=True)


def _from_text(text: pl.Series) -> _Reading:
    """Read with the formats that the times themselves show."""
    reading = _Reading(has_clock=False)
    parts, rest = _by_format(text)
    order = _day_month_order(parts, reading)
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


def _day_month_order(parts: list[tuple[TimeFormat, pl.DataFrame]], reading: _Reading) -> Order:
    """Say whether the day or the month comes first, by the dates that allow only one reading."""
    opened = [(form, rows["text"]) for form, rows in parts if form.is_open]
    if not opened:
        return "dmy"
    both = [_only_one_way(text, form) for form, text in opened]
    day_first, month_first = (sum(counts) for counts in zip(*both, strict=True))
    order: Order = "mdy" if month_first > day_first else "dmy"
    if day_first or month_first:
        words = "day" if order == "dmy" else "month"
        reading.notes.append(f"timestamp: dates have the {words} first")
        return order
    form, text = min(opened, key=lambda pair: pair[0].pattern)
    reading.notes.append(
        f"timestamp: dates such as {text.min()!r} can be read day first and month first; they are "
        f"read day first (time_format = {form.ordered('mdy').pattern!r} reads the month first)"
    )
    return order


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
    reading: _Reading,
    moments: list[pl.DataFrame],
    clocks: list[pl.DataFrame],
) -> None:
    """Read what is left and is a number as an epoch."""
    digits = rows.filter(pl.col("text").str.contains(r"^\d{9,19}(?:\.\d+)?$"))
    if not digits.height:
        return
    whole = digits["text"].cast(pl.Int64, strict=False)
    read = _from_numbers(digits["text"].cast(pl.Float64) if whole.null_count() else whole)
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


def _to_utc(reading: _Reading, timezone: str) -> tuple[pl.Series | None, pl.Series | None]:
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


def _note_zones(reading: _Reading, timezone: str) -> None:
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
