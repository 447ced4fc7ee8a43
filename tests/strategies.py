"""Transactions for property tests."""

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
from hypothesis import strategies as st

START = datetime(2025, 3, 1, tzinfo=UTC)
SECONDS = st.one_of(st.integers(0, 3600), st.integers(0, 3 * 86400), st.integers(0, 60 * 86400))

transaction = st.fixed_dictionaries(
    {
        "user_id": st.sampled_from(["ann", "bob", "çelik", "4"]),
        "timestamp": SECONDS.map(lambda seconds: START + timedelta(seconds=seconds)),
        "amount": st.one_of(st.integers(0, 10**8).map(lambda cents: cents / 100), st.just(20.0)),
        "transaction_type": st.sampled_from(["purchase", "withdrawal", "deposit"]),
        "counterparty_id": st.sampled_from(["shop", "bank", "kiosk", None]),
        "device_id": st.sampled_from(["phone", "tablet", None]),
        "country": st.sampled_from(["DE", "FR"]),
    }
)

SCHEMA: dict[str, Any] = {
    "row_number": pl.Int64,
    "transaction_id": pl.String,
    "user_id": pl.String,
    "amount": pl.Float64,
    "timestamp": pl.Datetime("us", "UTC"),
    "transaction_type": pl.String,
    "counterparty_id": pl.String,
    "device_id": pl.String,
    "country": pl.String,
}


def numbered(rows):
    """Give the transactions their numbers and ids, in time order."""
    ordered = sorted(rows, key=lambda row: row["timestamp"])
    return [
        {"row_number": i + 1, "transaction_id": f"T{i:04}", **row} for i, row in enumerate(ordered)
    ]


def frame(rows):
    """Return transactions as the schema accepts them."""
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


transactions = st.lists(
    transaction, min_size=1, max_size=50, unique_by=lambda row: row["timestamp"]
).map(numbered)
"""Lists of transactions as dicts, no two at the same moment."""
