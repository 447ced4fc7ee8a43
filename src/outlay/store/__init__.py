"""What must survive a restart: ledger, decisions, alerts, states."""

from outlay.store.base import Reading, Store, Writing
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
    raise NotImplementedError
