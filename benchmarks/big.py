"""A big Parquet file of payments in the order in which they happened, made in bounded memory.

Users differ widely: the busiest pays some thousand times as often as the quietest. There are no
labels: this file is for measuring time and memory.

    python -m benchmarks.big payments.parquet --rows 10000000
"""

import argparse
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq

ROWS_A_USER = 100
CHUNK = 1_000_000
DAYS = 365
HOUR = 3600e6
FIRST = np.datetime64("2025-01-01", "us")
TYPES = ("payment", "purchase", "transfer", "withdrawal", "deposit", "bill_payment")
SHARES = (0.38, 0.27, 0.13, 0.08, 0.08, 0.06)
USUAL = np.array([2.6, 3.1, 4.2, 4.4, 5.5, 4.0])
"""The log of each type's usual amount."""


def write(path, rows, seed=0):
    """Write so many rows; return the count of users."""
    rng = np.random.default_rng(seed)
    users = max(rows // ROWS_A_USER, 10)
    habits = _habits(rng, users)
    edges = np.linspace(0, DAYS * 86_400e6, max(rows // CHUNK, 1) + 1)
    done, writer = 0, None
    for first, last in pairwise(edges):
        n = (rows - done) if last == edges[-1] else rows // (len(edges) - 1)
        part = _chunk(rng, habits, done + np.arange(n), (first, last)).to_arrow()
        writer = writer or pq.ParquetWriter(path, part.schema, compression="zstd")
        writer.write_table(part, row_group_size=CHUNK // 4)
        done += n
    writer.close()
    return users


def _habits(rng, users):
    """Return each user's share of all payments, level of amounts, and counterparties of their own."""
    weights = rng.lognormal(0, 1.4, users)
    return np.cumsum(weights / weights.sum()), rng.normal(0, 0.6, users), max(users // 10, 20)


def _chunk(rng, habits, numbers, stretch):
    """Return the payments with these numbers, in a stretch of time."""
    shares, levels, shops = habits
    n = len(numbers)
    user = np.searchsorted(shares, rng.random(n)).clip(max=len(levels) - 1)
    kind = rng.choice(len(TYPES), n, p=SHARES)
    at = _moments(rng, n, *stretch)
    amount = np.exp(USUAL[kind] + levels[user] + rng.normal(0, 0.7, n)).round(2)
    own = (user * 7 + rng.geometric(0.25, n)) % shops  # mostly the same few shops
    frame = pl.DataFrame(
        {
            "number": numbers,
            "user": user,
            "timestamp": FIRST + at.astype("timedelta64[us]"),
            "amount": amount.clip(min=0.01),
            "kind": kind,
            "shop": np.where(rng.random(n) < 0.9, own, rng.integers(0, shops, n)),
            "device": user * 2 + (rng.random(n) < 0.05),
        }
    )
    kinds = pl.Series("kind", TYPES)
    return frame.select(
        pl.format("T{}", pl.col("number").cast(pl.String).str.zfill(9)).alias("transaction_id"),
        pl.format("U{}", pl.col("user").cast(pl.String).str.zfill(7)).alias("user_id"),
        "timestamp",
        "amount",
        transaction_type=kinds.gather(frame["kind"]),
        counterparty_id=pl.format("M{}", "shop"),
        device_id=pl.format("D{}", "device"),
    )


def _moments(rng, n, first, last):
    """Return moments in order, in microseconds, few of them at night."""
    hours = np.arange(first, last, HOUR)
    weight = 0.1 + np.clip(np.sin((hours / HOUR % 24 - 6) / 17 * np.pi), 0, None)
    place = np.searchsorted(np.cumsum(weight / weight.sum()), rng.random(n)).clip(
        max=hours.size - 1
    )
    return np.sort(hours[place] + rng.uniform(0, HOUR, n)).astype(np.int64)


def main():
    """Write the file that was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("--rows", type=int, default=10_000_000)
    asked = parser.parse_args()
    print(f"{write(asked.path, asked.rows):,} users")


if __name__ == "__main__":
    main()
