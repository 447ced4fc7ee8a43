"""How rare a score is: the share of training scores at least as high.

Kept as about a thousand points, close together where scores are high, so that a tail of one in a
hundred thousand is told as finely as one in ten.
"""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

_POINTS: Final = 1024
_EXCESSES: Final = 100
_LEAST_MEAN_EXCESS: Final = 1e-6
_NOTHING: Final = 1e-150  # two scores closer than this would make a slope beyond all numbers


@dataclass(frozen=True, slots=True)
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
        rising = np.sort(np.where(np.abs(given) < _NOTHING, 0.0, given))
        n = len(rising)
        values, first = np.unique(rising, return_index=True)
        spread = np.arange(1, n + 1) if n <= _POINTS else np.geomspace(1, n, _POINTS)
        ranks = np.unique(spread.round().astype(np.intp))
        kept = np.unique(np.searchsorted(values, rising[n - ranks]))
        highest = rising[-min(_EXCESSES, n) :]
        mean_excess = max(float((highest - highest[0]).mean()), _LEAST_MEAN_EXCESS)
        return cls(values[kept], (n - first[kept]) / n, mean_excess)

    def share(self, scores: ArrayLike) -> Floats:
        """Return the share of training scores at least as high, between the points log-linear."""
        asked = np.asarray(scores, np.float64)
        inside = np.interp(asked, self.scores, np.log(self.shares), left=0.0)
        beyond = np.maximum(asked - self.scores[-1], 0.0) / self.mean_excess
        shares: Floats = np.exp(inside - beyond)
        return shares

    def damage(self) -> str:
        """Return what is wrong with a tail that was read from a file, or nothing."""
        if self.scores.ndim != 1 or not len(self.scores) or self.scores.shape != self.shares.shape:
            return "its tail's arrays do not fit each other"
        if not (np.diff(self.scores) > 0).all() or not (np.diff(self.shares) < 0).all():
            return "its tail does not fall"
        if not (self.shares[-1] > 0 and self.shares[0] <= 1 and self.mean_excess > 0):
            return "its tail is out of range"
        return ""
