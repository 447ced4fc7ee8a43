"""The columns of a transaction, by their one name in this project."""

from typing import Final

REQUIRED: Final = ("user_id", "amount", "timestamp")

OPTIONAL: Final = (
    "transaction_id",
    "transaction_type",
    "counterparty_id",
    "currency",
    "country",
    "channel",
    "device_id",
    "is_fraud",
)

DECISION: Final = (
    "anomaly_score",
    "rule_confidence",
    "rule_is_anomaly",
    "rule_violations",
    "amount_score",
    "user_percentile_score",
    "hour_risk_score",
    "rule_severity",
    "rule_action",
    "fuzzy_risk_score",
    "fuzzy_risk_category",
    "is_anomaly",
    "risk",
    "severity",
    "outcome",
    "is_alert",
    "assessed",
    "reasons",
)
"""What the decision adds to a transaction, in this order, after the features."""
