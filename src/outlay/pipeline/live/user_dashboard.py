"""One user's dashboard from ledger and decisions: the numbers, the page, the picture."""

from collections import deque
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
import polars as pl

from outlay.pipeline.live import decision as answers
from outlay.pipeline.live.payment import payment_of
from outlay.pipeline.live.states import last_seen, to_words
from outlay.pipeline.model import Model
from outlay.sinks.dashboard.charts import png
from outlay.sinks.dashboard.numbers import Summary
from outlay.sinks.dashboard.page import page
from outlay.sinks.dashboard.summary import summarise
from outlay.store import Reading, Recorded, Store

_DAY: Final = 86_400_000_000
_MOST_ROWS: Final = 20_000
"""Payments that a dashboard shows, the last ones; more could not be told apart."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SCHEMA: Final[dict[str, Any]] = {
    "transaction_id": pl.String,
    "user_id": pl.String,
    "timestamp": pl.Datetime("us", "UTC"),
    "amount": pl.Float64,
    "transaction_type": pl.String,
    "counterparty_id": pl.String,
    "anomaly_score": pl.Float64,
    "fuzzy_risk_category": pl.String,
    "risk": pl.Float64,
    "severity": pl.String,
    "is_alert": pl.Boolean,
    "reasons": pl.List(pl.String),
}


def user_summary(store: Store, user_id: str, *, model: Model, days: int = 30) -> Summary | None:
    """Return the numbers of a user's last days; None where the ledger has no payment of theirs.

    Parameters
    ----------
    store
        The store.
    user_id
        Whose.
    model
        Whose threshold, zone and currency are shown.
    days
        Up to the user's last payment.
    """
    with store.reading() as reading:
        rows = _rows(reading, user_id, days)
    if not rows:
        return None
    return summarise(
        pl.DataFrame(rows, schema=_SCHEMA),
        user_id,
        threshold=model.forest_threshold,
        days=days,
        timezone=model.config.input.timezone,
        currency=model.currency,
    )


def as_html(summary: Summary) -> str:
    """Return the page, which needs nothing else."""
    return page(summary)


def as_png(summary: Summary) -> bytes:
    """Return the picture."""
    return png(summary)


def as_json(summary: Summary) -> bytes:
    """Return the numbers."""
    return msgspec.json.encode(summary)


def _rows(reading: Reading, user_id: str, days: int) -> list[dict[str, Any]]:
    user = reading.user(user_id)
    if user is None or user.state is None:
        return []
    since = last_seen(to_words(user.state, user_id)) - days * _DAY
    rows = deque(reading.ledger(user_id=user_id, since=since), maxlen=_MOST_ROWS)
    return [_row(each) for each in rows]


def _row(recorded: Recorded) -> dict[str, Any]:
    payment = payment_of(recorded.entry.content)
    said = answers.decode(recorded.decision.body)
    decided = answers.as_table_row(said)
    return {
        "transaction_id": payment.transaction_id,
        "user_id": payment.user_id,
        "timestamp": _EPOCH + timedelta(microseconds=payment.timestamp),
        "amount": payment.amount,
        "transaction_type": payment.transaction_type,
        "counterparty_id": payment.counterparty_id,
        **{name: decided[name] for name in _SCHEMA if name in decided},
    }
