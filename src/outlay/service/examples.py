"""The payment that the documentation sends, and the decision that it gets."""

from typing import Any, Final

_NAME: Final[dict[str, Any]] = {
    "type": ["string", "number"],
    "maxLength": 256,
    "description": "A number counts as its digits.",
}
_OPTIONAL: Final[dict[str, Any]] = {"type": ["string", "number", "null"], "maxLength": 256}

PAYMENT: Final[dict[str, Any]] = {
    "title": "Payment",
    "type": "object",
    "description": "One payment. Up to 32 other fields with plain values are kept beside these, and rules may read them.",
    "required": ["transaction_id", "user_id", "amount", "timestamp"],
    "properties": {
        "transaction_id": {**_NAME, "minLength": 1, "description": "Given by the sender; the key under which it may be sent again."},
        "user_id": {**_NAME, "minLength": 1, "description": "Who pays."},
        "amount": {"type": ["number", "string"], "description": "In the payment's currency; a text such as '1,234.50' is read as in a file.", "examples": [42.5]},
        "timestamp": {"type": ["string", "number"], "description": "When: RFC 3339, or a number since 1970. Without a zone it is in the model's.", "examples": ["2025-05-02T10:15:00Z"]},
        "transaction_type": {**_OPTIONAL, "description": "What kind of payment, as in training."},
        "counterparty_id": {**_OPTIONAL, "description": "Who is paid."},
        "currency": {**_OPTIONAL, "description": "Code; the model's where left out.", "examples": ["EUR"]},
        "country": _OPTIONAL,
        "channel": _OPTIONAL,
        "device_id": _OPTIONAL,
    },
    "additionalProperties": {"type": ["string", "number", "boolean", "null"]},
    "examples": [
        {
            "transaction_id": "T-1001",
            "user_id": "U000001",
            "amount": 42.5,
            "timestamp": "2025-05-02T10:15:00Z",
            "transaction_type": "grocery",
        }
    ],
}  # fmt: skip

DECISION: Final[dict[str, Any]] = {
    "transaction_id": "T-1001",
    "user_id": "U000001",
    "timestamp": "2025-05-02T10:15:00Z",
    "risk": 12.5,
    "severity": "low",
    "outcome": "approve",
    "is_alert": False,
    "is_anomaly": False,
    "assessed": True,
    "late": False,
    "scores": {"anomaly_score": 0.41, "rule_confidence": 0.0, "fuzzy_risk_score": 0.18},
    "fuzzy_risk_category": "low",
    "rules": {"violations": [], "severity": None, "action": None},
    "reasons": [],
    "model": "3f1c" * 16,
}
