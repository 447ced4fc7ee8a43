"""From a scored table to the numbers of one user's dashboard."""

from collections.abc import Sequence

import polars as pl

from outlay.sinks.dashboard.band import SEED, Band
from outlay.sinks.dashboard.numbers import Day, MarkedTransaction, Summary, worst_first
from outlay.sinks.dashboard.window import (
    alerts_before,
    check_options,
    daily_sums,
    marked,
    of_user,
    recent,
)

_MOST_EARLIER = 20
"""Alerts before the window that are kept: whoever came for one of them is to find it."""


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
    earlier = _transactions(alerts_before(known, start, timezone), threshold)
    levels = band.levels([amount for _, amount in sums])
    return Summary(
        user=user,
        start=start,
        end=end,
        days=days,
        daily=tuple(Day(*day, *level) for day, level in zip(sums, levels, strict=True)),
        transactions=_transactions(window, threshold),
        threshold=threshold,
        band=band,
        timezone=None if end.tzinfo is None else timezone,
        currency=currency,
        unreadable=unreadable,
        earlier=worst_first(earlier)[:_MOST_EARLIER],
        n_earlier=len(earlier),
    )


def _transactions(rows: pl.DataFrame, threshold: float) -> tuple[MarkedTransaction, ...]:
    return tuple(map(_transaction, marked(rows, threshold).iter_rows(named=True)))


def _transaction(row: dict[str, object]) -> MarkedTransaction:
    reasons = row.pop("reasons")
    texts = tuple(map(str, reasons)) if isinstance(reasons, Sequence) else ()
    return MarkedTransaction(**row, reasons=texts)  # type: ignore[arg-type]
