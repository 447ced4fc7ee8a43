"""The numbers of a dashboard, as a plain struct that everything else only draws."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from statistics import median

import polars as pl

from outlay.sinks.dashboard.band import SEED, Band
from outlay.sinks.dashboard.window import check_options, daily_sums, marked, of_user, recent


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

    @property
    def flagged(self) -> tuple[MarkedTransaction, ...]:
        """The marked transactions, worst first."""
        marks = (each for each in self.transactions if each.is_anomaly_flag)
        return tuple(sorted(marks, key=lambda each: each.weight, reverse=True))

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


def summarise(  # noqa: PLR0913
    frame: pl.DataFrame,
    user: str,
    *,
    threshold: float = 0.5,
    days: int = 30,
    band: Band = SEED,
    timezone: str = "UTC",
    currency: str | None = None,
) -> Summary:
    """Return the numbers of one user's last ``days`` days, up to the user's last transaction.

    A transaction is marked when its score reaches the threshold or its fuzzy category is high.
    Times with a zone are judged in ``timezone``; times without are taken as they stand.
    """
    check_options(threshold, days, timezone)
    known, unreadable = of_user(frame, user)
    window, start, end = recent(known, days, timezone)
    sums = daily_sums(window)
    levels = band.levels([amount for _, amount in sums])
    return Summary(
        user=user,
        start=start,
        end=end,
        days=days,
        daily=tuple(Day(*day, *level) for day, level in zip(sums, levels, strict=True)),
        transactions=tuple(map(_transaction, marked(window, threshold).iter_rows(named=True))),
        threshold=threshold,
        band=band,
        timezone=None if end.tzinfo is None else timezone,
        currency=currency,
        unreadable=unreadable,
    )


def _transaction(row: dict[str, object]) -> MarkedTransaction:
    reasons = row.pop("reasons")
    texts = tuple(map(str, reasons)) if isinstance(reasons, Sequence) else ()
    return MarkedTransaction(**row, reasons=texts)  # type: ignore[arg-type]
