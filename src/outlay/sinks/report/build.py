"""From a scored table to the numbers of its report."""

from dataclasses import replace
from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

import polars as pl

from outlay.schema.catalog import NAMES
from outlay.sinks import palette
from outlay.sinks.report.data import AlertLine, AlertsOf, ReportData, RunFacts, UserLine
from outlay.sinks.report.guards import warnings_of
from outlay.sinks.report.signals import signals_of
from outlay.sinks.report.tally import SCORE_BINS, Tally
from outlay.sinks.table import ranked

__all__ = ["SCORE_BINS", "summarise_run", "summarise_tally", "worst_of"]

_USERS, _ALERTS = 20, 50
_DAYS_BY_DAY, _DAYS_BY_WEEK = 100, 700


def summarise_run(scored: pl.DataFrame, *, facts: RunFacts) -> ReportData:
    """Return the numbers of a run's report; feature columns are optional."""
    tally = Tally.of(scored, facts.threshold)
    return summarise_tally(tally, worst_of(tally), scored.lazy(), facts=facts)


def worst_of(tally: Tally) -> pl.DataFrame:
    """Return the alerts that were tallied, worst first."""
    return ranked(pl.concat(tally.alerts))


def summarise_tally(
    tally: Tally, alerts: pl.DataFrame, scored: pl.LazyFrame, *, facts: RunFacts
) -> ReportData:
    """Return the numbers of a run's report from what was counted on the way.

    Parameters
    ----------
    tally, alerts
        The counts, and their alerts worst first.
    scored
        The scored table, looked into for the worst users alone.
    facts
        What neither knows.
    """
    worst = _local(alerts, facts.timezone)
    signals, overlap = signals_of(tally.marks, facts.rules)
    by, over_time = _over_time(worst)
    data = ReportData(
        facts=facts,
        scored=tally.rows,
        users=tally.users,
        first=_moment(tally.first, facts.timezone),
        last=_moment(tally.last, facts.timezone),
        amount=tally.amount.value,
        anomalies=tally.anomalies,
        alerts=worst.height,
        alert_amount=float(worst["amount"].sum()),
        exceptions=_exceptions(worst, facts.alert_risk),
        alerts_by=by,
        alerts_over_time=over_time,
        score_counts=tuple(tally.scores.tolist()),
        signals=signals,
        overlap=overlap,
        coverage=_coverage(tally),
        not_assessed=tally.not_assessed,
        users_not_assessed=tally.users_not_assessed,
        worst_users=_users(worst, scored, facts),
        worst_alerts=tuple(_line(row, facts) for row in worst.head(_ALERTS).iter_rows(named=True)),
    )
    return replace(data, warnings=warnings_of(data))


def _local(frame: pl.DataFrame, timezone: str) -> pl.DataFrame:
    kind = frame.schema["timestamp"]
    if isinstance(kind, pl.Datetime) and kind.time_zone:
        return frame.with_columns(pl.col("timestamp").dt.convert_time_zone(timezone))
    return frame


def _moment(moment: datetime | None, timezone: str) -> datetime | None:
    if moment is None or moment.tzinfo is None:
        return moment
    return moment.astimezone(ZoneInfo(timezone))


def _exceptions(worst: pl.DataFrame, alert_risk: float | None) -> int:
    if alert_risk is None or "risk" not in worst.columns:
        return 0
    return worst.filter(pl.col("risk") < alert_risk).height


def _over_time(
    worst: pl.DataFrame,
) -> tuple[Literal["day", "week", "month"], tuple[AlertsOf, ...]]:
    """Count the alerts by severity in days, weeks or months, as the length of the period allows."""
    if worst.is_empty():
        return "day", ()
    day = pl.col("timestamp").dt.date()
    first, last = worst.select(first=day.min(), last=day.max()).row(0)
    by, step = _step((last - first).days)
    severity = pl.col("severity") if "severity" in worst.columns else pl.lit(None, pl.String)
    counts: dict[date, dict[str, int]] = {
        start: dict.fromkeys(palette.SEVERITY, 0)
        for start in pl.select(
            pl.date_range(pl.lit(first).dt.truncate(step), last, step)
        ).to_series()
    }
    found = worst.group_by(day.dt.truncate(step).alias("start"), severity.alias("severity")).len()
    for start, name, count in found.iter_rows():
        of = counts[start]
        of[name if name in of else "medium"] += count
    return by, tuple(AlertsOf(start, of) for start, of in sorted(counts.items()))


def _step(days: int) -> tuple[Literal["day", "week", "month"], str]:
    if days <= _DAYS_BY_DAY:
        return "day", "1d"
    return ("week", "1w") if days <= _DAYS_BY_WEEK else ("month", "1mo")


def _coverage(tally: Tally) -> tuple[tuple[str, float], ...]:
    """Return each feature's share of transactions that have it, least first."""
    if not tally.rows:
        return ()
    shares = [(name, tally.present[name] / tally.rows) for name in NAMES if name in tally.present]
    return tuple(sorted(shares, key=lambda item: item[1]))


def _users(worst: pl.DataFrame, scored: pl.LazyFrame, facts: RunFacts) -> tuple[UserLine, ...]:
    """Return the users with the worst alerts: by their worst, then by how many."""
    risk = pl.col("risk") if "risk" in worst.columns else pl.lit(0.0)
    first = (
        worst.group_by("user_id")
        .agg(
            n=pl.len(),
            worst=risk.max().fill_null(0.0),
            amount=pl.col("amount").sum(),
            last=pl.col("timestamp").max(),
        )
        .sort("worst", "n", "amount", "user_id", descending=[True, True, True, False])
        .head(_USERS)
    )
    counts = scored.filter(pl.col("user_id").is_in(first["user_id"].implode()))
    total = dict(counts.group_by("user_id").len().collect().iter_rows())
    return tuple(
        UserLine(str(user), n, risk, amount, total[user], last, facts.dashboards.get(str(user)))
        for user, n, risk, amount, last in first.iter_rows()
    )


def _line(row: dict[str, object], facts: RunFacts) -> AlertLine:
    given = {name: row.get(name) for name in _TAKEN}
    reasons = row.get("reasons")
    return AlertLine(
        **given,  # type: ignore[arg-type]
        transaction_id=str(row.get("transaction_id") or ""),
        user=str(row["user_id"]),
        reasons=tuple(map(str, reasons)) if isinstance(reasons, list) else (),
        dashboard=facts.dashboards.get(str(row["user_id"])),
    )


_TAKEN = ("place", "timestamp", "amount", "transaction_type", "risk", "severity", "outcome")
