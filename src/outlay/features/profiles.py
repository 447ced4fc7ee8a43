"""The other reading of "the user's history": the whole file, for a closed period under review.

The features' own reading is *past*: only what came before. Here a user's transactions are all those
of the file, later ones and the transaction itself included, with exact percentiles (linear
interpolation). That is what the profile of a user shows, and what ``--history full`` judges by.
"""

from typing import Final

import polars as pl

_PERCENTILES: Final = (75, 90, 95, 99)
_AMOUNT: Final = pl.col("amount")
_HOURS: Final = 24


def profiles(transactions: pl.DataFrame, *, timezone: str = "UTC") -> pl.DataFrame:
    """Return the whole-file profile of each user, one row a user, sorted by ``user_id``.

    Parameters
    ----------
    transactions
        ``user_id``, ``amount``, ``timestamp`` (UTC) and, where there is one, ``transaction_type``.
    timezone
        The zone in which hours are judged.

    Returns
    -------
    ``user_id``, ``transaction_count``; of the amounts ``avg_amount``, ``median_amount``,
    ``std_amount`` (n - 1; missing for one transaction), ``min_amount``, ``max_amount``,
    ``percentile_75/90/95/99``; ``common_hours`` and ``common_types`` (the modes, all of them, in
    order); ``hour_distribution`` (24 counts) and ``type_distribution`` (pairs of type and count,
    most frequent first). Without types the last of each pair of columns is an empty list.
    """
    hours = pl.col("timestamp").dt.convert_time_zone(timezone).dt.hour()
    rows = transactions.select("user_id", "amount", hours.alias("hour"), _types(transactions))
    return (
        _amounts(rows)
        .join(_hours(rows), on="user_id", how="left", maintain_order="left")
        .join(_kinds(rows), on="user_id", how="left", maintain_order="left")
        .with_columns(
            pl.col("common_types").fill_null([]), pl.col("type_distribution").fill_null([])
        )
        .select(_COLUMNS)
    )


def with_full_history(table: pl.DataFrame, min_history: int = 10) -> pl.DataFrame:
    """Return ``table`` with the features about a user's amounts taken from the whole file.

    ``prior_count`` becomes the user's transactions in the file. For users with fewer than
    ``min_history`` the other columns are missing: too few to say what is usual. Every other column
    is left as it was.
    """
    users = _amounts(table).select(
        "user_id",
        pl.col("transaction_count").cast(pl.Float64).alias("prior_count"),
        pl.col("avg_amount").alias("user_mean"),
        pl.col("percentile_95").alias("user_p95"),
        pl.col("max_amount").alias("user_max"),
    )
    own = (pl.col("user_id"), _AMOUNT, _AMOUNT.rank("average").over("user_id").alias("rank"))
    known = table.select(own).join(users, on="user_id", how="left", maintain_order="left")
    enough = pl.col("prior_count") >= min_history
    full = known.select(
        pl.col("prior_count"),
        *(_only(enough, pl.col(name), name) for name in ("user_mean", "user_p95", "user_max")),
        *(
            _only(enough, _AMOUNT / pl.col(f"user_{name}"), f"amount_ratio_{name}")
            for name in ("mean", "p95", "max")
        ),
        # the average rank counts a tie, itself included, as (k + 1) / 2; half a tie is k / 2
        _only(enough, (pl.col("rank") - 0.5) / pl.col("prior_count"), "amount_share_below"),
    )
    return table.with_columns(full)


_COLUMNS: Final = (
    "user_id",
    "transaction_count",
    "avg_amount",
    "median_amount",
    "std_amount",
    "min_amount",
    "max_amount",
    *(f"percentile_{p}" for p in _PERCENTILES),
    "common_hours",
    "common_types",
    "hour_distribution",
    "type_distribution",
)


def _types(transactions: pl.DataFrame) -> pl.Expr:
    if "transaction_type" in transactions.columns:
        return pl.col("transaction_type").cast(pl.String)
    return pl.lit(None, pl.String).alias("transaction_type")


def _only(enough: pl.Expr, value: pl.Expr, name: str) -> pl.Expr:
    """Return ``value`` where there is enough history; missing (NaN) elsewhere and for 0 / 0."""
    return pl.when(enough).then(value).otherwise(float("nan")).alias(name)


def _amounts(rows: pl.DataFrame) -> pl.DataFrame:
    """Sort once, so that every quantile is a look-up."""
    return (
        rows.lazy()
        .group_by("user_id")
        .agg(_AMOUNT.sort())
        .sort("user_id")
        .select(
            "user_id",
            _AMOUNT.list.len().alias("transaction_count"),
            _AMOUNT.list.mean().alias("avg_amount"),
            _AMOUNT.list.median().alias("median_amount"),
            _AMOUNT.list.std(ddof=1).alias("std_amount"),
            _AMOUNT.list.first().alias("min_amount"),
            _AMOUNT.list.last().alias("max_amount"),
            *(_percentile(p).alias(f"percentile_{p}") for p in _PERCENTILES),
        )
        .collect()
    )


def _percentile(percent: int) -> pl.Expr:
    """Return the percentile of a sorted list, linear between the two nearest order statistics."""
    place = (_AMOUNT.list.len() - 1) * (percent / 100)
    below = _AMOUNT.list.get(place.floor().cast(pl.UInt32))
    above = _AMOUNT.list.get(place.ceil().cast(pl.UInt32))
    return below + (above - below) * (place - place.floor())


def _hours(rows: pl.DataFrame) -> pl.DataFrame:
    """Count each user's hours: the 24 counts and the most frequent ones."""
    counts = [(pl.col("hour") == hour).sum().alias(f"{hour}") for hour in range(_HOURS)]
    spread = pl.concat_list([f"{hour}" for hour in range(_HOURS)]).alias("hour_distribution")
    modes = pl.col("hour").mode().sort().cast(pl.Int64).alias("common_hours")
    counted = rows.lazy().group_by("user_id").agg(*counts, modes)
    return counted.select("user_id", "common_hours", spread).collect()


def _kinds(rows: pl.DataFrame) -> pl.DataFrame:
    """Count each user's types: pairs of type and count, and the most frequent ones."""
    kind = pl.col("transaction_type")
    pair = pl.struct(kind.alias("type"), pl.col("count"))
    return (
        rows.lazy()
        .drop_nulls("transaction_type")
        .group_by("user_id", "transaction_type")
        .agg(pl.len().alias("count"))
        .sort(["count", "transaction_type"], descending=[True, False])
        .group_by("user_id", maintain_order=True)
        .agg(
            kind.filter(pl.col("count") == pl.col("count").max()).alias("common_types"),
            pair.alias("type_distribution"),
        )
        .collect()
    )
