"""The answer to one payment: what was decided and why, as JSON whose numbers keep every bit."""

from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - UTC, which only the Z says
_MICRO: Final = timedelta(microseconds=1)


class Scores(msgspec.Struct, frozen=True, gc=False):
    """What each detector says, in [0, 1], high = anomalous."""

    anomaly_score: float
    rule_confidence: float
    fuzzy_risk_score: float


class RuleVerdict(msgspec.Struct, frozen=True):
    """What the rules say: which are violated, how severe that is, and what to do."""

    violations: list[str]
    severity: str | None
    action: str | None


class Answered(msgspec.Struct, frozen=True):
    """One decision.

    Parameters
    ----------
    timestamp
        When the payment was made, RFC 3339 in UTC.
    risk
        0 to 100; 99 means that 1 in 100 training transactions looked as bad.
    assessed
        Whether the user has enough history to be judged by it.
    late
        Whether it came after a later payment of the same user; it was then taken at that time.
    reasons
        Why it was flagged, weightiest first; empty where nothing is unusual.
    model
        The digest of the model that decided.
    """

    transaction_id: str
    user_id: str
    timestamp: str
    risk: float
    severity: str
    outcome: str
    is_alert: bool
    is_anomaly: bool
    assessed: bool
    late: bool
    scores: Scores
    fuzzy_risk_category: str
    rules: RuleVerdict
    reasons: list[str]
    model: str


_encoder: Final = msgspec.json.Encoder()
_decoder: Final = msgspec.json.Decoder(Answered)


def encode(answered: Answered) -> bytes:
    """Return the decision's JSON."""
    return _encoder.encode(answered)


def decode(body: bytes) -> Answered:
    """Return the decision that a body tells."""
    return _decoder.decode(body)


def rfc3339(micros: int) -> str:
    """Return a moment as people and machines read it.

    >>> rfc3339(1740832200000000), rfc3339(1740832200000001)
    ('2025-03-01T12:30:00Z', '2025-03-01T12:30:00.000001Z')
    """
    return (_EPOCH + micros * _MICRO).isoformat() + "Z"


def as_table_row(answered: Answered) -> dict[str, Any]:
    """Return the decision under the names that a scored table's columns have."""
    return {
        "anomaly_score": answered.scores.anomaly_score,
        "rule_confidence": answered.scores.rule_confidence,
        "rule_violations": answered.rules.violations,
        "rule_severity": answered.rules.severity,
        "rule_action": answered.rules.action,
        "fuzzy_risk_score": answered.scores.fuzzy_risk_score,
        "fuzzy_risk_category": answered.fuzzy_risk_category,
        "is_anomaly": answered.is_anomaly,
        "risk": answered.risk,
        "severity": answered.severity,
        "outcome": answered.outcome,
        "is_alert": answered.is_alert,
        "assessed": answered.assessed,
        "reasons": answered.reasons,
    }
