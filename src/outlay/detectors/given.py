"""The features that a detector is given, as arrays."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from outlay.errors import InputError, nearest
from outlay.schema.table import Columns

Floats = NDArray[np.float64]
Table = Sequence[Floats] | Floats
"""Columns of float64, one a feature."""


def features_given(columns: Columns, names: tuple[str, ...], who: str) -> Table:
    """Return the features of these names, unknown as NaN; ``who`` asks, if one is missing."""
    try:
        return columns.numbers(names)
    except InputError:
        missing = next((name for name in names if not columns.has(name)), None)
        if missing is None:
            raise
    raise InputError(
        f"The {who} looks at {missing!r}, and the table has no such column."
        f"{nearest(missing, columns.names)}\n\nHint: it needs {', '.join(names)}."
    )


def some_rows(columns: Table, start: int, stop: int) -> Floats:
    """Return some rows of all columns, a feature a row."""
    if isinstance(columns, np.ndarray):
        return np.ascontiguousarray(columns[:, start:stop])
    part = np.empty((len(columns), stop - start))
    for place, column in enumerate(columns):
        part[place] = column[start:stop]
    return part
