"""Columns of few words: a byte a row while a table is made, written out where people get it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from polars import selectors as cs

from outlay.schema.columns import DECISION, OPTIONAL, REQUIRED


def chosen(words: Sequence[str | None], places: NDArray[np.integer[Any]]) -> pl.Series:
    """Return the word at each place, as an enumeration.

    >>> chosen(["low", "high", None], np.array([1, 2, 1])).cast(pl.String).to_list()
    ['high', None, 'high']
    """
    known = pl.Enum(list(dict.fromkeys(word for word in words if word is not None)))
    return pl.Series(list(words), dtype=known).gather(pl.Series(places))


def spelled(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a scored table whose words of our own, and texts by our names, are texts."""
    ours = cs.enum() & cs.by_name(*REQUIRED, *OPTIONAL, *DECISION, require_all=False)
    return frame.with_columns(ours.cast(pl.String))
