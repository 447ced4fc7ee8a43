"""How many alerts there may be, and which transactions get them.

A threshold that was right in training drifts with the business: more payments, other amounts. So
scoring keeps books: each transaction (or each hour, for a number a day) earns a little of an alert,
each alert costs one, and what is owed moves the threshold for the next transaction. That is a
control loop on the realised rate, as in adaptive conformal inference (Gibbs and Candès, "Adaptive
conformal inference under distribution shift", NeurIPS 2021). Only the past counts, live as in batch.
"""

import math
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from outlay.jit import kernel

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

DAY: Final = 86_400_000_000
"""Microseconds."""
SETTLE_DAYS: Final = 2.0
"""A debt of so many days' budget moves the threshold by the factor e."""
LEAST_SETTLED: Final = 0.4
"""Alerts that count as such a debt at least: where one a week is due, half an alert is much."""
MOST_RAISED, MOST_LOWERED = 1.5, 3.0
"""How far the threshold may leave the budget's share, in powers of e: up, down.

Less upwards and months of few alerts end with one of them owed; more, and what is not unusual fills
the budget (``python -m benchmarks budget`` has the months).
"""
_A_LITTLE: Final = 1.0 + 1e-9
"""Powers are rounded, here and there otherwise."""
PATIENCE_DAYS: Final = 7.0
"""Days of budget beyond which a debt or a surplus is forgiven: quiet weeks earn no flood."""


class Budget(msgspec.Struct, frozen=True):
    """The alerts that people can look at: a share of the transactions, or a number a day."""

    rate: float | None = 0.005
    per_day: float | None = None

    def share(self, rows_per_day: float) -> float:
        """Return the budget as a share of the transactions, at this many a day."""
        if self.per_day is not None:
            return min(self.per_day / max(rows_per_day, 1e-9), 1.0)
        return self.rate or 0.0

    def words(self) -> str:
        """Return the budget as people say it."""
        return (
            f"{self.per_day:g} a day"
            if self.per_day is not None
            else f"{100 * (self.rate or 0):g} %"
        )


class Books(msgspec.Struct, frozen=True):
    """What is owed: alerts earned and not given, after the transaction at ``last`` (microseconds).

    ``rows_per_day`` is the training's: it sets the pace of the loop, and a number a day its share.
    """

    rows_per_day: float
    owed: float = 0.0
    last: int | None = None


class Allotted(msgspec.Struct, frozen=True):
    """What the budget has room for.

    Parameters
    ----------
    in_budget
        Which transactions become alerts, (n,).
    alert_share
        The threshold that each was held to, (n,).
    owed
        What was owed after each, (n,).
    books
        The new books.
    """

    in_budget: Bools
    alert_share: Floats
    owed: Floats
    books: Books


def most_share(budget: Budget, books: Books) -> float:
    """Return a tail share that no threshold of `allot` exceeds, whatever is owed."""
    return min(budget.share(books.rows_per_day) * math.exp(MOST_RAISED) * _A_LITTLE, 1.0)


def allot(shares: Floats, times: Ints, order: Ints, budget: Budget, books: Books) -> Allotted:
    """Return which transactions become alerts, going through them in time.

    Parameters
    ----------
    shares
        Tail share of each transaction's evidence in training, (n,); small = bad.
    times
        When each was made, in microseconds, (n,).
    order
        The transactions by time, (n,).
    budget, books
        What is allowed, and what the transactions before left.
    """
    alerts = np.zeros(shares.size, np.bool_)
    thresholds, after = np.empty(shares.size), np.empty(shares.size)
    base = budget.share(books.rows_per_day)
    daily = base * books.rows_per_day
    by_row, by_day = (0.0, daily) if budget.per_day is not None else (budget.rate or 0.0, 0.0)
    last = books.last if books.last is not None else int(times[order[0]])
    owed, last = _allot(
        shares, times, order, base, by_row, by_day,
        max(SETTLE_DAYS * daily, LEAST_SETTLED), PATIENCE_DAYS * max(daily, 1.0),
        books.owed, last, alerts, thresholds, after,
    )  # fmt: skip
    return Allotted(alerts, thresholds, after, Books(books.rows_per_day, owed, last))


@kernel
def _allot(  # noqa: PLR0913, PLR0917 - numba takes arrays, not objects
    shares: Floats, times: Ints, order: Ints, base: float, by_row: float, by_day: float,
    scale: float, limit: float, owed: float, last: int, alerts: Bools, thresholds: Floats,
    after: Floats,
) -> tuple[float, int]:  # fmt: skip
    """Go through the transactions in time; return what is owed at the end, and when that was."""
    for k in range(order.size):
        row = order[k]
        now = max(times[row], last)
        owed = min(owed + by_row + by_day * (now - last) / DAY, limit)
        last = now
        move = min(max(owed / scale, -MOST_LOWERED), MOST_RAISED)
        thresholds[row] = min(base * np.exp(move), 1.0)
        if shares[row] <= thresholds[row]:
            alerts[row] = True
            owed = max(owed - 1.0, -limit)
        after[row] = owed
    return owed, last
