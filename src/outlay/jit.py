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
    return _compiled(function)


def leaf(function: Callable[P, R]) -> Callable[P, R]:
    """Compile ``function`` without counting references to the arrays it is given.

    For the small functions that a row passes through: with a dozen arrays in its arguments, each
    call would spend more on counting than on its work (a factor of four over a row of features).
    Such a function neither makes arrays nor cuts slices; its caller, a ``kernel``, holds them.
    """
    return _compiled(function, _nrt=False)


def _compiled(function: Callable[P, R], **more: Any) -> Callable[P, R]:
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy", **more}
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
