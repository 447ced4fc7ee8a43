"""The compiled keys of training rows: a number from a row's values, and one for each of equal rows."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from outlay.jit import kernel, leaf

Keys = NDArray[np.uint64]

_STEP: Final = np.uint64(0x9E3779B97F4A7C15)
_SIGN: Final = np.uint64(1 << 63)
_INFINITE: Final = np.uint64(0x7FF << 52)
_NAN: Final = np.uint64(0x7FF8 << 48)
_NONE: Final = np.uint64(0)
_ONE: Final = np.uint64(1)


@kernel
def row_keys(bits: Keys, start: int, stop: int, seed: int, keys: Keys) -> None:
    """Write the keys of some rows, given their values' bits, feature by row.

    0.0 and -0.0 are one value, and so is every NaN.
    """
    for row in range(start, stop):
        key = np.uint64(seed)
        for feature in range(len(bits)):
            value = bits[feature, row]
            size = value & ~_SIGN
            if size > _INFINITE:
                value = _NAN
            elif size == _NONE:
                value = _NONE
            key = _mixed((key + _STEP) ^ value)
        keys[row] = key


@kernel
def part_equals(keys: Keys) -> None:
    """Give each row a key of its own: equal ones take the number of those before them along."""
    size = 2
    while size < 2 * len(keys):
        size *= 2
    known, count, last = np.empty(size, np.uint64), np.zeros(size, np.uint32), np.uint64(size - 1)
    for row in range(len(keys)):
        key = keys[row]
        slot = key & last
        while count[slot] and known[slot] != key:
            slot = (slot + _ONE) & last
        known[slot] = key
        keys[row] = _mixed(key + _STEP * np.uint64(count[slot]))
        count[slot] += np.uint32(1)


@leaf
def _mixed(key: np.uint64) -> np.uint64:
    """Return a key with every bit depending on every bit (the finaliser of splitmix64)."""
    key = (key ^ (key >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    key = (key ^ (key >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return key ^ (key >> np.uint64(31))
