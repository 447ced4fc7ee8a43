"""One open database transaction, whichever database it is."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from outlay.store.dialect import Dialect

Row = tuple[Any, ...]


class Session(Protocol):
    """Runs SQL, spelt for its database; see `outlay.store.dialect`."""

    dialect: Dialect

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
