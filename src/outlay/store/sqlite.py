"""The store in a SQLite file: nothing to install, one serving process."""

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from pathlib import Path
from typing import Final

from outlay.errors import StoreError
from outlay.store import migrations
from outlay.store.base import PATIENCE_SECONDS, Store, transaction
from outlay.store.dialect import SQLITE, Dialect
from outlay.store.lock import ServingLock
from outlay.store.session import Row
from outlay.store.sqlite_errors import translated

_SETTINGS: Final = """
    -- An answer goes out after the commit, and must survive the power going off.
    PRAGMA synchronous = FULL;
    -- Pages stay 4 kB and the log goes into the file every 1000 of them, as SQLite has it: a state
    -- of 3.5 kB is one page, where larger pages are written whole for each state; and moving the log
    -- less often made commits a little cheaper on average and the slowest twice as slow.
    PRAGMA cache_size = -65536;
    -- Deleted payments are wiped where that costs no page more.
    PRAGMA secure_delete = FAST;
    PRAGMA trusted_schema = OFF;
"""


class SqliteSession:
    """One connection to a file."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(
            path, timeout=PATIENCE_SECONDS, isolation_level=None, check_same_thread=False
        )
        self.closed = False
        try:
            self._connection.executescript(_SETTINGS)
        except sqlite3.Error:
            self.close()
            raise

    @property
    def dialect(self) -> Dialect:
        """How SQLite spells SQL."""
        return SQLITE

    def begin(self, *, writing: bool) -> None:
        """Begin a transaction: to write in, or a view of one moment."""
        self._connection.execute("BEGIN IMMEDIATE" if writing else "BEGIN")

    def commit(self) -> None:
        """Make it last; when this returns, it survives the power going off."""
        self._connection.execute("COMMIT")

    def rollback(self) -> None:
        """Take back what is open."""
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def close(self) -> None:
        """Let go of the file, and take back what is open."""
        self.closed = True
        self._connection.close()

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

    def damage(self) -> list[str]:
        """Return what SQLite finds broken in the file."""
        found = [row[0] for row in self.rows("PRAGMA integrity_check(20)")]
        return [] if found == ["ok"] else found


class SqliteStore(Store):
    """A store in one file; ``serving`` holds its lock until it is closed."""

    driver_error = sqlite3.Error

    def __init__(self, path: Path, *, create: bool, serving: bool) -> None:
        super().__init__(str(path))
        self._path = path
        self._lock = ServingLock(path)
        if not create and not path.exists():
            raise StoreError(
                f"There is no store at {path}.\n\nHint: `outlay serve --store {path}` makes one."
            )
        self._touch()
        try:
            if serving:
                self._lock.take()
            self._bring_up_to_date(serving=serving)
        except BaseException:
            self._lock.release()
            raise

    def close(self) -> None:
        """Let go of the file and its lock."""
        super().close()
        self._lock.release()

    def _connect(self) -> SqliteSession:
        return SqliteSession(self._path)

    def _translated(self, error: Exception) -> StoreError:
        return translated(error, self.where, self._lock.holder())

    def _touch(self) -> None:
        """Make the file where there is none, for its owner's eyes only, as SQLite would not."""
        try:
            os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))
        except OSError as error:
            raise StoreError(
                f"The store {self.where} cannot be written: {error.strerror}.\n\n"
                "Hint: Its folder must be there, and this user must be allowed to write in it."
            ) from error

    def _bring_up_to_date(self, *, serving: bool) -> None:
        with self._translating(), closing(self._connect()) as session:
            if not migrations.missing(_done(session, self.where), self.where):
                return
            if not serving:
                self._lock.take()
            self._use_log(session)
            with transaction(session, writing=True):
                done = _done(session, self.where)
                migrations.apply(session, migrations.missing(done, self.where))
        if not serving:
            self._lock.release()

    def _use_log(self, session: SqliteSession) -> None:
        mode = session.rows("PRAGMA journal_mode = WAL")[0][0]
        if mode != "wal":
            raise StoreError(
                f"The store {self.where} stands where SQLite cannot keep a write-ahead log: "
                f"its journal stays {mode!r}.\n\nHint: Put it on a disk of this machine."
            )


def _done(session: SqliteSession, where: str) -> list[str]:
    found = session.rows("SELECT name FROM sqlite_master WHERE type = 'table'")
    return migrations.done(session, {row[0] for row in found}, where)
