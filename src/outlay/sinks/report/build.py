"""From a scored table to the numbers of its report."""

from dataclasses import replace
from datetime import date
from typing import Literal

import polars as pl

from outlay.schema.catalog import NAMES
from outlay.sinks import palette
from outlay.sinks.report.data import AlertLine, AlertsOf, ReportData, RunFacts, UserLine
from outlay.sinks.report.guards import warnings_of
from outlay.sinks.report.signals import signals_of
from outlay.sinks.table import alerts

SCORE_BINS = 50

_USERS, _ALERTS = 20, 50
_DAYS_BY_DAY, _DAYS_BY_WEEK = 100, 700


def summarise_run(scored: pl.DataFrame, *, facts: RunFacts) -> ReportData:
    """Return the numbers of a run's report; feature columns are optional."""
    local = _local(scored, facts.timezone)
    worst = alerts(local)
    signals, overlap = signals_of(scored, facts)
    by, over_time = _over_time(worst)
    data = ReportData(
        facts=facts,
        scored=scored.height,
        users=scored["user_id"].n_unique(),
        first=local["timestamp"].min(),  # type: ignore[arg-type]
        last=local["timestamp"].max(),  # type: ignore[arg-type]
        amount=float(scored["amount"].sum()),
        anomalies=_count(scored, "is_anomaly"),
        alerts=worst.height,
        alert_amount=float(worst["amount"].sum()),
        exceptions=_exceptions(worst, facts.alert_risk),
        alerts_by=by,
        alerts_over_time=over_time,
        score_counts=_histogram(scored),
        signals=signals,
        overlap=overlap,
        coverage=_coverage(scored),
        not_assessed=_not_assessed(scored).height,
        users_not_assessed=_users_not_assessed(scored),
        worst_users=_users(worst, scored, facts),
        worst_alerts=tuple(_line(row, facts) for row in worst.head(_ALERTS).iter_rows(named=True)),
    )
    return replace(data, warnings=warnings_of(data))


def _local(scored: pl.DataFrame, timezone: str) -> pl.DataFrame:
    kind = scored.schema["timestamp"]
    if isinstance(kind, pl.Datetime) and kind.time_zone:
        return scored.with_columns(pl.col("timestamp").dt.convert_time_zone(timezone))
    return scored


def _count(scored: pl.DataFrame, name: str) -> int:
    return int(scored[name].sum() or 0) if name in scored.columns else 0


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


def _histogram(scored: pl.DataFrame) -> tuple[int, ...]:
    """Count the scores in equally wide bins; 1.0 belongs to the last."""
    counts = [0] * SCORE_BINS
    if "anomaly_score" in scored.columns:
        score = pl.col("anomaly_score").cast(pl.Float64).fill_nan(None).drop_nulls().clip(0, 1)
        place = (score * SCORE_BINS).floor().clip(0, SCORE_BINS - 1).cast(pl.Int64)
        for bin_, count in scored.select(place.alias("bin")).group_by("bin").len().iter_rows():
            counts[bin_] = count
    return tuple(counts)


def _coverage(scored: pl.DataFrame) -> tuple[tuple[str, float], ...]:
    """Return each feature's share of transactions that have it, least first."""
    names = [name for name in NAMES if name in scored.columns]
    if scored.is_empty() or not names:
        return ()
    shares = scored.select(pl.col(names).cast(pl.Float64).fill_nan(None).is_not_null().mean())
    return tuple(sorted(shares.row(0, named=True).items(), key=lambda item: item[1]))


def _not_assessed(scored: pl.DataFrame) -> pl.DataFrame:
    if "assessed" not in scored.columns:
        return scored.clear()
    return scored.filter(~pl.col("assessed").fill_null(value=True))


def _users_not_assessed(scored: pl.DataFrame) -> int:
    """Count the users none of whose transactions could be judged by their own history."""
    if "assessed" not in scored.columns:
        return 0
    known = scored.group_by("user_id").agg(pl.col("assessed").fill_null(value=True).any())
    return known.filter(~pl.col("assessed")).height


def _users(worst: pl.DataFrame, scored: pl.DataFrame, facts: RunFacts) -> tuple[UserLine, ...]:
    """Return the users with the worst alerts: by their worst, then by how many."""
    risk = pl.col("risk") if "risk" in worst.columns else pl.lit(0.0)
    ranked = (
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
    counts = scored.filter(pl.col("user_id").is_in(ranked["user_id"].implode()))
    total = dict(counts.group_by("user_id").len().iter_rows())
    return tuple(
        UserLine(str(user), n, risk, amount, total[user], last, facts.dashboards.get(str(user)))
        for user, n, risk, amount, last in ranked.iter_rows()
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
