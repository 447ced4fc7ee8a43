"""What every store does; the databases differ in how they open, and in what can go wrong."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import ClassVar, Final, Self

from outlay.errors import StoreConnectionError, StoreError
from outlay.store import ledger
from outlay.store.reading import Reading
from outlay.store.records import Kind
from outlay.store.session import Session
from outlay.store.writing import Writing

PATIENCE_SECONDS: Final = 5
"""How long a writer waits for another process's transaction."""
_CHUNK: Final = 2000
"""States in one transaction of an import: about seven megabytes."""


class Store(ABC):
    """Where payments, decisions and states survive; safe to use from several threads.

    It knows bytes and ids, nothing of features or models. Whatever goes wrong is a `StoreError`; a
    `StoreUnavailableError` (locked, full, connection lost) passes: the same call may be made again.
    """

    where: str
    driver_error: ClassVar[type[Exception]]

    def __init__(self, where: str) -> None:
        self.where = where
        self._turn = threading.Lock()
        self._writers: list[Session] = []
        self._readers: list[Session] = []

    @contextmanager
    def writing(self) -> Iterator[Writing]:
        """Return a transaction to write in, once it is this caller's turn.

        When it is left, all of it lasts; when it is left with an exception, nothing.
        """
        with self._turn, self._session(self._writers, writing=True) as session:
            yield Writing(session, ledger.held_head(session))

    @contextmanager
    def reading(self) -> Iterator[Reading]:
        """Return a view to read from, as of its first question."""
        with self._session(self._readers, writing=False) as session:
            yield Reading(session)

    def import_base(
        self,
        users: Iterable[tuple[str, bytes]],
        counterparties: Iterable[tuple[str, bytes]],
        books: bytes,
    ) -> None:
        """Fill an empty store with a model's states, in chunks; the books come last.

        Where an import was cut off there are no books yet, and the next one starts anew.
        Raises StoreError in a store that has its books.
        """
        with self.writing() as writing:
            writing.clear_base()
        for kind, states in ((Kind.USER, users), (Kind.COUNTERPARTY, counterparties)):
            for chunk in _chunks(states):
                with self.writing() as writing:
                    writing.import_states(kind, chunk)
        with self.writing() as writing:
            writing.set_books(books)

    def close(self) -> None:
        """Let go of the files, connections and locks."""
        with self._turn:
            for session in (*self._writers, *self._readers):
                session.close()
            self._writers.clear()
            self._readers.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    @abstractmethod
    def _connect(self) -> Session:
        """Return a new connection to a store that is up to date."""

    @abstractmethod
    def _translated(self, error: Exception) -> StoreError:
        """Return an error of the driver in our words."""

    @contextmanager
    def _session(self, idle: list[Session], *, writing: bool) -> Iterator[Session]:
        """Lend an idle connection or a new one for a transaction; one that failed is not kept."""
        with self._translating():
            session = self._begun(idle, writing=writing)
            try:
                with _lasting(session, writing=writing):
                    yield session
            except self.driver_error as error:
                session.close()
                self._note(error)
                raise
            finally:
                if not session.closed:
                    idle.append(session)

    def _begun(self, idle: list[Session], *, writing: bool) -> Session:
        """Return a connection on which a transaction was begun.

        That an idle one was lost shows when it is used, and nothing was asked of it yet: so a new
        one takes its place.
        """
        session = _taken(idle)
        if session is not None:
            try:
                session.begin(writing=writing)
            except self.driver_error as error:
                session.close()
                if not self._note(error):
                    raise
            else:
                return session
        session = self._connect()
        try:
            session.begin(writing=writing)
        except self.driver_error:
            session.close()
            raise
        return session

    def _note(self, error: Exception) -> bool:
        """Say whether the connection was lost; then the idle ones were too, and none is kept."""
        if not isinstance(self._translated(error), StoreConnectionError):
            return False
        for idle in (self._writers, self._readers):
            while (session := _taken(idle)) is not None:
                session.close()
        return True

    @contextmanager
    def _translating(self) -> Iterator[None]:
        try:
            yield
        except self.driver_error as error:
            raise self._translated(error) from error


@contextmanager
def transaction(session: Session, *, writing: bool) -> Iterator[None]:
    """Let all that is done within last, or with an exception nothing."""
    session.begin(writing=writing)
    with _lasting(session, writing=writing):
        yield


@contextmanager
def _lasting(session: Session, *, writing: bool) -> Iterator[None]:
    """End the transaction that was begun."""
    try:
        yield
        if writing:
            session.commit()
    except BaseException:
        session.rollback()
        raise
    if not writing:
        session.rollback()


def _taken(idle: list[Session]) -> Session | None:
    try:
        return idle.pop()
    except IndexError:
        return None


def _chunks(states: Iterable[tuple[str, bytes]]) -> Iterator[dict[str, bytes]]:
    rest = iter(states)
    while chunk := dict(islice(rest, _CHUNK)):
        yield chunk
