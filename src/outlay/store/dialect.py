"""Where the SQL of SQLite and PostgreSQL differs; everything else is written once.

SQL stands in this package as SQLite reads it, with words in braces for what differs: the types of
columns, ``{each}`` for the rows of one list parameter, ``{hold}`` for the writers' turn.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one database spells what the other spells otherwise."""

    words: dict[str, str]
    mark: str
    listed: Callable[[Iterable[str]], Any]
    """Turns ids into the one value that ``{each}`` takes apart again."""
    _spelt: dict[str, str] = field(default_factory=dict)

    def spell(self, sql: str) -> str:
        """Return the SQL as this database reads it."""
        spelt = self._spelt.get(sql)
        if spelt is None:
            spelt = self._spelt[sql] = sql.format(**self.words).replace("?", self.mark)
        return spelt


SQLITE = Dialect(
    words={
        "key": "INTEGER PRIMARY KEY",
        "new_key": "INTEGER PRIMARY KEY",
        "blob": "BLOB",
        "each": "SELECT value FROM json_each(?)",
        "hold": "",  # BEGIN IMMEDIATE does
    },
    mark="?",
    listed=lambda ids: msgspec.json.encode(list(ids)).decode(),
)
POSTGRES = Dialect(
    words={
        "key": "BIGINT PRIMARY KEY",
        "new_key": "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
        "blob": "BYTEA",
        "each": "SELECT unnest(?::text[])",
        "hold": "FOR UPDATE",
    },
    mark="%s",
    listed=list,
)
