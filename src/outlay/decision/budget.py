"""How many alerts there may be, and which transactions get them.

A threshold that was right in training drifts with the business: more payments, other amounts. So
scoring keeps the books by day: what the days before were owed and got moves the next day's
threshold (a control loop, as in adaptive conformal inference: Gibbs and Candès, "Adaptive conformal
inference under distribution shift", NeurIPS 2021). Only earlier days count, so a day's threshold is
known when it begins, live as in batch.
"""

import math
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

SETTLE_DAYS: Final = 2.0
"""A debt of so many days' budget moves the threshold by the factor e."""
LEAST_SETTLED: Final = 0.5
"""Alerts that count as such a debt at least: where one a week is due, half an alert is much."""
MOST_RAISED, MOST_LOWERED = 1.0, 3.0
"""How far a day's threshold may leave the budget's share, in powers of e: up, down."""
PATIENCE_DAYS: Final = 7.0
"""Days of budget beyond which a debt or a surplus is forgiven: quiet weeks earn no flood."""
MEMORY_DAYS: Final = 30.0
"""How long the usual number of transactions a day is remembered."""


class Budget(msgspec.Struct, frozen=True):
    """The alerts that people can look at: a share of the transactions, or a number a day."""

    rate: float | None = 0.005
    per_day: float | None = None

    def share(self, rows_per_day: float) -> float:
        """Return the budget as a share of the transactions, at this many a day."""
        if self.per_day is not None:
            return min(self.per_day / max(rows_per_day, 1e-9), 1.0)
        return self.rate or 0.0

    def of_day(self, rows: float) -> float:
        """Return how many alerts a day with this many transactions is worth."""
        return self.per_day if self.per_day is not None else (self.rate or 0.0) * rows

    def words(self) -> str:
        """Return the budget as people say it."""
        return (
            f"{self.per_day:g} a day"
            if self.per_day is not None
            else f"{100 * (self.rate or 0):g} %"
        )


class Books(msgspec.Struct, frozen=True):
    """What was owed and what was given on the days before."""

    rows_per_day: float
    owed: float = 0.0

    def threshold(self, budget: Budget) -> float:
        """Return today's tail share at or below which a transaction becomes an alert."""
        scale = max(SETTLE_DAYS * budget.of_day(self.rows_per_day), LEAST_SETTLED)
        move = min(max(self.owed / scale, -MOST_LOWERED), MOST_RAISED)
        return min(budget.share(self.rows_per_day) * math.exp(move), 1.0)

    def after(self, budget: Budget, rows: int, given: int) -> "Books":
        """Return the books at the end of a day."""
        limit = PATIENCE_DAYS * max(budget.of_day(self.rows_per_day), 1.0)
        owed = self.owed + budget.of_day(rows) - given
        usual = self.rows_per_day + (rows - self.rows_per_day) / MEMORY_DAYS
        return Books(rows_per_day=usual, owed=min(max(owed, -limit), limit))


def allot(shares: Floats, days: Ints, budget: Budget, books: Books) -> tuple[Bools, Floats, Books]:
    """Return which transactions become alerts, the threshold each was held to, and the new books.

    Parameters
    ----------
    shares
        Tail share of each transaction's evidence in training, (n,); small = bad.
    days
        The local day of each, as a number that grows by one a day, (n,).
    budget, books
        What is allowed, and what the days before left.
    """
    alerts = np.zeros(shares.size, bool)
    thresholds = np.empty(shares.size)
    order = np.argsort(days, kind="stable")
    starts = np.flatnonzero(np.diff(days[order], prepend=days[order[:1]] - 1))
    previous: int | None = None
    for lo, hi in zip(starts, [*starts[1:], shares.size], strict=True):
        day = int(days[order[lo]])
        for _ in range(min(day - previous - 1, int(MEMORY_DAYS)) if previous is not None else 0):
            books = books.after(budget, 0, 0)
        rows = order[lo:hi]
        threshold = books.threshold(budget)
        alerts[rows] = shares[rows] <= threshold
        thresholds[rows] = threshold
        books = books.after(budget, rows.size, int(alerts[rows].sum()))
        previous = day
    return alerts, thresholds, books
