"""What was freed goes back to the system."""

import ctypes
from contextlib import suppress
from typing import Final

_M_MMAP_THRESHOLD: Final = -3
_LARGE: Final = 4 << 20


def give_back_large_arrays() -> None:
    """Let arrays of some megabytes go back to the system as soon as they are freed.

    The C library learns from the first large array that is freed to keep others of its size, and
    keeps a third of the job's memory for nobody. A threshold that is set stays. Where it is another
    library nothing changes.
    """
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _LARGE)
