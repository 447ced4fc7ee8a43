"""The dashboard's numbers as CSV."""

from dataclasses import astuple, fields

from outlay.sinks import cells
from outlay.sinks.dashboard.numbers import Day, Summary

_TRANSACTION = (
    "transaction_id",
    "is_anomaly_flag",
    "timestamp",
    "amount",
    "anomaly_score",
    "fuzzy_risk_category",
    "transaction_type",
    "counterparty_id",
    "risk",
    "severity",
    "is_alert",
    "reasons",
)


def daily_csv(summary: Summary) -> str:
    """Return ``day,amount_sum,rolling_mean,rolling_std,upper_band,lower_band``, a line a day."""
    return cells.text([field.name for field in fields(Day)], map(astuple, summary.daily))


def transactions_csv(summary: Summary) -> str:
    """Return the window's transactions by time, ``transaction_id,is_anomaly_flag`` first."""
    rows = ([getattr(each, name) for name in _TRANSACTION] for each in summary.transactions)
    return cells.text(_TRANSACTION, rows)
