"""What PostgreSQL says when something is wrong, in our words."""

from typing import Final

from psycopg import OperationalError, errors

from outlay.errors import (
    StoreConnectionError,
    StoreDamagedError,
    StoreError,
    StoreFullError,
    StoreLockedError,
    StoreUnavailableError,
)

_LOST: Final = (
    errors.AdminShutdown,
    errors.CrashShutdown,
    errors.CannotConnectNow,
    errors.ConnectionException,
    errors.IdleInTransactionSessionTimeout,
    errors.TooManyConnections,
)
_AGAIN: Final = (errors.SerializationFailure, errors.DeadlockDetected, errors.QueryCanceled)


def translated(error: Exception, where: str) -> StoreError:
    """Return the error of ours."""
    words = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, errors.LockNotAvailable):
        return StoreLockedError(
            f"The store {where} is locked by another worker: {words}.\n\n"
            "Hint: Try again when it is done; pg_stat_activity shows who it is."
        )
    if isinstance(error, errors.DiskFull):
        return StoreFullError(
            f"The store {where} cannot grow, and nothing of this was written: {words}.\n\n"
            "Hint: Make room on the server's disk; it goes on by itself."
        )
    if isinstance(error, (errors.DataCorrupted, errors.IndexCorrupted)):
        return StoreDamagedError(
            f"The store {where} is damaged: {words}.\n\nHint: Put a backup in its place."
        )
    if isinstance(error, _AGAIN):
        return StoreUnavailableError(
            f"The store {where} broke off: {words}.\n\nHint: Try again; nothing was written."
        )
    return _other(error, words, where)


def _other(error: Exception, words: str, where: str) -> StoreError:
    without_state = isinstance(error, OperationalError) and error.sqlstate is None
    if isinstance(error, _LOST) or without_state:
        return StoreConnectionError(
            f"The store {where} cannot be reached: {words}.\n\n"
            "Hint: Look whether the server is up; the next call connects anew."
        )
    return StoreError(
        f"The store {where} refused: {words}.\n\n"
        "Hint: Nothing of this was written; `outlay store check` says whether the store is whole."
    )
