"""What every store does; the databases differ in how they open, and in what can go wrong."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from itertools import islice
from typing import Final, Self

from outlay.store.reading import Reading
from outlay.store.records import Kind
from outlay.store.writing import Writing

_CHUNK: Final = 2000
"""States in one transaction of an import: about seven megabytes."""


class Store(ABC):
    """Where payments, decisions and states survive; safe to use from several threads.

    It knows bytes and ids, nothing of features or models. Whatever goes wrong is a `StoreError`; a
    `StoreUnavailableError` (locked, full, connection lost) passes: the same call may be made again.
    """

    where: str

    @abstractmethod
    def writing(self) -> AbstractContextManager[Writing]:
        """Return a transaction to write in."""

    @abstractmethod
    def reading(self) -> AbstractContextManager[Reading]:
        """Return a view to read from, as of its first question."""

    def import_base(
        self,
        users: Iterable[tuple[str, bytes]],
        counterparties: Iterable[tuple[str, bytes]],
        books: bytes,
    ) -> None:
        """Fill an empty store with a model's states, in chunks; the books come last.

        Where an import was cut off there are no books yet, and the next one starts anew.
        Raises StoreError in a store that has a base.
        """
        with self.writing() as writing:
            writing.clear_base()
        for chunk in _chunks(users):
            with self.writing() as writing:
                writing.import_states(Kind.USER, chunk)
        for chunk in _chunks(counterparties):
            with self.writing() as writing:
                writing.import_states(Kind.COUNTERPARTY, chunk)
        with self.writing() as writing:
            writing.set_books(books)

    @abstractmethod
    def close(self) -> None:
        """Let go of the files, connections and locks."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _chunks(states: Iterable[tuple[str, bytes]]) -> Iterator[dict[str, bytes]]:
    rest = iter(states)
    while chunk := dict(islice(rest, _CHUNK)):
        yield chunk
