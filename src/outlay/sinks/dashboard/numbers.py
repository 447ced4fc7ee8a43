"""The numbers of a dashboard, as a plain struct that everything else only draws.

Nothing heavy is imported here: the process that draws the pictures needs no more than this.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from statistics import median

from outlay.sinks.dashboard.band import Band


@dataclass(frozen=True, slots=True)
class Day:
    """One calendar day: what was spent, and what was usual (missing where nothing came before)."""

    day: date
    amount_sum: float
    rolling_mean: float | None
    rolling_std: float | None
    upper_band: float | None
    lower_band: float | None

    @property
    def is_above(self) -> bool:
        """Whether more was spent than the band allows."""
        return self.upper_band is not None and self.amount_sum > self.upper_band


@dataclass(frozen=True, slots=True)
class MarkedTransaction:
    """One transaction of the window, with its mark and what is known about it."""

    transaction_id: str
    timestamp: datetime
    amount: float
    is_anomaly_flag: bool
    anomaly_score: float | None
    is_above_threshold: bool
    is_high_category: bool
    fuzzy_risk_category: str | None
    transaction_type: str | None
    counterparty_id: str | None
    risk: float | None
    severity: str | None
    is_alert: bool | None
    reasons: tuple[str, ...]

    @property
    def weight(self) -> tuple[float, float, float]:
        """Return what flagged transactions are ranked by: risk, then score, then amount."""
        return self.risk or 0.0, self.anomaly_score or 0.0, self.amount


def worst_first(transactions: Iterable[MarkedTransaction]) -> tuple[MarkedTransaction, ...]:
    """Return transactions ranked by their weight."""
    return tuple(sorted(transactions, key=lambda each: each.weight, reverse=True))


@dataclass(frozen=True, slots=True)
class Summary:
    """What a dashboard shows.

    Parameters
    ----------
    user
        Whose dashboard it is.
    start, end
        The window's edges, in the zone that days are judged in; the end is the last transaction.
    daily
        Every calendar day between the window's first and last transaction.
    transactions
        The window's transactions in the order of time.
    unreadable
        The user's rows that have no time or no amount and are therefore left out.
    earlier, n_earlier
        The worst alerts before the window, and how many there are in all.
    timezone
        The zone that days are judged in; none where the times carry no zone.
    """

    user: str
    start: datetime
    end: datetime
    days: int
    daily: tuple[Day, ...]
    transactions: tuple[MarkedTransaction, ...]
    threshold: float
    band: Band
    timezone: str | None
    currency: str | None
    unreadable: int
    earlier: tuple[MarkedTransaction, ...] = ()
    n_earlier: int = 0

    @property
    def flagged(self) -> tuple[MarkedTransaction, ...]:
        """The marked transactions, worst first."""
        return worst_first(each for each in self.transactions if each.is_anomaly_flag)

    @property
    def total(self) -> float:
        """What was spent in the window."""
        return sum(day.amount_sum for day in self.daily)

    @property
    def usual_day(self) -> float:
        """The median sum of the days on which anything was paid."""
        active = self._active
        return median(day.amount_sum for day in self.daily if day.day in active)

    @property
    def active_days(self) -> int:
        """How many days had a transaction."""
        return len(self._active)

    @property
    def _active(self) -> set[date]:
        return {each.timestamp.date() for each in self.transactions}
