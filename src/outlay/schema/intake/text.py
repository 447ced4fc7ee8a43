"""Values and rows as text: for ids, and for showing people what was rejected."""

from typing import Final

import polars as pl

from outlay.errors import InputError
from outlay.schema.views import Views

_MAX_SHOWN: Final = 60
_MAX_CELL_SHOWN: Final = 200
_MAX_ROW_SHOWN: Final = 500
_YEAR_1: Final = -719_162  # days from 1970
_YEAR_10000: Final = 2_932_897
_DAY: Final = 86_400
_EXACT: Final = 2.0**53  # up to here a float names one whole number


def counted(count: int, noun: str) -> str:
    """Return how many there are, in words.

    >>> counted(1, "row"), counted(1200, "row")
    ('1 row', '1,200 rows')
    """
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def as_text(values: pl.Series, field: str) -> pl.Series:
    """Return ``values`` as texts; whole numbers look alike whatever type they came in."""
    if values.dtype == pl.String:
        return values
    if values.dtype.is_nested() or values.dtype == pl.Object:
        raise InputError(
            f"column {values.name!r} was taken for {field}, but holds {values.dtype} values."
            f"\n\nHint: name a column of plain values: --map {field}=COLUMN"
        )
    if values.dtype.is_float():
        return _whole_or_float(values)
    if values.dtype == pl.Binary:
        return values.cast(pl.String, strict=False)
    return values.cast(pl.String)


def _whole_or_float(values: pl.Series) -> pl.Series:
    number = pl.col(values.name)
    whole = (number == number.round(0)) & (number.abs() < _EXACT)
    shown = (
        pl.when(number.is_nan())
        .then(None)
        .when(whole)
        .then(number.cast(pl.Int64, strict=False).cast(pl.String))
        .otherwise(number.cast(pl.String))
    )
    return values.to_frame().select(shown.alias(values.name)).to_series()


def trimmed(values: pl.Series, field: str) -> tuple[pl.Series, int]:
    """Return ids without blanks around them, blank ones missing, and how many were trimmed."""
    text = as_text(values, field)
    if not text.null_count() and Views(text).are_bare():
        return text, 0
    bare = text.str.strip_chars()
    lengths = bare.str.len_bytes()
    if lengths.sum() == text.str.len_bytes().sum() and lengths.min() != 0:
        return text, 0
    changed = int(((bare != text) & (bare != "")).sum())
    bare = bare.to_frame("b").select(pl.when(pl.col("b") != "").then("b")).to_series()
    return bare, changed


def shown(values: pl.Series) -> pl.Series:
    """Return each value in quotes and at most 60 characters long, for a sentence about it."""
    text = _anything(values).str.replace_all(r"\s+", " ")
    cut = clipped(text, _MAX_SHOWN)
    return "'" + cut + "'"


def clipped(text: pl.Series, limit: int) -> pl.Series:
    """Cut what is longer than ``limit`` characters, and show that it was cut."""
    column = pl.col("text")
    short = column.str.len_chars() <= limit
    expr = pl.when(short).then(column).otherwise(column.str.head(limit - 1) + "…")
    return text.rename("text").to_frame().select(expr).to_series()


def row_text(frame: pl.DataFrame) -> pl.Series:
    """Return each row as one line of CSV, long values and long lines cut."""
    cells = [_cell(column).alias(str(i)) for i, column in enumerate(frame.iter_columns())]
    line = pl.DataFrame(cells).select(pl.concat_str(pl.all(), separator=",")).to_series()
    return clipped(line, _MAX_ROW_SHOWN).rename("original")


def bounded(line: str) -> str:
    """Return one line as `row_text` would show it."""
    return line if len(line) <= _MAX_ROW_SHOWN else line[: _MAX_ROW_SHOWN - 1] + "…"


def _cell(values: pl.Series) -> pl.Series:
    text = clipped(_anything(values).fill_null(""), _MAX_CELL_SHOWN).rename("text")
    column = pl.col("text")
    quoted = '"' + column.str.replace_all('"', '""', literal=True) + '"'
    expr = pl.when(column.str.contains(r'[",\r\n]')).then(quoted).otherwise(column)
    return text.to_frame().select(expr).to_series()


def in_calendar(values: pl.Series) -> pl.Series:
    """Return dates and times with those outside the years 1 to 9999 missing: Polars panics at them."""
    seconds = {"ms": 1_000, "us": 1_000_000}
    if isinstance(values.dtype, pl.Datetime) and values.dtype.time_unit in seconds:
        unit = seconds[values.dtype.time_unit]
        low, high = _YEAR_1 * _DAY * unit, _YEAR_10000 * _DAY * unit
    elif values.dtype == pl.Date:
        low, high = _YEAR_1, _YEAR_10000
    else:
        return values
    sound = values.to_physical().is_between(low, high, closed="left")
    if sound.all():
        return values
    return values.to_frame("t").select(pl.when(sound.rename("s")).then("t")).to_series()


def _anything(values: pl.Series) -> pl.Series:
    values = in_calendar(values)
    if values.dtype.is_nested() or values.dtype in {pl.Object, pl.Binary}:
        texts = [None if value is None else str(value) for value in values.to_list()]
        return pl.Series(values.name, texts, dtype=pl.String)
    return values.cast(pl.String)
