"""Transactions in the order in which they are folded: by user, by time, ties by content."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from outlay.features._kernels import Ints, Payments, Prints, group
from outlay.features.clock import Clock
from outlay.features.marks import fingerprint

TIE_BREAKERS = ("user_id", "amount", "transaction_type", "counterparty_id", "transaction_id")
"""What orders transactions of one moment: their content first, so that the file's order never counts."""


@dataclass(frozen=True, slots=True)
class Grouping:
    """Rows by group: group g's rows are ``order[bounds[g]:bounds[g + 1]]``, in time order."""

    ids: pl.Series
    order: Ints
    bounds: Ints

    @classmethod
    def by(cls, column: pl.Series, in_time: Ints) -> "Grouping":
        """Group the rows by ``column``; groups stand in the order of their ids, missing ones last."""
        ids = column.unique().sort(nulls_last=True)
        known = ids.drop_nulls()
        codes = (
            column.cast(pl.Enum(known))
            .to_physical()
            .cast(pl.Int64)
            .fill_null(len(known))
            .to_numpy()
        )
        bounds = np.zeros(len(ids) + 1, np.int64)
        order = np.empty(len(column), np.int64)
        group(codes, in_time, bounds, order)
        return cls(known, order, bounds[: len(known) + 1])


def time_order(transactions: pl.DataFrame) -> Ints:
    """Return the rows' numbers by time; rows of one moment are ordered by what they say."""
    times = transactions["timestamp"].to_physical().to_numpy()
    sorted_already = times.size < 2 or bool((times[1:] >= times[:-1]).all())  # noqa: PLR2004
    order = np.arange(times.size) if sorted_already else np.argsort(times, kind="stable")
    same = np.diff(times[order]) == 0
    tied = np.zeros(times.size, bool)
    tied[1:] |= same
    tied[:-1] |= same
    if tied.any():
        keys = [name for name in TIE_BREAKERS if name in transactions.columns]
        rows = pl.Series("row", order[tied])
        ties = transactions.select("timestamp", *keys)[rows].with_columns(rows)
        order[tied] = ties.sort("timestamp", *keys, maintain_order=True)["row"].to_numpy()
    return order


@dataclass(frozen=True, slots=True)
class Arrangement:
    """A table's rows in time, by user and by counterparty: found once, used by every pass."""

    in_time: Ints
    users: Grouping
    counterparties: Grouping | None

    @classmethod
    def of(cls, transactions: pl.DataFrame) -> "Arrangement":
        """Arrange accepted transactions."""
        in_time = time_order(transactions)
        named = "counterparty_id" in transactions.columns
        return cls(
            in_time,
            Grouping.by(transactions["user_id"], in_time),
            Grouping.by(transactions["counterparty_id"], in_time) if named else None,
        )


def fingerprints(transactions: pl.DataFrame, column: str) -> Prints:
    """Return each value's mark; see `fingerprint`."""
    if column not in transactions.columns:
        return np.zeros(len(transactions), np.uint32)
    values = transactions[column]
    known = values.unique().drop_nulls()
    marks = [fingerprint(column, value) for value in known]
    mapped = values.replace_strict(
        known, pl.Series(marks, dtype=pl.UInt32), default=0, return_dtype=pl.UInt32
    )
    return mapped.fill_null(0).to_numpy()


def payments(transactions: pl.DataFrame, timezone: str, types: Sequence[str]) -> Payments:
    """Return the transactions as the kernels' columns, in the order of the rows.

    ``types`` are those of the population's tables.
    """
    times = transactions["timestamp"].to_physical().to_numpy()
    hours, weekdays = Clock(timezone).many(times)
    return Payments(
        times=times,
        amounts=transactions["amount"].to_numpy(),
        hours=hours,
        weekdays=weekdays,
        types=fingerprints(transactions, "transaction_type"),
        kinds=kinds(transactions, types),
        counterparties=fingerprints(transactions, "counterparty_id"),
        devices=fingerprints(transactions, "device_id"),
        countries=fingerprints(transactions, "country"),
    )


def kinds(transactions: pl.DataFrame, types: Sequence[str]) -> Ints:
    """Return each transaction's place in the population's tables of types, the last if unknown."""
    if "transaction_type" not in transactions.columns:
        return np.full(len(transactions), len(types))
    places = pl.Series(range(len(types)), dtype=pl.Int64)
    return (
        transactions["transaction_type"]
        .replace_strict(
            pl.Series(types, dtype=pl.String), places, default=len(types), return_dtype=pl.Int64
        )
        .to_numpy()
    )
