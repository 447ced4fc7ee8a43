"""The threshold with which a run meets its alert budget among the transactions that it judges.

A tail share says how rare a transaction is among those learned from. Where these are all, the
budget's share is the threshold. Where they are a sample, the rest may be a little worse or better;
so the threshold is looked up among all of them.
"""

from collections.abc import Iterable
from math import floor
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from outlay.pipeline.model import Model

Floats = NDArray[np.float64]

_ROUNDING = 1e-9  # 0.29 of 100 rows are 29, not 28.999999999999996


def met_by(model: Model, parts: Iterable[Floats], rows: int) -> float:
    """Return the tail share up to which transactions become alerts.

    Parameters
    ----------
    model
        The model, trained on some or all of the transactions.
    parts, rows
        The tail shares of all transactions, in parts of any size and order, and how many there are.
    """
    held = threshold_of(model, rows)
    for part in parts:
        held.add(part)
    return held.value


def threshold_of(model: Model, rows: int) -> "Threshold":
    """Return the threshold for so many transactions, of which no tail share is known yet."""
    share = model.config.alerts.budget().share(model.books.rows_per_day)
    if "learned_from" not in model.training:
        return Known(share)
    return LargestWithRoom(floor(share * rows + _ROUNDING))


class Threshold(Protocol):
    """The tail share up to which transactions become alerts."""

    def add(self, part: Floats) -> None:
        """Look at some transactions' tail shares."""

    @property
    def most(self) -> float:
        """What it cannot exceed, whatever comes."""

    @property
    def value(self) -> float:
        """What it is, if nothing more comes."""


class Known(NamedTuple):
    """A threshold that does not depend on the transactions."""

    value: float

    @property
    def most(self) -> float:
        """Itself."""
        return self.value

    def add(self, part: Floats) -> None:
        """Look at nothing."""


class LargestWithRoom:
    """The largest tail share that at most ``room`` values reach; equal values go together.

    No more than the smallest ``room`` values, one more and a part are in memory.

    >>> held = LargestWithRoom(2)
    >>> held.add(np.array([0.3, 0.1]))
    >>> held.add(np.array([0.2, 0.2]))
    >>> held.value, held.most
    (0.1, 0.2)
    """

    def __init__(self, room: int) -> None:
        self._room, self._least = room, np.zeros(0)

    def add(self, part: Floats) -> None:
        """Take in some values; parts may be of any size, and come in any order."""
        least, room = self._least, self._room
        least = np.concatenate([least, part if least.size <= room else part[part < least[-1]]])
        if least.size > room:
            least = np.partition(least, room)[: room + 1]  # the largest of them comes last
        self._least = least

    @property
    def most(self) -> float:
        """What the result cannot exceed: more values can only make it smaller."""
        return 1.0 if self._least.size <= self._room else float(self._least[-1])

    @property
    def value(self) -> float:
        """The result for the values so far."""
        least = self._least
        if least.size <= self._room:
            return 1.0
        inside = least[least < least[-1]]
        return float(inside.max()) if inside.size else float(np.nextafter(least[-1], -1.0))
