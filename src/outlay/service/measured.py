"""A store whose commits are timed."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from time import perf_counter

from outlay.store import Reading, Store, Writing


class Measured(Store):
    """Stands in for a store; all but the end of writing is the store's own.

    Parameters
    ----------
    store
        Does the work.
    observe
        Told the seconds of each commit that came to pass.
    """

    def __init__(self, store: Store, observe: Callable[[float], None]) -> None:
        self.where = store.where
        self._store = store
        self._observe = observe

    def reading(self) -> AbstractContextManager[Reading]:
        """Return a view to read from."""
        return self._store.reading()

    @contextmanager
    def writing(self) -> Iterator[Writing]:
        """Return a transaction to write in."""
        with ExitStack() as stack:
            yield stack.enter_context(self._store.writing())
            start = perf_counter()
            stack.pop_all().close()
        self._observe(perf_counter() - start)

    def close(self) -> None:
        """Let go of the store."""
        self._store.close()
