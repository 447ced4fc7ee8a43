"""Scores to one verdict: anomaly, severity, outcome."""

from typing import Final

import msgspec
import polars as pl

SEVERITIES: Final = ("low", "medium", "high", "critical")
OUTCOMES: Final = ("approve", "review", "block")


class Policy(msgspec.Struct, frozen=True):
    """What follows from a verdict.

    ``high`` and ``critical`` are shares of the alert threshold: an alert whose tail share is at
    most a tenth of the threshold's is critical.
    """

    high: float = 1 / 3
    critical: float = 0.1
    outcome_of_alert: str = "review"
    outcome_of_critical: str = "block"
    min_history: int = 10
    """Earlier payments from which on a user is judged by their own habits."""


def verdict(table: pl.DataFrame, *, forest_threshold: float, policy: Policy) -> pl.DataFrame:
    """Return the columns is_anomaly, severity, outcome, is_alert and assessed.

    Parameters
    ----------
    table
        anomaly_score, rule_is_anomaly, rule_always_alert, fuzzy_risk_category, prior_count,
        tail_share (of the risk), alert_share (the tail share held to that day) and in_budget, one
        row a transaction.
    forest_threshold
        From which anomaly_score on a transaction is an anomaly.
    policy
        Severities' and outcomes' rules.
    """
    anomaly = (
        pl.col("rule_is_anomaly")
        | (pl.col("anomaly_score") >= forest_threshold)
        | (pl.col("fuzzy_risk_category") == "high")
    )
    against = pl.col("tail_share") / pl.col("alert_share")
    severity = (
        pl.when(~pl.col("is_alert"))
        .then(pl.lit("low"))
        .when(against <= policy.critical)
        .then(pl.lit("critical"))
        .when(against <= policy.high)
        .then(pl.lit("high"))
        .otherwise(pl.lit("medium"))
    )
    outcome = (
        pl.when(pl.col("severity") == "critical")
        .then(pl.lit(policy.outcome_of_critical))
        .when("is_alert")
        .then(pl.lit(policy.outcome_of_alert))
        .otherwise(pl.lit("approve"))
    )
    return (
        table.lazy()
        .with_columns(is_alert=pl.col("in_budget") | pl.col("rule_always_alert"))
        .with_columns(is_anomaly=anomaly, severity=severity)
        .with_columns(outcome=outcome, assessed=pl.col("prior_count") >= policy.min_history)
        .select("is_anomaly", "severity", "outcome", "is_alert", "assessed")
        .collect()
    )
