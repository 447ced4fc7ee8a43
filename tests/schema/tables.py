"""Small tables to accept, and a moment that counts as now."""

from datetime import UTC, datetime
from typing import Any

import polars as pl

from outlay.schema.intake import Accepted, Intake, Raw, accept

NOW = datetime(2025, 1, 1, tzinfo=UTC)


def settings(**said: Any) -> Intake:
    """Return settings in which it is the first of January 2025."""
    return Intake(**{"now": NOW, **said})


def take(table: dict[str, Any], /, **said: Any) -> Accepted:
    """Accept a table of these columns; users, amounts and times are made up where not given."""
    height = len(next(iter(table.values())))
    usual = {
        "user_id": ["U1"] * height,
        "amount": [5.0] * height,
        "timestamp": ["2024-05-06"] * height,
    }
    return accept(Raw.of(pl.DataFrame({**usual, **table}, strict=False)), settings(**said))


def amounts(*values: Any, **said: Any) -> Accepted:
    """Accept a table of these amounts."""
    return take({"amount": list(values)}, **said)


def times(*values: Any, **said: Any) -> Accepted:
    """Accept a table of these times."""
    return take({"timestamp": list(values)}, **said)


def reasons(accepted: Accepted) -> dict[int, str]:
    """Return the reason of each rejected row."""
    return dict(accepted.rejected.select("row_number", "reason").iter_rows())


def column(accepted: Accepted, name: str) -> list[Any]:
    """Return a column of the transactions."""
    return accepted.transactions[name].to_list()


def moments(accepted: Accepted) -> list[str]:
    """Return the times of the transactions as ISO texts."""
    return [value.strftime("%Y-%m-%dT%H:%M:%S") for value in column(accepted, "timestamp")]
