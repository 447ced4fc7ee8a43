"""Which users a scored table has, worst first: to choose whose dashboard to make."""

import polars as pl

from outlay.sinks.dashboard.window import check_columns, check_options
from outlay.sinks.marks import by_category, by_score


def list_users(frame: pl.DataFrame, *, threshold: float = 0.5) -> pl.DataFrame:
    """Return ``user_id, worst, flagged, transactions, last``, worst first.

    ``worst`` is the user's highest risk, or the highest score times 100 where there is no risk; the
    marks are the dashboard's, but over all of the user's transactions.
    """
    check_options(threshold)
    check_columns(frame)
    columns = frame.columns
    marked = by_score(columns, threshold) | by_category(columns)
    users = frame.group_by(pl.col("user_id").cast(pl.String)).agg(
        worst=_worst(columns),
        flagged=marked.sum().cast(pl.Int64),
        transactions=pl.len().cast(pl.Int64),
        last=pl.col("timestamp").max(),
    )
    keys = ["worst", "flagged", "user_id"]
    return users.drop_nulls("user_id").sort(keys, descending=[True, True, False], nulls_last=True)


def _worst(columns: list[str]) -> pl.Expr:
    if "risk" in columns:
        return pl.col("risk").cast(pl.Float64).fill_nan(None).max()
    if "anomaly_score" in columns:
        return 100 * pl.col("anomaly_score").cast(pl.Float64).fill_nan(None).max()
    return pl.lit(None, pl.Float64)
