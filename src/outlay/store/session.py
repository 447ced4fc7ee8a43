"""One connection to a database, whichever it is."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from outlay.store.dialect import Dialect

Row = tuple[Any, ...]


class Session(Protocol):
    """Runs SQL, spelt for its database, a transaction at a time; see `outlay.store.dialect`."""

    closed: bool

    @property
    def dialect(self) -> Dialect:
        """How this database spells SQL."""

    def begin(self, *, writing: bool) -> None:
        """Begin a transaction: to write in, or a view of one moment."""

    def commit(self) -> None:
        """Make it last; when this returns, it survives the power going off."""

    def rollback(self) -> None:
        """Take it back."""

    def close(self) -> None:
        """Let go of the connection, and take back what is open."""

    def run(self, sql: str, *values: object) -> int:
        """Run one statement and return how many rows it changed."""

    def many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """Run one statement for each row of values."""

    def rows(self, sql: str, *values: object) -> list[Row]:
        """Return every row of a query."""

    def stream(self, sql: str, *values: object) -> Iterator[Row]:
        """Yield the rows of a query, never holding many."""

    def together(self) -> AbstractContextManager[object]:
        """Send the statements within in one go, where the database is far."""

    def damage(self) -> list[str]:
        """Return what the database itself finds broken in its files, if it can look."""
