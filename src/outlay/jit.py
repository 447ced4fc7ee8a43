"""The one place that names numba, so its options are chosen once; and the threads kernels run on.

No fastmath and no parallel: either would let the batch and the online path differ in the last bit.
Kernels run without the interpreter's lock, so chunks of rows go to a pool of threads, kept for the
process; rows do not see each other, so neither chunks nor threads leave a mark.
"""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from inspect import signature
from itertools import count
from pathlib import Path
from threading import Thread
from typing import Any, ParamSpec, TypeVar, cast

import numba
from llvmlite import ir as llvm
from numba.core import cgutils
from numba.extending import lower_builtin, type_callable

from outlay.hiding import hidden

P = ParamSpec("P")
R = TypeVar("R")

ir: Any = llvm
for_range: Any = cgutils.for_range
alloca_once: Any = cgutils.alloca_once
"""What instructions are written with, see `by_hand`."""


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


def inlined(function: Callable[P, R]) -> Callable[P, R]:
    """Compile ``function`` as a `leaf` that is put whole into the place of each call.

    For the parts of a long step that each payment takes: no part pays for being called.
    """
    return _compiled(function, _nrt=False, forceinline=True)


def inlined_kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile ``function`` as a `kernel` that is put whole into the place where another calls it.

    Else the references to all arrays that pass are counted at the call, which may cost a payment
    alone as much as the work.
    """
    return _compiled(function, forceinline=True)


def _compiled(function: Callable[P, R], **more: Any) -> Callable[P, R]:
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy", **more}
    try:
        compiled = numba.njit(cache=True, **options)(function)
    except RuntimeError:  # no folder for the cache
        compiled = numba.njit(**options)(function)
    return cast("Callable[P, R]", compiled)


@kernel
def _first() -> int:
    return 0


def begin() -> None:
    """Let numba make itself ready for the first kernel on a thread: half a second, paid once.

    Much of it is compiled code that does without the interpreter's lock.
    """
    Thread(target=_without_blas, daemon=True).start()


def _without_blas() -> None:
    """Call the first kernel, and let numba not find SciPy's linear algebra, which none here uses.

    Looking whether it is there imports it, and that takes a third of the time.
    """
    with hidden("scipy.linalg"):
        _first()


def by_hand(build: Callable[..., object]) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """Have compiled code take the instructions that ``build`` writes for a function.

    For a loop that is all of a kernel's time and that the compiler does not see as vectors: numba
    leaves out the pass that would, for it makes other kernels slower and once made them wrong. The
    function's own Python says what the instructions do, and runs where nothing is compiled.

    ``build`` is given the builder and the arguments, an array as its address and its sizes.
    """
    unpack: Any = cgutils.unpack_tuple
    lower: Any = lower_builtin
    many: Any = numba.types.VarArg

    def registered(function: Callable[P, None]) -> Callable[P, None]:
        def typed(*_: object) -> Any:
            return numba.types.none

        cast("Any", typed).__signature__ = signature(function)
        type_callable(function)(lambda _: typed)

        def write(context: Any, builder: Any, called: Any, values: Any) -> Any:
            given: list[Any] = []
            for kind, value in zip(called.args, values, strict=True):
                if isinstance(kind, numba.types.Array):
                    array = context.make_array(kind)(context, builder, value)
                    given.append((array.data, unpack(builder, array.shape)))
                else:
                    given.append(value)
            build(builder, *given)
            return context.get_dummy_value()

        lower(function, many(numba.types.Any))(write)
        return function

    return registered


def is_cached(function: Callable[..., Any]) -> bool:
    """Return whether an earlier process left the kernel compiled, or it is never compiled."""
    if not hasattr(function, "py_func"):
        return True
    index = getattr(
        getattr(getattr(function, "_cache", None), "_cache_file", None), "_index_path", ""
    )
    return bool(index) and Path(index).is_file()


CHUNK = 1 << 14
"""Rows that one thread takes at a time: some milliseconds of work, and little memory."""
_threads: ContextVar[int | None] = ContextVar("threads", default=None)


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def threads(most: int | None) -> Iterator[None]:
    """Let `in_chunks` use at most so many threads meanwhile; None is one a core."""
    before = _threads.set(most)
    try:
        yield
    finally:
        _threads.reset(before)


def in_chunks(work: Callable[[int, int], object], rows: int, size: int = CHUNK) -> None:
    """Call ``work(start, stop)`` for consecutive chunks of the rows, on several threads.

    The caller's own thread takes part and never waits for a helper that has not begun, so calls
    may nest; few rows are worked through with no thread at all.
    """
    if rows <= size:
        work(0, rows)
        return
    helpers = min(_threads.get() or cores(), -(-rows // size)) - 1
    chunks = count(step=size)

    def take() -> None:
        for start in chunks:  # the counter is shared: each chunk goes to whoever is free
            if start >= rows:
                return
            work(start, min(start + size, rows))

    helping: list[Future[None]] = [_pool().submit(take) for _ in range(helpers)]
    try:
        take()
    finally:
        for helper in helping:
            helper.cancel()
    for helper in helping:
        if not helper.cancelled():
            helper.result()


def side_by_side(work: Callable[[int], R], many: int) -> list[R]:
    """Return ``work(0)``, ``work(1)`` and so on, on several threads."""
    done: dict[int, R] = {}
    in_chunks(lambda place, _: done.__setitem__(place, work(place)), many, 1)
    return [done[place] for place in range(many)]


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max(cores() - 1, 1), thread_name_prefix="outlay")


if hasattr(os, "register_at_fork"):  # threads do not survive a fork
    os.register_at_fork(after_in_child=_pool.cache_clear)
