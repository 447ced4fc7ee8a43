"""How rare a score is: the share of training scores at least as high.

Kept as about a thousand points, close together where scores are high, so that a tail of one in a
hundred thousand is told as finely as one in ten.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from outlay.schema._tail_kernels import log_shares
from outlay.schema.heap import heap

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_POINTS: Final = 1024
_EXCESSES: Final = 100
_LEAST_MEAN_EXCESS: Final = 1e-6
_NOTHING: Final = 1e-150  # two scores closer than this would make a slope beyond all numbers


class Points(NamedTuple):
    """Some tails as the kernel takes them: their arrays one after the other, and where each begins."""

    trees: Floats
    tree_of: Ints
    scores: Floats
    logs: Floats
    slopes: Floats
    first: Ints
    mean_excess: Floats


@dataclass(frozen=True)
class Tail:
    """The upper tail of the training scores.

    >>> tail = Tail.fit([0.1, 0.2, 0.3, 0.4])
    >>> tail.share([0.0, 0.2, 0.4]).tolist()
    [1.0, 0.75, 0.25]

    Parameters
    ----------
    scores, shares
        Rising scores, and the share of training scores at or above each.
    mean_excess
        How quickly the tail thins out beyond the highest score (exponentially, by this mean).
    """

    scores: Floats
    shares: Floats
    mean_excess: float

    @classmethod
    def fit(cls, scores: ArrayLike) -> Self:
        """Learn the tail; the highest scores are all kept, the others thinned out."""
        given = np.asarray(scores, np.float64)
        rising = np.sort(given)
        n, first = len(rising), np.searchsorted(rising, -_NOTHING, "right")
        rising[first : np.searchsorted(rising, _NOTHING)] = 0.0
        spread = np.arange(1, n + 1) if n <= _POINTS else np.geomspace(1, n, _POINTS)
        ranks = np.unique(spread.round().astype(np.intp))
        kept = np.unique(rising[n - ranks])
        highest = rising[-min(_EXCESSES, n) :]
        mean_excess = max(float((highest - highest[0]).mean()), _LEAST_MEAN_EXCESS)
        return cls(kept, (n - np.searchsorted(rising, kept)) / n, mean_excess)

    def share(self, scores: ArrayLike) -> Floats:
        """Return the share of training scores at least as high, between the points log-linear."""
        asked = np.asarray(scores, np.float64)
        shares = np.array(asked.reshape(1, -1), order="C")
        log_shares(shares, *self._points, shares)
        return np.exp(shares, out=shares).reshape(asked.shape)

    @cached_property
    def _points(self) -> "Points":
        return packed([self])

    def damage(self) -> str:
        """Return what is wrong with a tail that was read from a file, or nothing."""
        if self.scores.ndim != 1 or not len(self.scores) or self.scores.shape != self.shares.shape:
            return "its tail's arrays do not fit each other"
        if not (np.diff(self.scores) > 0).all() or not (np.diff(self.shares) < 0).all():
            return "its tail does not fall"
        if not (self.shares[-1] > 0 and self.shares[0] <= 1 and self.mean_excess > 0):
            return "its tail is out of range"
        return ""


def packed(tails: Sequence[Tail]) -> Points:
    """Return the tails as arrays, to be looked up all at once."""
    trees = [heap(tail.scores) for tail in tails]
    logs = [np.log(tail.shares) for tail in tails]
    slopes = [
        np.append(np.diff(own) / np.diff(tail.scores), 0.0)
        for own, tail in zip(logs, tails, strict=True)
    ]
    return Points(
        np.concatenate(trees),
        _ends(trees),
        np.concatenate([tail.scores for tail in tails]),
        np.concatenate(logs),
        np.concatenate(slopes),
        _ends(logs),
        np.array([tail.mean_excess for tail in tails]),
    )


def _ends(parts: Sequence[Floats]) -> Ints:
    return np.cumsum([0, *map(len, parts)]).astype(np.int64)
