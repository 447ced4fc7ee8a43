"""Compiled: how texts begin and end, as they stand in the views of a column."""

import numpy as np
from numpy.typing import NDArray

from outlay.jit import kernel

_BEFORE = 4
"""Bytes of a view before its text: the length."""
_FIRST_SIGN, _LAST_SIGN = 33, 126


@kernel
def all_bare(views: NDArray[np.uint8], lengths: NDArray[np.uint32]) -> bool:
    """Return whether each text begins and ends with a sign of ASCII that is no blank.

    So none is empty. The views are (n, 16) and hold all of their texts.
    """
    for row in range(lengths.size):
        length = lengths[row]
        if length == 0:
            return False
        first, last = views[row, _BEFORE], views[row, _BEFORE + length - 1]
        if min(first, last) < _FIRST_SIGN or max(first, last) > _LAST_SIGN:
            return False
    return True
