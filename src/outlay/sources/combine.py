"""Several files as one table."""

from collections.abc import Collection, Iterable, Sequence

import polars as pl

from outlay.schema.intake.raw import REJECTED, Raw
from outlay.schema.intake.text import as_text


def combine(raws: Sequence[Raw]) -> Raw:
    """Put the files' rows one after the other, by column name; row numbers run on."""
    if len(raws) == 1:
        return raws[0]
    full = [raw for raw in raws if raw.frame.width]
    notes = [note for raw in raws for note in raw.notes]
    notes += [f"{raw.parts[0].name} is empty" for raw in raws if not raw.n_read]
    names = list(dict.fromkeys(name for raw in full for name in raw.frame.columns))
    notes += lacking([(raw.parts[0].name, raw.frame.columns) for raw in full], names)
    columns = [_column(name, full) for name in names]
    shifted = _shifted(raws)
    notes += _where(raws)
    return Raw(
        pl.DataFrame(columns),
        pl.concat([raw.row_number + at for raw, at in shifted]),
        pl.concat(
            [raw.rejected.with_columns(pl.col("row_number") + at) for raw, at in shifted]
        ).select(REJECTED.keys()),
        sum(raw.n_read for raw in raws),
        tuple(part for raw in raws for part in raw.parts),
        notes,
    )


def _shifted(raws: Sequence[Raw]) -> list[tuple[Raw, int]]:
    """Return each file with the number of rows before it."""
    before = 0
    found = []
    for raw in raws:
        found.append((raw, before))
        before += raw.n_read
    return found


def _where(raws: Sequence[Raw]) -> list[str]:
    """Say which row numbers are whose."""
    return [
        f"rows {before + 1:,} to {before + raw.n_read:,} are those of {raw.parts[0].name}"
        for raw, before in _shifted(raws)
        if raw.n_read
    ]


def lacking(files: Iterable[tuple[str, Collection[str]]], names: Iterable[str]) -> list[str]:
    """Say which of the columns ``names`` which file (its name, its columns) does not have."""
    notes = []
    for file, columns in files:
        gone = [name for name in names if name not in columns]
        if gone:
            listed = ", ".join(map(repr, gone[:10])) + (" ..." if len(gone) > 10 else "")  # noqa: PLR2004
            notes.append(f"{file} lacks {listed}: empty in its rows")
    return notes


def _column(name: str, raws: Sequence[Raw]) -> pl.Series:
    """Return one column over all files; where its types differ, numbers as floats, else text."""
    given = [raw.frame[name] for raw in raws if name in raw.frame.columns]
    dtype = common_type({column.dtype for column in given})
    parts = [_part(name, raw, dtype) for raw in raws]
    return pl.concat(parts)


def common_type(kinds: set[pl.DataType]) -> pl.DataType:
    """Return the type in which values of several types can stand."""
    kinds = {kind for kind in kinds if kind != pl.Null}
    if len(kinds) == 1:
        return kinds.pop()
    if kinds and all(kind.is_integer() for kind in kinds):
        return pl.Int64()
    if kinds and all(kind.is_numeric() for kind in kinds):
        return pl.Float64()
    return pl.String()


def _part(name: str, raw: Raw, dtype: pl.DataType) -> pl.Series:
    if name not in raw.frame.columns:
        return pl.repeat(None, raw.frame.height, dtype=dtype, eager=True).alias(name)
    column = raw.frame[name]
    if column.dtype == dtype:
        return column
    return as_text(column, name) if dtype == pl.String else column.cast(dtype, strict=False)
