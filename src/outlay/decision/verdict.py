"""Scores to one verdict: anomaly, severity, outcome."""

from typing import Annotated, Literal

import msgspec
import polars as pl
from msgspec import Meta

Outcome = Literal["approve", "review", "block"]


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What follows from a verdict."""

    high: Annotated[
        float,
        Meta(ge=0, le=1, description="an alert this far inside the budget is of high severity"),
    ] = 1 / 3
    critical: Annotated[
        float, Meta(ge=0, le=1, description="likewise of critical severity: a tenth of it, or less")
    ] = 0.1
    outcome_of_alert: Annotated[Outcome, Meta(description="what happens to an alert")] = "review"
    outcome_of_critical: Annotated[
        Outcome, Meta(description="what happens to an alert of critical severity")
    ] = "block"
    min_history: Annotated[
        int,
        Meta(
            ge=0,
            le=1_000_000,
            description="earlier payments from which on a user's own habits judge",
        ),
    ] = 10


def verdict(table: pl.DataFrame, *, forest_threshold: float, policy: Policy) -> pl.DataFrame:
    """Return the columns is_anomaly, severity, outcome, is_alert and assessed.

    Parameters
    ----------
    table
        anomaly_score, rule_is_anomaly, rule_always_alert, fuzzy_risk_category, prior_count,
        tail_share (of the risk), alert_share (the tail share it was held to) and in_budget, one
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
