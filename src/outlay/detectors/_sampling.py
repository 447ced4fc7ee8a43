"""Choose training rows by what they hold, not by where they stand.

Every row gets a key from its own values, and equal rows one each from a count; the rows with the
smallest keys are the sample. Reordering the file, or reading it in other chunks, trains the same
forest.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from outlay.jit import in_chunks

Keys = NDArray[np.uint64]

_STEP: Final = np.uint64(0x9E3779B97F4A7C15)


def canonical_sample(columns: NDArray[np.float64], limit: int, seed: int) -> NDArray[np.intp]:
    """Return the positions of at most ``limit`` rows, in an order that only their values decide.

    Parameters
    ----------
    columns
        The values, feature by row.
    limit
        How many rows to choose.
    seed
        Another seed chooses other rows.
    """
    rows = columns.shape[1]
    key = np.empty(rows, np.uint64)

    def part(start: int, stop: int) -> None:
        key[start:stop] = _row_keys(columns[:, start:stop], seed)

    in_chunks(part, rows)
    order = np.argsort(key, kind="stable")
    key = key[order]
    key = _mixed(key + _STEP * _occurrence(key))
    chosen = np.argpartition(key, limit)[:limit] if limit < rows else np.arange(rows)
    return order[chosen[np.argsort(key[chosen], kind="stable")]]


def _row_keys(columns: NDArray[np.float64], seed: int) -> Keys:
    """Return a 64-bit key of each row; 0.0 and -0.0 are one value, and so is every NaN."""
    key = np.full(columns.shape[1], seed, np.uint64)
    for column in columns:
        value = np.where(np.isnan(column), np.nan, column + 0.0)
        key = _mixed((key + _STEP) ^ value.view(np.uint64))
    return key


def _mixed(key: Keys) -> Keys:
    """Return keys with every bit depending on every bit (the finaliser of splitmix64)."""
    key = (key ^ (key >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    key = (key ^ (key >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return key ^ (key >> np.uint64(31))


def _occurrence(key: Keys) -> Keys:
    """Return, for sorted keys, how many equal ones stand before each."""
    at = np.arange(len(key))
    is_new = np.append(True, key[1:] != key[:-1])[: len(key)]
    return (at - np.maximum.accumulate(np.where(is_new, at, 0))).astype(np.uint64)
