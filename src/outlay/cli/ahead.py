"""What a long command begins before it does anything else, because it takes its own time."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from outlay.sinks.dashboard.artist import Artist


@contextmanager
def ahead(*, draws: bool) -> Iterator[Artist | None]:
    """Have Matplotlib imported by another process, and numba made ready by another thread.

    Everything else is imported meanwhile. The process is gone after the block; where nothing will
    be drawn there is none.
    """
    with Artist() if draws else nullcontext() as artist:
        from outlay import jit

        jit.begin()
        yield artist
