"""The store in PostgreSQL: several workers on one ledger."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing
from itertools import count
from typing import Any, Final

from outlay.errors import StoreError
from outlay.store import migrations
from outlay.store.base import PATIENCE_SECONDS, Store, transaction
from outlay.store.dialect import POSTGRES, Dialect
from outlay.store.session import Row

try:
    import psycopg
    from psycopg import conninfo
except ImportError as error:
    raise StoreError(
        "A PostgreSQL store needs the package psycopg, which is not installed.\n\n"
        "Hint: pip install 'outlay[postgres]'"
    ) from error

from outlay.store.postgres_errors import translated

SCHEMA: Final = "outlay"
_SETTINGS: Final = (
    f"SET search_path = {SCHEMA}",
    # An answer goes out after the commit, and must survive the power going off.
    "SET synchronous_commit = on",
    f"SET lock_timeout = '{PATIENCE_SECONDS}s'",
    # A worker that hangs within a transaction must not hold up the others for ever.
    "SET idle_in_transaction_session_timeout = '60s'",
)
_STREAMED: Final = 1000
"""Rows of a stream that are held at once."""
_UPGRADE_LOCK: Final = 0x6F75746C6179
"""The number of the lock under which one worker makes or changes the tables."""
_TABLES: Final = "SELECT tablename::text FROM pg_tables WHERE schemaname = ?"


class PostgresSession:
    """One connection to a server."""

    def __init__(self, where: str) -> None:
        self._connection: psycopg.Connection[Row] = psycopg.connect(
            where, autocommit=True, connect_timeout=PATIENCE_SECONDS, application_name="outlay"
        )
        self.closed = False
        self._names = count()
        for setting in _SETTINGS:
            self._execute(setting)

    @property
    def dialect(self) -> Dialect:
        """How PostgreSQL spells SQL."""
        return POSTGRES

    def begin(self, *, writing: bool) -> None:
        """Begin a transaction: to write in, or a view of one moment."""
        self._execute("BEGIN" if writing else "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")

    def commit(self) -> None:
        """Make it last; when this returns, it survives the power going off."""
        if self._execute("COMMIT").statusmessage != "COMMIT":  # a statement had failed
            raise psycopg.InternalError("the transaction was taken back")

    def rollback(self) -> None:
        """Take it back."""
        self._execute("ROLLBACK")

    def close(self) -> None:
        """Let go of the connection, and take back what is open."""
        self.closed = True
        self._connection.close()

    def run(self, sql: str, *values: object) -> int:
        """Run one statement and return how many rows it changed."""
        return self._execute(POSTGRES.spell(sql), values).rowcount

    def many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """Run one statement for each row of values."""
        with self._connection.cursor() as cursor:
            cursor.executemany(_text(POSTGRES.spell(sql)), rows)

    def rows(self, sql: str, *values: object) -> list[Row]:
        """Return every row of a query."""
        return self._execute(POSTGRES.spell(sql), values).fetchall()

    def stream(self, sql: str, *values: object) -> Iterator[Row]:
        """Yield the rows of a query, never holding many."""
        with self._connection.cursor(f"stream_{next(self._names)}", binary=True) as cursor:
            cursor.itersize = _STREAMED
            cursor.execute(_text(POSTGRES.spell(sql)), values)
            yield from cursor

    def together(self) -> AbstractContextManager[object]:
        """Send the statements within in one go."""
        return self._connection.pipeline()

    def damage(self) -> list[str]:
        """Leave that to the server's own tools."""
        return []

    def _execute(self, sql: str, values: Sequence[object] | None = None) -> psycopg.Cursor[Row]:
        return self._connection.execute(_text(sql), values or None, binary=True)


class PostgresStore(Store):
    """A store in a schema of its own on a PostgreSQL server."""

    driver_error = psycopg.Error

    def __init__(self, address: str, *, create: bool) -> None:
        super().__init__(_shown(address))
        self._address = address
        with self._translating(), closing(self._connect()) as session:
            done = _done(session, self.where)
            if not create and not done:
                raise StoreError(
                    f"There is no store at {self.where}.\n\n"
                    "Hint: `outlay serve --store postgresql://…` makes one."
                )
            if migrations.missing(done, self.where):
                self._bring_up_to_date(session)

    def _connect(self) -> PostgresSession:
        return PostgresSession(self._address)

    def _translated(self, error: Exception) -> StoreError:
        return translated(error, self.where)

    def _bring_up_to_date(self, session: PostgresSession) -> None:
        with transaction(session, writing=True):
            session.rows("SELECT pg_advisory_xact_lock(?::bigint)", _UPGRADE_LOCK)
            session.run(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
            done = _done(session, self.where)
            migrations.apply(session, migrations.missing(done, self.where))


def _done(session: PostgresSession, where: str) -> list[str]:
    tables = {row[0] for row in session.rows(_TABLES, SCHEMA)}
    return migrations.done(session, tables, where)


def _shown(address: str) -> str:
    """Return the address without what must not be shown."""
    try:
        parts = conninfo.conninfo_to_dict(address)
    except psycopg.Error as error:
        raise StoreError(
            f"The address of the store is none that PostgreSQL reads: {error}.\n\n"
            "Hint: It looks like postgresql://user@host:5432/database."
        ) from error
    host, port, name = (parts.get(part) for part in ("host", "port", "dbname"))
    place = f"{host or ''}:{port}" if port else f"{host or ''}"
    return f"postgresql://{place}/{name or ''}"


def _text(sql: str) -> Any:
    """Pass on SQL that is put together here, never from what came in."""
    return sql
