"""The one place that names numba, so its options are chosen once.

No fastmath and no parallel: either would let the batch and the online path differ in the last bit.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

import numba

P = ParamSpec("P")
R = TypeVar("R")


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile ``function``, cached on disk; under NUMBA_DISABLE_JIT=1 it stays plain Python.

    Numba keeps the cache beside the source, else in the user's cache folder. Where neither can be
    written to, each process compiles anew.
    """
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
    try:
        compiled = numba.njit(cache=True, **options)(function)
    except RuntimeError:  # no folder for the cache
        compiled = numba.njit(**options)(function)
    return cast("Callable[P, R]", compiled)


def is_cached(function: Callable[..., Any]) -> bool:
    """Return whether an earlier process left the kernel compiled, or it is never compiled."""
    if not hasattr(function, "py_func"):
        return True
    index = getattr(
        getattr(getattr(function, "_cache", None), "_cache_file", None), "_index_path", ""
    )
    return bool(index) and Path(index).is_file()
