"""Freed memory: what is used again stays, and what is large goes back to the system."""

import ctypes
from contextlib import suppress
from typing import Final

_TRIM_THRESHOLD: Final = (-1, 128 << 20)
_TOP_PAD: Final = (-2, 32 << 20)
"""Arrays of some megabytes come and go with every chunk: memory is slow at its first touch."""
_MMAP_THRESHOLD: Final = (-3, 4 << 20)
"""Most larger ones go back when they are freed: kept, they are a third of the job's memory."""
_ARENA_MAX: Final = (-8, 2)
"""Every thread would keep some of its own."""


def keep_what_comes_again() -> None:
    """Tell the C library what to do with freed memory, once a job is known to go part by part.

    Left to itself it gives back what the next chunk needs, and learns from the first large array
    that is freed to keep others of its size. Where it is another library nothing changes.
    """
    with suppress(AttributeError, OSError, TypeError):
        library = ctypes.CDLL(None)
        for setting in (_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD, _ARENA_MAX):
            library.mallopt(*setting)
