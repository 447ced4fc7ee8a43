"""Transactions that come twice under one id."""

from typing import Final

import polars as pl

DUPLICATES: Final = {
    "row_number": pl.Int64,
    "transaction_id": pl.String,
    "first_row_number": pl.Int64,
}


def find_duplicates(
    ids: pl.Series,
    row_number: pl.Series,
    columns: pl.DataFrame,
    has_ids: bool,  # noqa: FBT001
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return rows whose id an earlier row has: equal in every column, and different in some.

    Both tables have ``position`` (in ``ids``), ``row_number``, ``transaction_id`` and
    ``first_row_number``. Rows are compared with the first of their id.
    """
    if not has_ids or ids.hash().n_unique() == len(ids):
        empty = pl.DataFrame(schema={"position": pl.UInt32, **DUPLICATES})
        return empty, empty
    again = ids.is_duplicated().arg_true()
    cells = _plain(columns[again])
    rows = cells.with_columns(
        again.cast(pl.UInt32).alias("position"),
        row_number.gather(again).alias("row_number"),
        ids.gather(again).alias("transaction_id"),
    )
    firsts = rows.unique("transaction_id", keep="first", maintain_order=True)
    pairs = rows.join(firsts, on="transaction_id", suffix="_first", maintain_order="left")
    same = [pl.col(name).eq_missing(pl.col(f"{name}_first")) for name in cells.columns]
    told = pairs.filter(pl.col("row_number") != pl.col("row_number_first")).select(
        "position",
        "row_number",
        "transaction_id",
        pl.col("row_number_first").alias("first_row_number"),
        pl.all_horizontal(same).alias("is_same"),
    )
    equal, other = told.filter("is_same"), told.filter(~pl.col("is_same"))
    return equal.drop("is_same"), other.drop("is_same")


def _plain(columns: pl.DataFrame) -> pl.DataFrame:
    """Return the columns by number, lists and structs as text, so that all can be compared."""
    return pl.DataFrame(
        [_comparable(column).alias(str(at)) for at, column in enumerate(columns.iter_columns())]
    )


def _comparable(column: pl.Series) -> pl.Series:
    if not column.dtype.is_nested():
        return column
    return pl.Series([str(value) for value in column.to_list()], dtype=pl.String)
