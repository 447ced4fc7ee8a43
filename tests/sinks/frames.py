"""Small tables that the tests of pages and pictures share."""

import datetime as dt

import polars as pl

START = dt.datetime(2024, 3, 1, tzinfo=dt.UTC)
NASTY = (
    '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script> '
    "\u202eevil\u2028 \"q' </script> שלום 😀 日本 $a_1$ %{x} {{ 7*7 }}"
)


def payments(count=60, *, flagged=(10, 40), user="U1", amounts=None, **columns):
    """Return a user's scored payments, one every eight hours, some of them flagged."""
    rows = range(count)
    base = {
        "transaction_id": [f"T{row}" for row in rows],
        "user_id": [user] * count,
        "amount": [20.0 + row % 7 for row in rows] if amounts is None else amounts,
        "timestamp": [START + dt.timedelta(hours=8 * row) for row in rows],
        "transaction_type": ["bill_payment"] * count,
        "counterparty_id": [f"M{row % 5}" for row in rows],
        "anomaly_score": [0.9 if row in flagged else 0.3 for row in rows],
        "fuzzy_risk_category": ["low"] * count,
        "risk": [99.5 if row in flagged else 10.0 for row in rows],
        "severity": ["critical" if row in flagged else "low" for row in rows],
        "is_alert": [row in flagged for row in rows],
        "reasons": [
            ["4,200 is 3.2 × the 95th percentile"] if row in flagged else [] for row in rows
        ],
    }
    return pl.DataFrame(base | columns, schema_overrides={"reasons": pl.List(pl.String)})
