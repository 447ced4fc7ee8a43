"""What a long command begins before it does anything else, because it takes its own time."""

from collections.abc import Iterator
from contextlib import contextmanager

from outlay.sinks.dashboard.artist import Artist


@contextmanager
def ahead() -> Iterator[Artist]:
    """Have Matplotlib imported by another process, and numba made ready by another thread.

    Everything else is imported meanwhile. The process is gone after the block.
    """
    with Artist() as artist:
        from outlay import jit

        jit.begin()
        yield artist
