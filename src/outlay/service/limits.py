"""What one caller may send, and what any JSON may look like before it is decoded."""

import re
from collections.abc import Callable
from math import ceil
from time import monotonic
from typing import Final

from outlay.service.problem import Problem

_STRINGS: Final = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_NO_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))


class Bucket:
    """A token bucket: ``rate`` a second on average, ``burst`` at once.

    Parameters
    ----------
    rate, burst
        How fast it fills, and how much it holds.
    clock
        Seconds that never go back.
    """

    __slots__ = ("_at", "_burst", "_clock", "_rate", "_tokens")

    def __init__(self, rate: float, burst: int, clock: Callable[[], float] = monotonic) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._tokens = float(burst)
        self._at = clock()

    def take(self, n: int) -> float:
        """Take ``n`` tokens and return 0, or take none and return the seconds until they are there.

        More than the bucket holds is never there; it is let through when the bucket is full, and
        then owed.
        """
        now = self._clock()
        self._tokens = min(self._tokens + (now - self._at) * self._rate, self._burst)
        self._at = now
        missing = min(n, self._burst) - self._tokens
        if missing > 0:
            return missing / self._rate
        self._tokens -= n
        return 0.0


def spend(bucket: Bucket, n: int) -> None:
    """Count ``n`` payments, or raise the problem of a caller who sends too many."""
    wait = bucket.take(n)
    if wait > 0:
        raise Problem(
            "rate-limited",
            "This key sent more payments than it may.",
            retry_after=max(1, ceil(wait)),
        )


def check_depth(body: bytes, most: int) -> None:
    """Raise where JSON nests deeper than ``most``, before anything decodes it.

    Few brackets cannot nest deep, so nearly every body is answered by two counts.
    """
    if body.count(b"{") + body.count(b"[") <= most:
        return
    depth = 0
    for bracket in _STRINGS.sub(b"", body).translate(None, _NO_BRACKETS):
        depth += 1 if bracket in b"[{" else -1
        if depth > most:
            raise Problem("malformed-json", f"The JSON nests deeper than {most} levels.")
