"""Values too large to be part of a payment, in tables that are not text."""

import polars as pl

from outlay.schema.intake.raw import MAX_CELL, REJECTED, Part, Raw
from outlay.schema.intake.text import row_text
from outlay.schema.views import Views


def raw_of(frame: pl.DataFrame, name: str) -> Raw:
    """Return a table as `Raw`; rows with a value over the limit are set aside."""
    raw = Raw.of(frame, name)
    large = _large(frame)
    if not large:
        return raw
    bad = pl.DataFrame(large).select(pl.any_horizontal(pl.all())).to_series()
    rejected = pl.DataFrame(
        {
            "row_number": raw.row_number.filter(bad),
            "field": _named(large, bad),
            "reason": [f"a value has more than {MAX_CELL:,} bytes"] * int(bad.sum()),
            "original": row_text(frame.filter(bad)),
        },
        schema=REJECTED,
    )
    part = Part(name, tuple(frame.columns), frame.height)
    return Raw(frame.filter(~bad), raw.row_number.filter(~bad), rejected, frame.height, (part,))


def _large(frame: pl.DataFrame) -> list[pl.Series]:
    found = []
    for column in frame.iter_columns():
        if column.dtype == pl.String and not Views(column).are_whole():
            is_large = (column.str.len_bytes() > MAX_CELL).fill_null(value=False)
            if is_large.any():
                found.append(is_large)
    return found


def _named(large: list[pl.Series], bad: pl.Series) -> pl.Series:
    named = [pl.when(pl.col(mask.name)).then(pl.lit(mask.name)) for mask in large]
    table = pl.DataFrame(large).filter(bad)
    return table.select(pl.concat_str(named, separator=", ", ignore_nulls=True)).to_series()
