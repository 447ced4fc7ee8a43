"""From a scored table to one user's window: the rows, the marks, the sums of the days."""

from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import polars as pl

from outlay.errors import ConfigError, MissingColumnsError, NotFoundError, nearest
from outlay.sinks.marks import by_category, by_score
from outlay.sinks.text import SEPARATOR

_NEEDED = ("user_id", "amount", "timestamp")
_TEXTS = ("fuzzy_risk_category", "transaction_type", "counterparty_id", "severity")
COLUMNS: Final = (
    *_NEEDED,
    *("transaction_id", "anomaly_score", *_TEXTS, "risk", "is_alert", "reasons"),
)
"""All columns of a scored table that a dashboard looks at; it needs the first three."""
_COMPARED_USERS = 20_000  # comparing names is slow: with more users no near one is offered
_MOST_DAYS = 731  # two years: what a page can hold


def check_options(threshold: float, days: int = 30, timezone: str = "UTC") -> None:
    """Refuse a threshold, a number of days or a time zone that cannot be."""
    if not 0 <= threshold <= 1:
        raise ConfigError(
            f"the dashboard's threshold is {threshold!r}; scores lie between 0 and 1\n\n"
            "Hint: take metrics.anomaly_score_threshold of the model's feature_importance.json."
        )
    if not 1 <= days <= _MOST_DAYS:
        raise ConfigError(
            f"the dashboard shows {days!r} days; it must be from 1 to {_MOST_DAYS:,}\n\n"
            "Hint: 30 is the usual number."
        )
    try:
        ZoneInfo(timezone)
    except (KeyError, ValueError, OSError):
        raise ConfigError(
            f"{timezone!r} is no time zone\n\n"
            "Hint: use a name of the IANA list, such as 'Europe/Paris' or 'UTC'."
        ) from None


def of_user(frame: pl.DataFrame, user: str) -> tuple[pl.DataFrame, int]:
    """Return the user's rows that have a time and an amount, by time, and how many do not."""
    check_columns(frame)
    rows = frame.filter(pl.col("user_id").cast(pl.String) == user)
    if rows.is_empty():
        raise NotFoundError(_nobody(frame, user))
    known = rows.with_columns(
        pl.col("timestamp").cast(pl.Datetime("us", _zone(frame))),
        pl.col("amount").cast(pl.Float64).fill_nan(None),
    ).drop_nulls(["timestamp", "amount"])
    if known.is_empty():
        raise NotFoundError(
            f"none of the {rows.height:,} rows of user {user!r} has both a time and an amount\n\n"
            "Hint: look at the columns 'timestamp' and 'amount' of the scored file."
        )
    return known.sort("timestamp", maintain_order=True), rows.height - known.height


def recent(rows: pl.DataFrame, days: int, timezone: str) -> tuple[pl.DataFrame, datetime, datetime]:
    """Return the rows of the last ``days`` times 24 hours, with local times, and the window's edges.

    The window is cut in elapsed time, before it is seen in local time: a change to summer time
    neither lengthens nor shortens it.
    """
    end = pl.col("timestamp").max()
    window = rows.filter(pl.col("timestamp") >= end - timedelta(days=days))
    edges = rows.select(start=end - timedelta(days=days), end=end)
    if _zone(rows) is not None:
        edges = edges.select(pl.all().dt.convert_time_zone(timezone))
    return _local(window, timezone), *edges.row(0)


def alerts_before(rows: pl.DataFrame, start: datetime, timezone: str) -> pl.DataFrame:
    """Return the alerts before a window, with local times; none of a table that knows no alerts."""
    is_alert = _or_else(rows.columns, "is_alert").cast(pl.Boolean).fill_null(value=False)
    return _local(rows, timezone).filter(is_alert & (pl.col("timestamp") < start))


def _local(rows: pl.DataFrame, timezone: str) -> pl.DataFrame:
    if _zone(rows) is None:
        return rows
    return rows.with_columns(pl.col("timestamp").dt.convert_time_zone(timezone))


def daily_sums(window: pl.DataFrame) -> list[tuple[date, float]]:
    """Return the sum of every calendar day between the first and the last, also of empty days."""
    sums = dict(
        window.group_by(pl.col("timestamp").dt.date()).agg(pl.col("amount").sum()).iter_rows()
    )
    first = min(sums)
    length = (max(sums) - first).days + 1
    return [(day, sums.get(day, 0.0)) for day in (first + timedelta(n) for n in range(length))]


def marked(window: pl.DataFrame, threshold: float) -> pl.DataFrame:
    """Return the window with one column for each field of a marked transaction."""
    names = window.columns
    high = {
        "is_above_threshold": by_score(names, threshold),
        "is_high_category": by_category(names),
    }
    return window.select(
        _or_else(names, "transaction_id").cast(pl.String).fill_null(""),
        "timestamp",
        "amount",
        is_anomaly_flag=pl.any_horizontal(*high.values()),
        anomaly_score=_or_else(names, "anomaly_score").cast(pl.Float64).fill_nan(None),
        **high,
        **{name: _or_else(names, name).cast(pl.String) for name in _TEXTS},
        risk=_or_else(names, "risk").cast(pl.Float64).fill_nan(None),
        is_alert=_or_else(names, "is_alert").cast(pl.Boolean),
        reasons=_reasons(window),
    )


def _or_else(names: list[str], name: str) -> pl.Expr:
    return pl.col(name) if name in names else pl.lit(None).alias(name)


def _reasons(window: pl.DataFrame) -> pl.Expr:
    """Return the reasons as a list; a table that went through CSV has them in one text."""
    kind = window.schema.get("reasons")
    if isinstance(kind, pl.List):
        return pl.col("reasons").cast(pl.List(pl.String))
    if kind == pl.String:
        return pl.col("reasons").str.split(SEPARATOR)
    return pl.lit(None, pl.List(pl.String))


def _zone(frame: pl.DataFrame) -> str | None:
    kind = frame.schema["timestamp"]
    return kind.time_zone if isinstance(kind, pl.Datetime) else None


def check_columns(frame: pl.DataFrame) -> None:
    """Refuse a table without users, amounts and times."""
    missing = [name for name in _NEEDED if name not in frame.columns]
    if missing:
        raise MissingColumnsError(
            f"a dashboard needs the columns {', '.join(missing)}; "
            f"the table has {', '.join(frame.columns[:12]) or 'none'}\n\n"
            "Hint: give it a scored table, such as scored.parquet."
        )
    kind = frame.schema["timestamp"]
    if not isinstance(kind, pl.Datetime) and kind != pl.Date:
        raise MissingColumnsError(
            f"the column 'timestamp' holds {kind}, not times\n\n"
            "Hint: read it as times first, for example with pl.col('timestamp').str.to_datetime()."
        )


def _nobody(frame: pl.DataFrame, user: str) -> str:
    users = frame.select(pl.col("user_id").cast(pl.String).drop_nulls().unique())["user_id"]
    near = nearest(user, users) if len(users) <= _COMPARED_USERS else ""
    return (
        f"no transaction of user {user!r}; there are {len(users):,} users.{near}\n\n"
        "Hint: leave the user out to list them, worst first."
    )
