"""The store in a SQLite file: nothing to install, one serving process."""

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Final

from outlay.errors import StoreError
from outlay.store import ledger, migrations
from outlay.store.base import Store
from outlay.store.dialect import SQLITE
from outlay.store.lock import ServingLock
from outlay.store.reading import Reading
from outlay.store.session import Row
from outlay.store.sqlite_errors import translated
from outlay.store.writing import Writing

PATIENCE_SECONDS: Final = 5.0
"""How long a writer waits for another process's transaction."""
_IDLE_READERS: Final = 4
_SETTINGS: Final = (
    "PRAGMA journal_mode = WAL",
    # An answer goes out after the commit: it must survive the power going off.
    "PRAGMA synchronous = FULL",
    "PRAGMA cache_size = -65536",
    "PRAGMA trusted_schema = OFF",
)


class SqliteSession:
    """The SQL of one transaction."""

    dialect = SQLITE

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def run(self, sql: str, *values: object) -> int:
        """Run one statement and return how many rows it changed."""
        return self._connection.execute(SQLITE.spell(sql), values).rowcount

    def many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """Run one statement for each row of values."""
        self._connection.executemany(SQLITE.spell(sql), rows)

    def rows(self, sql: str, *values: object) -> list[Row]:
        """Return every row of a query."""
        return self._connection.execute(SQLITE.spell(sql), values).fetchall()

    def stream(self, sql: str, *values: object) -> Iterator[Row]:
        """Yield the rows of a query, never holding many."""
        return self._connection.execute(SQLITE.spell(sql), values)

    def together(self) -> AbstractContextManager[object]:
        """Nothing to gather: the database is in this process."""
        return nullcontext()


class SqliteStore(Store):
    """A store in one file, with a connection to write and a few to read."""

    def __init__(self, path: Path, *, create: bool = True, serving: bool = False) -> None:
        self.where = str(path)
        self._path = path
        self._lock = ServingLock(path)
        self._turn = threading.Lock()
        self._idle: list[sqlite3.Connection] = []
        if not create and not path.exists():
            raise StoreError(
                f"There is no store at {path}.\n\nHint: `outlay serve --store {path}` makes one."
            )
        if serving:
            self._lock.take()
        with self._translating():
            self._writer = self._connect()
            self._migrate(serving=serving)

    @contextmanager
    def writing(self) -> Iterator[Writing]:
        """Return a transaction to write in."""
        with self._turn, self._translating():
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                session = SqliteSession(self._writer)
                yield Writing(session, ledger.head(session))
                self._writer.execute("COMMIT")
            finally:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")

    @contextmanager
    def reading(self) -> Iterator[Reading]:
        """Return a view to read from, as of its first question."""
        with self._translating():
            connection = self._idle.pop() if self._idle else self._connect()
            connection.execute("BEGIN")
            try:
                yield Reading(SqliteSession(connection))
            finally:
                connection.execute("ROLLBACK")
                self._idle.append(connection)

    def close(self) -> None:
        """Let go of the file and its lock."""
        with self._turn:
            for connection in (*self._idle, self._writer):
                connection.close()
            self._idle.clear()
            self._lock.release()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path, timeout=PATIENCE_SECONDS, isolation_level=None, check_same_thread=False
        )
        for setting in _SETTINGS:
            connection.execute(setting)
        return connection

    def _migrate(self, *, serving: bool) -> None:
        session = SqliteSession(self._writer)
        if not self._missing(session):
            return
        if not serving:
            self._lock.take()
        self._writer.execute("BEGIN IMMEDIATE")
        try:
            migrations.apply(session, self._missing(session))
            self._writer.execute("COMMIT")
        finally:
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")
            if not serving:
                self._lock.release()

    def _missing(self, session: SqliteSession) -> list[migrations.Migration]:
        found = session.rows("SELECT name FROM sqlite_master WHERE type = 'table'")
        done = migrations.done(session, {row[0] for row in found}, self.where)
        return migrations.missing(done, self.where)

    @contextmanager
    def _translating(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise translated(error, self.where, self._lock.holder()) from error
