"""Public data sets, where somebody has them: the folder is named by BENCHMARK_DATA."""

import os
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl


def folder():
    """Return the folder, or nothing."""
    named = os.environ.get("BENCHMARK_DATA")
    return Path(named) if named else None


def handbook():
    """Return April to July of the Fraud Detection Handbook's simulated cards."""
    frame = pl.read_parquet(folder() / "handbook_raw_2018-04_07.parquet")
    return frame.with_columns(
        pl.col("is_fraud").cast(pl.Boolean), day=pl.col("timestamp").dt.date()
    )


def retail():
    """Return the invoices of a web shop; those with a negative amount are cancellations."""
    return pl.read_parquet(folder() / "online_retail_invoices.parquet")


def day(of_july):
    """Return the beginning of a day of July 2018."""
    return datetime(2018, 7, of_july)  # noqa: DTZ001 - the data's times are local


def dropped(frame, first=25, last=31):
    """Return the users that the handbook leaves out on each test day, as (user_id, day).

    They had a fraud in the training week, or from its last day until 8 days before: by then
    somebody knows, and the card is blocked.
    """
    frauds = frame.filter("is_fraud").select("user_id", fraud="day").unique()
    parts = []
    for number in range(first, last + 1):
        today = day(number)
        known = frauds.filter(
            pl.col("fraud").is_between(day(11).date(), day(17).date())
            | pl.col("fraud").is_between(day(17).date(), (today - timedelta(days=8)).date())
        )
        parts.append(known.select("user_id", day=pl.lit(today.date())).unique())
    return pl.concat(parts)
