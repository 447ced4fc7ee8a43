"""Times written as numbers: their size says what they count."""

from typing import Any, Final

import polars as pl

from outlay.schema.intake.time_reading import Reading

EPOCHS: Final = (  # from, to, microseconds a unit: 1973 to 2100, so that no two ranges meet
    ("seconds", 10**8, 4_102_444_800, 1_000_000),
    ("milliseconds", 10**11, 4_102_444_800_000, 1_000),
    ("microseconds", 10**14, 4_102_444_800_000_000, 1),
)
NANOSECONDS: Final = (10**17, 4_102_444_800_000_000_000)
DAY_NUMBER: Final = (19_700_101, 21_001_231)
SECOND_NUMBER: Final = (19_700_101_000_000, 21_001_231_235_959)


def read_numbers(column: pl.Series) -> Reading:
    """Read numbers as what their size says: seconds, milliseconds ... since 1970, or 20240105."""
    n = pl.col("n")
    whole = n.cast(pl.Int64, strict=False)
    exact = n if column.dtype.is_integer() else n.cast(pl.Float64, strict=False)
    expr: Any = pl.when(whole.is_between(*NANOSECONDS)).then(whole // 1000)
    for _, low, high, factor in EPOCHS:
        micros = (exact * factor).round(0) if column.dtype.is_float() else exact * factor
        expr = expr.when(whole.is_between(low, high)).then(micros.cast(pl.Int64, strict=False))
    frame = column.rename("n").to_frame()
    moments = frame.select(expr.cast(pl.Datetime("us", "UTC"))).to_series()
    digits = whole.cast(pl.String)
    days = pl.when(whole.is_between(*DAY_NUMBER) & (n == whole)).then(
        digits.str.to_datetime("%Y%m%d", strict=False, time_unit="us")
    )
    seconds = days.when(whole.is_between(*SECOND_NUMBER) & (n == whole)).then(
        digits.str.to_datetime("%Y%m%d%H%M%S", strict=False, time_unit="us")
    )
    dated = bool(
        frame.select(
            (whole.is_between(*DAY_NUMBER) | whole.is_between(*SECOND_NUMBER)).any()
        ).item()
    )
    clocks = frame.select(seconds).to_series() if dated else None
    notes = [_epoch_note(column)] if moments.count() else []
    has_clock = bool(moments.count()) or not dated
    return Reading(moments=moments, clocks=clocks, notes=notes, has_clock=has_clock)


def _epoch_note(column: pl.Series) -> str:
    ranges = [*(entry[:3] for entry in EPOCHS), ("nanoseconds", *NANOSECONDS)]
    units = [unit for unit, low, high in ranges if column.is_between(low, high).any()]
    return f"timestamp counts {' and '.join(units)} since 1970 (UTC)"
