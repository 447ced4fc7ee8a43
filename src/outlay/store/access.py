"""Who may come in, and the log of who changed what."""

import msgspec

from outlay.errors import ConfigError, NotFoundError
from outlay.store.records import Change, Key
from outlay.store.session import Session

_LOG = "INSERT INTO audit (at, who, what, subject, before, after) VALUES (?, ?, ?, ?, ?, ?)"
_AUDIT = "SELECT at, who, what, subject, before, after FROM audit"
_KEYS = "SELECT name, role, hash, created_at, revoked_at FROM keys"
_ADD = "INSERT INTO keys (name, role, hash, created_at, revoked_at) VALUES (?, ?, ?, ?, ?)"
_REVOKE = "UPDATE keys SET revoked_at = ? WHERE name = ? AND revoked_at IS NULL"


def log(session: Session, change: Change) -> None:
    """Add a line to the audit log."""
    session.run(_LOG, *msgspec.structs.astuple(change))


def audit(session: Session, subject: str | None, limit: int) -> list[Change]:
    """Return the last lines of the audit log, newest first."""
    where, values = ("WHERE subject = ? ", (subject,)) if subject is not None else ("", ())
    found = session.rows(f"{_AUDIT} {where}ORDER BY id DESC LIMIT ?", *values, limit)
    return [Change(*row) for row in found]


def keys(session: Session) -> list[Key]:
    """Return every key, oldest first."""
    return [Key(*row) for row in session.rows(f"{_KEYS} ORDER BY created_at, name")]


def add_key(session: Session, key: Key, by: str) -> None:
    """Keep a key; a name is used once, so that the audit log stays clear."""
    if session.rows("SELECT 1 FROM keys WHERE name = ?", key.name):
        raise ConfigError(
            f"There is or was a key named {key.name!r}.\n\nHint: Choose another name."
        )
    session.run(_ADD, *msgspec.structs.astuple(key))
    log(session, Change(key.created_at, by, "key created", key.name, None, _role(key.role)))


def revoke_key(session: Session, name: str, by: str, at: int) -> None:
    """Let a key end."""
    if not session.run(_REVOKE, at, name):
        raise NotFoundError(
            f"There is no key named {name!r} in use.\n\nHint: `outlay keys list` shows them."
        )
    log(session, Change(at, by, "key revoked", name))


def _role(role: str) -> str:
    return msgspec.json.encode({"role": role}).decode()
