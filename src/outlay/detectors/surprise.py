"""How unusual a value is among those seen in training, and the way back to the value.

The surprise of ``x`` is ``-ln P(X >= x)``: 0 for the smallest value seen, ln 2 for the median, ln n
for the largest of n and whatever lies beyond it (trees split only between values seen, so a tail
longer than the data would change nothing). Ties count in full. Features in which low is odd use the
lower tail, ``ln P(X <= x)``, and those odd on either side the log odds of the two, so that all
three rise with ``x``. A forest that splits on surprise is not distracted by a feature's unit or
shape, and ``exp_surprise`` gives the far tail more room to be split off: ``exp(surprise / 3) - 1``.

Each is a staircase that never falls, so "at most ``s`` in surprise" is exactly "at most some ``x``":
a forest trained on surprise is turned into one on raw values, and scoring transforms nothing.
"""

from dataclasses import dataclass
from typing import Final, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

Side = Literal["upper", "lower", "both"]
Shape = Literal["raw", "surprise", "exp_surprise"]
F4 = NDArray[np.float32]
Floats = NDArray[np.float64]

_STRETCH: Final = 3.0
_HUGE: Final = np.float32(1e30)


@dataclass(frozen=True, slots=True)
class Surprise:
    """A staircase from values to surprise.

    >>> curve = Surprise.fit([1, 2, 2, 40], shape="surprise")
    >>> curve.transform([1, 2, 30, 1e6, float("nan")]).round(3)
    array([0.   , 0.288, 1.386, 1.386, 0.288], dtype=float32)
    >>> curve.inverse_threshold([1.0]).tolist()  # at most 1.0 in surprise: at most 2
    [2.0]

    Parameters
    ----------
    ends
        The largest value of each step but the last, in float32 as the trees compare.
    levels
        The surprise on each step.
    fill
        What a missing value counts as: the training's median, on the neutral middle.
    """

    ends: F4
    levels: F4
    fill: float

    @classmethod
    def fit(cls, column: ArrayLike, side: Side = "upper", shape: Shape = "exp_surprise") -> Self:
        """Learn the staircase from a column's values; missing ones are left out."""
        values = as_float32(column)
        values = np.sort(values[~np.isnan(values)])
        if not len(values):
            return cls(np.empty(0, np.float32), np.zeros(1, np.float32), 0.0)
        knots, counts = np.unique(values, return_counts=True)
        levels = _stretched(_levels(counts, side), shape)
        return cls(_ends(knots, side), levels, float(values[(len(values) - 1) // 2]))

    def transform(self, values: ArrayLike) -> F4:
        """Return the surprise of each value."""
        given = as_float32(values)
        given = np.where(np.isnan(given), np.float32(self.fill), given)
        return self.levels[np.searchsorted(self.ends, given, side="left")]

    def inverse_threshold(self, surprise: ArrayLike) -> F4:
        """Return the largest values whose surprise is at most ``surprise``.

        Where not even the lowest surprise is, -inf: no tree splits there, and only -inf passes.
        """
        step = np.searchsorted(self.levels, np.asarray(surprise, np.float32), side="right")
        infinity = np.array([np.inf], np.float32)
        return np.concatenate((-infinity, self.ends, infinity))[step]


@dataclass(frozen=True, slots=True)
class Raw:
    """The values as they are, for a forest that is to see them so."""

    fill: float

    @classmethod
    def fit(cls, column: ArrayLike) -> Self:
        """Learn the median, which stands in for missing values."""
        return cls(Surprise.fit(column).fill)

    def transform(self, values: ArrayLike) -> F4:
        """Return the values, kept so far from infinity that a split between two is finite."""
        given = as_float32(values)
        return np.clip(np.where(np.isnan(given), np.float32(self.fill), given), -_HUGE, _HUGE)

    def inverse_threshold(self, surprise: ArrayLike) -> F4:
        """Return the thresholds."""
        return np.asarray(surprise, np.float32)


def as_float32(values: ArrayLike) -> F4:
    """Return values rounded as the trees see them; too large ones become infinite."""
    with np.errstate(over="ignore"):
        return np.asarray(values, np.float64).astype(np.float32)


def _levels(counts: NDArray[np.intp], side: Side) -> Floats:
    """Return the surprise at each distinct value, lowest value first."""
    at_most = np.cumsum(counts) / counts.sum()
    at_least = np.cumsum(counts[::-1])[::-1] / counts.sum()
    upper: Floats = -np.log(at_least)
    lower: Floats = np.log(at_most)
    return {"upper": upper, "lower": lower, "both": upper + lower}[side]


def _stretched(surprise: Floats, shape: Shape) -> F4:
    """Return the levels as the trees are to see them."""
    if shape == "exp_surprise":
        stretched: Floats = np.expm1(np.abs(surprise) / _STRETCH)
        surprise = np.sign(surprise) * stretched
    return (surprise + 0.0).astype(np.float32)


def _ends(knots: F4, side: Side) -> F4:
    """Return where each step ends: a value between two seen has the tail that the side counts.

    ``P(X >= x)`` between two values is that of the upper one, ``P(X <= x)`` that of the lower.
    """
    if side != "lower":
        return knots[:-1]
    with np.errstate(over="ignore"):  # below the most negative float32 lies -inf
        return np.asarray(np.nextafter(knots[1:], np.float32(-np.inf)), np.float32)
