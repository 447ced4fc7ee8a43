"""Who is let in: by key, or, where no key was ever made, whoever is on this machine."""

import asyncio
from collections.abc import Callable, Iterable
from functools import lru_cache
from ipaddress import ip_address
from time import monotonic
from typing import Final, NamedTuple

from outlay.service.keys import RIGHTS, Right, Role, fits, split
from outlay.service.limits import Bucket
from outlay.service.problem import Problem
from outlay.service.settings import Settings
from outlay.store import Key

KEYLESS: Final = "local"
"""What the audit log calls a caller without a key."""
_SOON: Final = 1.0


class Caller(NamedTuple):
    """Who calls, as what, and how much it may still send."""

    name: str
    role: Role
    bucket: Bucket


class _Known(NamedTuple):
    hash: bytes
    caller: Caller


class Gate:
    """Knows the keys, as they were a few seconds ago at most.

    Parameters
    ----------
    read_keys
        Returns every key there ever was; called in a thread.
    settings
        Rates, and whether a caller without a key is let in as long as no key was ever made.
    """

    def __init__(self, read_keys: Callable[[], Iterable[Key]], settings: Settings) -> None:
        self._read_keys = read_keys
        self._settings = settings
        self._known: dict[str, _Known] = {}
        self._is_keyless = False
        self._asked_at = float("-inf")
        self._local = Caller(KEYLESS, Role.ADMIN, self._bucket())

    def _bucket(self) -> Bucket:
        return Bucket(self._settings.rate, self._settings.burst)

    async def refresh(self) -> None:
        """Read the keys anew; a caller keeps what it has already used of its rate."""
        keys = list(await asyncio.to_thread(self._read_keys))
        before = self._known
        self._known = {
            key.name: _Known(key.hash, self._caller(key, before))
            for key in keys
            if key.revoked_at is None and key.role in RIGHTS
        }
        self._is_keyless = self._settings.keyless and not keys

    def _caller(self, key: Key, before: dict[str, _Known]) -> Caller:
        known = before.get(key.name)
        bucket = known.caller.bucket if known else self._bucket()
        return Caller(key.name, Role(key.role), bucket)

    async def admit(self, authorization: str, host: str, right: Right) -> Caller:
        """Return who calls, or raise why it may not."""
        if self._is_keyless:
            _check_host(host, self._settings.hosts)
            return self._local
        scheme, _, key = authorization.partition(" ")
        parts = split(key.strip()) if scheme.lower() == "bearer" else None
        if parts is None:
            raise _unauthenticated("The request has no key, or what it has does not look like one.")
        name, secret = parts
        if name not in self._known and monotonic() - self._asked_at > _SOON:
            self._asked_at = monotonic()
            await self.refresh()  # it may have been made a moment ago
        known = self._known.get(name)
        if not fits(secret, known.hash if known else None) or known is None:
            raise _unauthenticated("The key is not known, or was revoked.")
        if right not in RIGHTS[known.caller.role]:
            raise _forbidden(known.caller, right)
        return known.caller


@lru_cache(maxsize=256)
def is_loopback(host: str) -> bool:
    """Say whether a name or address means this machine."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _check_host(host: str, others: tuple[str, ...]) -> None:
    """Refuse names from outside: a web page could have its own name point at this machine."""
    name = host if host.endswith("]") else host.rpartition(":")[0] if ":" in host else host
    if not is_loopback(name) and name.lower() not in others:
        raise Problem(
            "wrong-host", f"No key is asked for here, so calls to {host[:80]!r} are refused."
        )


def _unauthenticated(detail: str) -> Problem:
    return Problem("unauthenticated", detail, headers={"www-authenticate": 'Bearer realm="outlay"'})


def _forbidden(caller: Caller, right: Right) -> Problem:
    roles = " or ".join(role for role, rights in RIGHTS.items() if right in rights)
    return Problem(
        "forbidden",
        f"The key {caller.name} has the role {caller.role}; to {right} it takes {roles}.",
    )
