"""Tables already in memory: Polars, pandas and Arrow come in, and go out as they came."""

from importlib.util import find_spec
from typing import Any, Final, Literal

import numpy as np
import polars as pl

from outlay.errors import InputError

Kind = Literal["polars", "lazy", "pandas", "arrow"]
_KINDS: Final = ("polars", "lazy", "pandas", "arrow")


def from_frame(table: Any) -> tuple[pl.DataFrame, Kind]:
    """Return a table as Polars, and which kind it was.

    Any object with Arrow's C stream (DuckDB relations, cuDF, Modin ...) counts as Arrow.
    """
    if isinstance(table, pl.DataFrame):
        return table, "polars"
    if isinstance(table, pl.LazyFrame):
        return table.collect(), "lazy"
    if type(table).__module__.partition(".")[0] == "pandas" and hasattr(table, "columns"):
        return _from_pandas(table), "pandas"
    if hasattr(table, "__arrow_c_stream__"):
        return _from_arrow(table), "arrow"
    raise InputError(
        f"a {type(table).__module__}.{type(table).__qualname__} is not a table that can be read."
        "\n\nHint: give a Polars or pandas DataFrame or an Arrow table; files are read from their "
        "paths."
    )


def to_frame(frame: pl.DataFrame, kind: Kind) -> Any:
    """Return ``frame`` as the kind of table that `from_frame` was given."""
    if kind == "polars":
        return frame
    if kind == "lazy":
        return frame.lazy()
    if kind == "pandas":
        return _to_pandas(frame)
    if kind == "arrow":
        return frame.to_arrow()
    raise InputError(f"{kind!r} is not a kind of table.\n\nHint: one of {', '.join(_KINDS)}.")


def _from_arrow(table: Any) -> pl.DataFrame:
    try:
        return pl.DataFrame(table)
    except (pl.exceptions.PolarsError, TypeError, ValueError) as error:
        raise InputError(
            f"the Arrow table cannot be read: {error}."
            "\n\nHint: give each column its own name and a type that Parquet can hold."
        ) from error


def _from_pandas(table: Any) -> pl.DataFrame:
    names = [str(name) for name in table.columns]
    if len(set(names)) < len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        raise InputError(
            f"the DataFrame has several columns called {', '.join(map(repr, twice))}."
            "\n\nHint: rename them so that each name occurs once."
        )
    return pl.DataFrame([_column(name, table.iloc[:, at]) for at, name in enumerate(names)])


def _column(name: str, values: Any) -> pl.Series:
    """Return one pandas column without needing pyarrow; mixed objects become text."""
    if hasattr(values, "cat"):
        values = values.astype(values.cat.categories.dtype)
    zone = getattr(values.dtype, "tz", None)
    if zone is not None:
        naive = values.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy()
        return pl.Series(name, naive).dt.cast_time_unit("us").dt.replace_time_zone("UTC")
    if isinstance(values.dtype, np.dtype) and values.dtype.kind in "biufM":
        column = pl.Series(name, values.to_numpy(), nan_to_null=True)
        return column.dt.cast_time_unit("us") if values.dtype.kind == "M" else column
    return _objects(name, values)


def _objects(name: str, values: Any) -> pl.Series:
    missing = values.isna().to_numpy()
    items = [
        None if gone else item.tolist() if isinstance(item, np.ndarray) else item
        for item, gone in zip(values.to_list(), missing, strict=True)
    ]
    try:
        return pl.Series(name, items, strict=True)
    except (TypeError, OverflowError, pl.exceptions.PolarsError):
        texts = [None if item is None else str(item) for item in items]
        return pl.Series(name, texts, dtype=pl.String)


def _to_pandas(frame: pl.DataFrame) -> Any:
    import pandas as pd

    if find_spec("pyarrow") is not None:
        return frame.to_pandas()
    return pd.DataFrame({column.name: _values(column, pd) for column in frame.iter_columns()})


def _values(column: pl.Series, pd: Any) -> Any:
    if isinstance(column.dtype, pl.Datetime) and column.dtype.time_zone is not None:
        naive = column.dt.convert_time_zone("UTC").dt.replace_time_zone(None).to_numpy()
        return pd.Series(naive).dt.tz_localize("UTC").dt.tz_convert(column.dtype.time_zone)
    if column.dtype.is_numeric() or column.dtype.is_temporal():
        return column.to_numpy()
    if column.dtype == pl.Boolean and not column.null_count():
        return column.to_numpy()
    return column.to_list()
