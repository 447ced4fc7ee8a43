"""API keys: what they look like, what is kept of them, and what each role may do.

A key is ``outlay_NAME_SECRET``. The name is public: it stands in logs and in the audit log, and
finds the key's row. The secret is 256 random bits and is shown once; the store keeps its BLAKE2b
hash alone. A slow hash (bcrypt, argon2) guards what people can guess. Nobody guesses one of 2^256,
so a fast one is as safe here, and a request costs a microsecond instead of a tenth of a second.
"""

import hmac
import re
import secrets
from enum import StrEnum
from hashlib import blake2b
from typing import Final, NamedTuple

from outlay.errors import ConfigError

SECRET_BYTES: Final = 32
LONGEST_NAME: Final = 40
_NAME: Final = re.compile(rf"[a-z0-9](?:[a-z0-9-]{{0,{LONGEST_NAME - 2}}}[a-z0-9])?", re.ASCII)
_KEY: Final = re.compile(rf"outlay_({_NAME.pattern})_([A-Za-z0-9_-]{{43}})", re.ASCII)


class Role(StrEnum):
    """Who calls: a system that sends payments, a person who looks at alerts, or who runs it all."""

    INGEST = "ingest"
    ANALYST = "analyst"
    ADMIN = "admin"


class Right(StrEnum):
    """What a call needs."""

    SCORE = "send payments"
    READ = "read decisions"
    LOOK = "look at users and alerts"
    JUDGE = "change alerts"
    LABEL = "send labels"
    MEASURE = "read the metrics"


RIGHTS: Final[dict[Role, frozenset[Right]]] = {
    Role.INGEST: frozenset({Right.SCORE, Right.READ, Right.LABEL, Right.MEASURE}),
    Role.ANALYST: frozenset({Right.READ, Right.LOOK, Right.JUDGE, Right.LABEL, Right.MEASURE}),
    Role.ADMIN: frozenset(Right),
}


class Fresh(NamedTuple):
    """A key that was just made: the key itself is nowhere else."""

    name: str
    role: Role
    key: str
    hash: bytes


def make(name: str, role: Role) -> Fresh:
    """Return a new key."""
    if not _NAME.fullmatch(name):
        raise ConfigError(
            f"{name!r} cannot be a key's name: it has up to {LONGEST_NAME} of a-z, 0-9 and -, and "
            "begins and ends with a letter or digit.\n\nHint: name it after who will use it: checkout-eu."
        )
    secret = secrets.token_urlsafe(SECRET_BYTES)
    return Fresh(name, role, f"outlay_{name}_{secret}", hash_of(secret))


def split(key: str) -> tuple[str, str] | None:
    """Return a key's name and secret, None for what is no key."""
    found = _KEY.fullmatch(key)
    return (found[1], found[2]) if found else None


def hash_of(secret: str) -> bytes:
    """Return what is kept of a secret."""
    return blake2b(secret.encode(), digest_size=32, person=b"outlay-api-key").digest()


_NOBODYS: Final = hash_of(secrets.token_urlsafe(SECRET_BYTES))


def fits(secret: str, kept: bytes | None) -> bool:
    """Say whether a secret is the one whose hash was kept, in a time that tells nothing.

    A name that is not known (None) takes as long as one that is.
    """
    equal = hmac.compare_digest(hash_of(secret), _NOBODYS if kept is None else kept)
    return equal and kept is not None
