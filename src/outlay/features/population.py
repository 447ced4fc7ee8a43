"""What the population says of a user (or a counterparty) who has little past of their own."""

from typing import Self

import msgspec
import numpy as np
import polars as pl

from outlay.features._kernels import DAY, CounterpartyPrior, Floats, Ints, Prior
from outlay.features.arrange import Grouping, time_order

VAR_WEIGHT = 5.0
"""Payments that the population's spread is worth beside the user's own."""
AMOUNT_WEIGHT = 5.0
MEAN_WEIGHT_RANGE = (0.2, 20.0)


class Spread(msgspec.Struct, frozen=True):
    """The log amounts' usual level and spread, and how many payments that knowledge is worth.

    ``mean_weight`` is the variance within groups over that between them (empirical Bayes, method
    of moments): where users are alike, a new user is believed to be like them for longer.
    """

    mean: float
    var: float
    mean_weight: float

    @classmethod
    def fit(cls, logs: Floats, bounds: Ints) -> Self:
        """Learn from log amounts that are grouped: group g's are logs[bounds[g]:bounds[g + 1]]."""
        n = np.diff(bounds).astype(float)
        means = np.add.reduceat(logs, bounds[:-1]) / n
        squares = np.add.reduceat((logs - np.repeat(means, np.diff(bounds))) ** 2, bounds[:-1])
        freedom = float((n - 1).sum())
        overall = float(logs.var())
        var = float(squares.sum()) / freedom if freedom else overall
        var = max(var, 1e-4)  # a file of equal amounts still leaves room for a first other one
        between = max(float(means.var()) - var * float((1 / n).mean()), var / MEAN_WEIGHT_RANGE[1])
        weight = float(np.clip(var / between, *MEAN_WEIGHT_RANGE))
        return cls(float(means.mean()), var, weight)


class Population(msgspec.Struct, frozen=True):
    """The population's habits: the prior of every user's own. Plain data, part of the model."""

    amounts: Spread
    counterparties: Spread
    amount_mean: float
    rate_micros: float
    """Exposure, in microseconds, behind the one payment that the prior rate is worth."""
    hours: tuple[float, ...]
    weekdays: tuple[float, ...]
    types: dict[str, float]

    @classmethod
    def fit(cls, transactions: pl.DataFrame, timezone: str = "UTC") -> Self:
        """Learn from accepted transactions. The rows' order does not count, to the last bit."""
        in_time = time_order(transactions)
        users = Grouping.by(transactions["user_id"], in_time)
        amounts = transactions["amount"].to_numpy()
        logs = np.log(np.maximum(amounts, 0.01))
        spread = Spread.fit(logs[users.order], users.bounds)
        local = transactions["timestamp"].dt.convert_time_zone(timezone)
        return cls(
            amounts=spread,
            counterparties=_counterparties(transactions, in_time, logs, spread),
            amount_mean=max(float(np.median(amounts)), 0.01),
            rate_micros=_rate(transactions["timestamp"].to_physical().to_numpy(), users),
            hours=_shares(local.dt.hour().to_numpy(), 24),
            weekdays=_shares(local.dt.weekday().to_numpy() - 1, 7),
            types=_types(transactions),
        )

    def prior(self) -> Prior:
        """Return what the kernels take."""
        return Prior(
            self.amounts.mean, self.amounts.var, self.amounts.mean_weight, VAR_WEIGHT,
            1.0, self.rate_micros, self.amount_mean, AMOUNT_WEIGHT,
            np.array(self.hours), np.array(self.weekdays),
        )  # fmt: skip

    def counterparty_prior(self) -> CounterpartyPrior:
        """Return what the kernels take for counterparties."""
        spread = self.counterparties
        return CounterpartyPrior(spread.mean, spread.var, spread.mean_weight, VAR_WEIGHT)


def _counterparties(
    transactions: pl.DataFrame, in_time: Ints, logs: Floats, users: Spread
) -> Spread:
    if "counterparty_id" not in transactions.columns:
        return users
    grouping = Grouping.by(transactions["counterparty_id"], in_time)
    if not len(grouping.ids):
        return users
    return Spread.fit(logs[grouping.order[: grouping.bounds[-1]]], grouping.bounds)


def _rate(times: Ints, users: Grouping) -> float:
    """Return the median user's time between payments; a day where nobody pays twice."""
    first = times[users.order[users.bounds[:-1]]]
    last = times[users.order[users.bounds[1:] - 1]]
    gaps = np.diff(users.bounds) - 1
    paced = (gaps > 0) & (last > first)
    if not paced.any():
        return float(DAY)
    return float(np.median((last - first)[paced] / gaps[paced]))


def _shares(values: Ints, n: int) -> tuple[float, ...]:
    counts = np.bincount(values, minlength=n) + 1.0
    return tuple((counts / counts.sum()).tolist())


def _types(transactions: pl.DataFrame) -> dict[str, float]:
    if "transaction_type" not in transactions.columns:
        return {}
    counts = transactions["transaction_type"].value_counts().sort("transaction_type")
    total = len(transactions) + counts.height
    return {name: (count + 1) / total for name, count in counts.iter_rows()}
