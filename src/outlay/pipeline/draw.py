"""Which users are learned from, where there are more transactions than learning needs.

Users are drawn whole, by a mark of their id: the same ones on every machine, in every order of the
rows, however the input is split. Marks are counted in `BUCKETS` of equal width, and the users of
the first buckets are taken until there are rows enough.
"""

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from outlay.features.texts import Coded, crcs

BUCKETS: Final = 1 << 16
_SALT: Final = 5

Places = NDArray[np.uint16]
Counts = NDArray[np.int64]


def buckets(user_ids: pl.Series) -> Places:
    """Return the bucket of each row's user, (n,)."""
    coded = Coded.of(user_ids)
    return buckets_of(coded.values)[coded.codes]


def buckets_of(names: pl.Series) -> Places:
    """Return the bucket of each of some users, (n,)."""
    return (_mixed(crcs(names, _SALT)) >> np.uint32(16)).astype(np.uint16)


def _mixed(marks: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Spread the marks evenly: those of ids that differ in one sign lie close together."""
    mixed = marks.copy()
    for factor in (0x85EBCA6B, 0xC2B2AE35):
        mixed ^= mixed >> np.uint32(16)
        mixed *= np.uint32(factor)
    return mixed ^ (mixed >> np.uint32(16))


def counted(places: Places) -> Counts:
    """Return how many rows each bucket has, (`BUCKETS`,)."""
    return np.bincount(places, minlength=BUCKETS)


def drawn(counts: Counts, most: int) -> int:
    """Return how many buckets are learned from: all, or the first that have ``most`` rows."""
    if counts.sum() <= most:
        return BUCKETS
    return int(np.searchsorted(np.cumsum(counts), most)) + 1
