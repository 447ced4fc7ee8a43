"""A store whose commits are timed."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from time import perf_counter
from typing import Any, cast

from outlay.store import Store, Writing


class _Measured:
    """Stands in for a store; all but the end of writing is the store's own."""

    def __init__(self, store: Store, observe: Callable[[float], None]) -> None:
        self._store = store
        self._observe = observe

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    @contextmanager
    def writing(self) -> Iterator[Writing]:
        """Return a transaction to write in."""
        with ExitStack() as stack:
            yield stack.enter_context(self._store.writing())
            start = perf_counter()
            stack.pop_all().close()
        self._observe(perf_counter() - start)


def measured(store: Store, observe: Callable[[float], None]) -> Store:
    """Return a store that tells ``observe`` the seconds of each commit that came to pass."""
    return cast("Store", _Measured(store, observe))
