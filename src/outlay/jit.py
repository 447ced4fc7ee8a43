"""The one place that names numba, so its options are chosen once.

No fastmath and no parallel: either would let the batch and the online path differ in the last bit.
"""

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

import numba

P = ParamSpec("P")
R = TypeVar("R")


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile ``function``, cached on disk; under NUMBA_DISABLE_JIT=1 it stays plain Python."""
    return cast("Callable[P, R]", numba.njit(cache=True, nogil=True, error_model="numpy")(function))
