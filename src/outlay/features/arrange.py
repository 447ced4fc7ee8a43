"""Transactions in the order in which they are folded: by user, by time, ties by content."""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from outlay.features._kernels import PAYMENT, Ints, Prints, Records
from outlay.features._reading import group, lay
from outlay.features.clock import Clock
from outlay.features.texts import Coded, Codes

Bools = npt.NDArray[np.bool_]

TIE_BREAKERS = ("user_id", "amount", "transaction_type", "counterparty_id", "transaction_id")
"""What orders transactions of one moment: their content first, so that the file's order never counts."""


@dataclass(frozen=True, slots=True)
class Grouping:
    """Rows by group: group g's rows are ``order[bounds[g]:bounds[g + 1]]``, in time order.

    Groups stand in the order of their ids; where in ``order`` each row stands is in ``places``, -1
    where its id is missing.
    """

    ids: pl.Series
    order: Ints
    bounds: Ints
    places: Ints

    @classmethod
    def by(cls, column: pl.Series, in_time: Ints) -> "Grouping":
        """Group the rows by ``column``."""
        coded = Coded.of(column).in_order()
        bounds = np.zeros(len(coded.values) + 1, np.int64)
        order, places = np.empty(len(column), np.int64), np.empty(len(column), np.int64)
        group(coded.codes, in_time, bounds, order, places)
        return cls(coded.values, order[: bounds[-1]], bounds, places)


def time_order(transactions: pl.DataFrame) -> Ints:
    """Return the rows' numbers by time; rows of one moment are ordered by what they say."""
    times = transactions["timestamp"].to_physical().to_numpy()
    sorted_already = times.size < 2 or bool((times[1:] >= times[:-1]).all())  # noqa: PLR2004
    order = np.arange(times.size) if sorted_already else np.argsort(times, kind="stable")
    in_order = times if sorted_already else times[order]
    tied = _with_neighbours(in_order[1:] == in_order[:-1])
    if tied.size:
        order[tied] = _by_content(transactions, order[tied])
    return order


def _with_neighbours(same: Bools) -> Ints:
    """Return the places that are the same as the place before or behind; same[k]: as k + 1 is."""
    return np.flatnonzero(np.append(same, False) | np.append(False, same))


def _by_content(transactions: pl.DataFrame, rows: Ints) -> Ints:
    """Return rows by time and content; by users first, which leaves few of one moment."""
    by_user = _sorted(transactions, rows, TIE_BREAKERS[:1])
    moment, user = by_user["timestamp"], by_user["user_id"]
    same = (moment[1:] == moment[:-1]) & (user[1:] == user[:-1])
    order: Ints = by_user["row"].to_numpy(writable=True)
    tied = _with_neighbours(same.to_numpy())
    order[tied] = _sorted(transactions, order[tied], TIE_BREAKERS)["row"].to_numpy()
    return order


def _sorted(transactions: pl.DataFrame, rows: Ints, names: Sequence[str]) -> pl.DataFrame:
    keys = ["timestamp", *(name for name in names if name in transactions.columns)]
    return transactions.select(keys)[rows].with_columns(row=rows).sort(keys, maintain_order=True)


@dataclass(frozen=True, slots=True)
class Arrangement:
    """A table's rows in time, by user and by counterparty: found once, used by every pass."""

    in_time: Ints
    users: Grouping
    counterparties: Coded | None

    @classmethod
    def of(cls, transactions: pl.DataFrame, *, counterparties: bool = True) -> "Arrangement":
        """Arrange accepted transactions, by their counterparties too if that is wanted."""
        in_time = time_order(transactions)
        named = counterparties and "counterparty_id" in transactions.columns
        return cls(
            in_time,
            Grouping.by(transactions["user_id"], in_time),
            Coded.of(transactions["counterparty_id"]).in_order() if named else None,
        )


def payments(
    transactions: pl.DataFrame,
    arranged: Arrangement,
    timezone: str,
    types: Sequence[str],
    pool: Executor,
) -> Records:
    """Return the transactions as the kernels take them, user by user, each user's in time order.

    ``types`` are those of the population's tables; the columns are read side by side in ``pool``.
    """
    times = transactions["timestamp"].to_physical().to_numpy()
    told = arranged.counterparties
    clock = pool.submit(Clock(timezone).many, times)
    kinds = pool.submit(_types, transactions, types)
    others = pool.submit(told.marks if told else lambda: _marks(transactions, "counterparty_id"))
    devices = pool.submit(_marks, transactions, "device_id")
    countries = pool.submit(_marks, transactions, "country")
    found = np.empty(times.size, PAYMENT)
    lay(
        times,
        transactions["amount"].to_numpy(),
        *clock.result(),
        *kinds.result(),
        others.result(),
        devices.result(),
        countries.result(),
        arranged.users.places,
        found,
    )
    return found


def _marks(transactions: pl.DataFrame, column: str) -> Prints:
    """Return the rows' fingerprints; none where there is no such column."""
    if column not in transactions.columns:
        return np.empty(0, np.uint32)
    return Coded.of(transactions[column]).marks()


def _types(transactions: pl.DataFrame, types: Sequence[str]) -> tuple[Prints, Codes]:
    """Return the types' fingerprints, and their places in the population's tables, last if unknown."""
    if "transaction_type" not in transactions.columns:
        return np.empty(0, np.uint32), np.full(len(transactions), len(types), np.int32)
    coded = Coded.of(transactions["transaction_type"])
    return coded.marks(), coded.places(types)
