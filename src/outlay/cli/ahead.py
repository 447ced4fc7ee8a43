"""What a long command begins before it does anything else, because it takes its own time."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from outlay.detectors.grower import at_hand
from outlay.sinks.dashboard.artist import Artist


@contextmanager
def ahead(*, learns: bool = False, draws: bool = False) -> Iterator[Artist | None]:
    """Have scikit-learn and Matplotlib imported by other processes, and numba by another thread.

    Everything else is imported meanwhile. The processes are gone after the block; where nothing
    will be learned or drawn there are none.
    """
    with ExitStack() as stack:
        if learns:
            stack.enter_context(at_hand())
        artist = stack.enter_context(Artist()) if draws else None
        from outlay import jit

        jit.begin()
        yield artist
