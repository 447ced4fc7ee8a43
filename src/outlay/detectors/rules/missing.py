"""Missing values inside expressions: one kind of missing, null, whatever an operation makes.

These are functions over whole columns rather than Polars expressions, because the expressions that
do the same name their input twice, and an input that is named twice at every level doubles with each:
a nested formula of two lines would never end.
"""

from collections.abc import Callable, Sequence

import polars as pl


def known(value: pl.Expr) -> pl.Expr:
    """Return ``value`` with NaN (0 / 0, ln(-1)) turned into missing. Infinite stays: x / 0 > 5."""
    return value.map_batches(_without_nan, return_dtype=pl.Float64, is_elementwise=True)


def all_known(operation: Callable[..., pl.Expr], values: list[pl.Expr]) -> pl.Expr:
    """Return ``operation`` over ``values`` row by row, missing where one of them is."""

    def together(columns: Sequence[pl.Series]) -> pl.Series:
        rows = next((len(column) for column in columns if len(column) != 1), 1)
        frame = pl.DataFrame([_spread(c, rows).alias(str(i)) for i, c in enumerate(columns)])
        everything = pl.all_horizontal(pl.all().is_not_null())
        return frame.select(pl.when(everything).then(operation(pl.all()))).to_series()

    return pl.map_batches(values, together, return_dtype=pl.Float64, is_elementwise=True)


def _without_nan(column: pl.Series) -> pl.Series:
    return column.fill_nan(None)


def _spread(column: pl.Series, rows: int) -> pl.Series:
    """Return a constant, which comes as a single row, as long as the table (which may be empty)."""
    return column if len(column) == rows else column.new_from_index(0, rows)
