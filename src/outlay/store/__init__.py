"""What must survive a restart: ledger, decisions, alerts, states."""

from pathlib import Path

from outlay.store.base import Store
from outlay.store.reading import Reading
from outlay.store.records import (
    Alert,
    AlertChange,
    AlertFilter,
    Change,
    Counts,
    Decision,
    Disposition,
    Entity,
    Entry,
    Head,
    History,
    Key,
    Kind,
    Known,
    Label,
    Recorded,
    Status,
)
from outlay.store.writing import Writing

__all__ = [
    "Alert",
    "AlertChange",
    "AlertFilter",
    "Change",
    "Counts",
    "Decision",
    "Disposition",
    "Entity",
    "Entry",
    "Head",
    "History",
    "Key",
    "Kind",
    "Known",
    "Label",
    "Reading",
    "Recorded",
    "Status",
    "Store",
    "Writing",
    "open_store",
]


def open_store(where: str, *, create: bool = True, serving: bool = False) -> Store:
    """Open the store at a path or ``postgresql://`` address; make it or bring it up to date.

    ``create=False`` refuses where there is none. ``serving=True`` is for the one process that
    serves a SQLite file: it holds the store's lock until it closes.

    Raises StoreError and its kind.
    """
    if where.startswith(("postgresql://", "postgres://")):
        from outlay.store.postgres import PostgresStore

        return PostgresStore(where, create=create)

    from outlay.store.sqlite import SqliteStore

    return SqliteStore(Path(where), create=create, serving=serving)
