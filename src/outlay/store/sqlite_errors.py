"""What SQLite says when something is wrong, in our words."""

import sqlite3
from typing import Final

from outlay.errors import (
    StoreDamagedError,
    StoreError,
    StoreFullError,
    StoreLockedError,
    StoreUnavailableError,
)

_PRIMARY: Final = 0xFF
"""SQLite's error codes carry the kind of error in their lowest byte."""
_LOCKED: Final = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL}
_DAMAGED: Final = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT}
_CLOSED: Final = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM}
_NO_ROOM: Final = {sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE}
"""How a quota, or a limit on a file's size, shows itself."""


def translated(error: Exception, where: str, holder: str) -> StoreError:
    """Return the error of ours; ``holder`` says who may hold the lock."""
    code = getattr(error, "sqlite_errorcode", 0)
    kind = code & _PRIMARY
    if kind in _LOCKED:
        return StoreLockedError(
            f"The store {where} is locked by another process{holder}: {error}.\n\n"
            "Hint: Try again when it is done, or stop it."
        )
    if kind in _DAMAGED:
        return StoreDamagedError(
            f"The store {where} is damaged, or no SQLite database: {error}.\n\n"
            "Hint: Put a backup in its place; `outlay store check` says whether one is whole."
        )
    if kind == sqlite3.SQLITE_FULL or code in _NO_ROOM:
        return StoreFullError(
            f"The store {where} cannot grow, and nothing of this was written: {error}.\n\n"
            "Hint: Make room on its disk; it goes on by itself."
        )
    return _other(error, kind, where)


def _other(error: Exception, kind: int, where: str) -> StoreError:
    if kind in _CLOSED:
        return StoreError(
            f"The store {where} cannot be opened for writing: {error}.\n\n"
            "Hint: Its folder must be there, and this user must be allowed to write in it."
        )
    if kind == sqlite3.SQLITE_IOERR:
        return StoreUnavailableError(
            f"The disk of the store {where} failed: {error}.\n\nHint: Look at the disk."
        )
    return StoreError(
        f"The store {where} refused: {error}.\n\n"
        "Hint: Nothing of this was written; `outlay store check` says whether the store is whole."
    )
