"""What the population says of a user (or a counterparty) who has little past of their own."""

from typing import Self

import msgspec
import numpy as np
import polars as pl

from outlay.features._kernels import DAY, CounterpartyPrior, Floats, Ints, Prior
from outlay.features.arrange import Arrangement, Grouping, kinds

VAR_WEIGHT = 5.0
"""Payments that the population's spread is worth beside the user's own."""
AMOUNT_WEIGHT = 5.0
MOST_TYPES = 500
"""Types with habits of their own; a column with more holds something else than types."""
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


class Habit(msgspec.Struct, frozen=True):
    """What is usual for one type of transaction."""

    share: float
    amounts: Spread
    hours: tuple[float, ...]


class Population(msgspec.Struct, frozen=True):
    """The population's habits: the prior of every user's own. Plain data, part of the model."""

    amounts: Spread
    counterparties: Spread
    amount_mean: float
    rate_micros: float
    """Exposure, in microseconds, behind the one payment that the prior rate is worth."""
    weekdays: tuple[float, ...]
    types: dict[str, Habit]
    any_type: Habit
    """What stands for a type that the population has not seen."""

    @classmethod
    def fit(
        cls,
        transactions: pl.DataFrame,
        timezone: str = "UTC",
        arranged: Arrangement | None = None,
    ) -> Self:
        """Learn from accepted transactions. The rows' order does not count, to the last bit."""
        arranged = arranged or Arrangement.of(transactions)
        users = arranged.users
        amounts = transactions["amount"].to_numpy()
        logs = np.log(np.maximum(amounts, 0.01))
        spread = Spread.fit(logs[users.order], users.bounds)
        local = transactions["timestamp"].dt.convert_time_zone(timezone)
        hours = local.dt.hour().to_numpy()
        rare = Habit(1.0 / (len(transactions) + 1), spread, _shares(hours, np.full(24, 1 / 24)))
        return cls(
            amounts=spread,
            counterparties=_counterparties(arranged.counterparties, logs, spread),
            amount_mean=max(float(np.median(amounts)), 0.01),
            rate_micros=_rate(transactions["timestamp"].to_physical().to_numpy(), users),
            weekdays=_shares(local.dt.weekday().to_numpy() - 1, np.full(7, 1 / 7)),
            types=_types(transactions, users, logs, hours, rare),
            any_type=rare,
        )

    def prior(self) -> Prior:
        """Return what the kernels take."""
        habits = [*self.types.values(), self.any_type]
        return Prior(
            self.amounts.mean, self.amounts.var, self.amounts.mean_weight, VAR_WEIGHT,
            1.0, self.rate_micros, self.amount_mean, AMOUNT_WEIGHT,
            np.array(self.weekdays),
            np.array([habit.share for habit in habits]),
            np.array([habit.amounts.mean for habit in habits]),
            np.array([habit.amounts.var for habit in habits]),
            np.array([habit.amounts.mean_weight for habit in habits]),
            np.array([habit.hours for habit in habits]),
        )  # fmt: skip

    def counterparty_prior(self) -> CounterpartyPrior:
        """Return what the kernels take for counterparties."""
        spread = self.counterparties
        return CounterpartyPrior(spread.mean, spread.var, spread.mean_weight, VAR_WEIGHT)


def _counterparties(grouping: Grouping | None, logs: Floats, users: Spread) -> Spread:
    if grouping is None or not len(grouping.ids):
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


def _shares(values: Ints, prior: Floats) -> tuple[float, ...]:
    """Return the share of each place, with ``prior`` (shares) as ten more observations."""
    counts = np.bincount(values, minlength=prior.size) + 10.0 * prior
    return tuple((counts / counts.sum()).tolist())


def _types(
    transactions: pl.DataFrame, users: Grouping, logs: Floats, hours: Ints, rare: Habit
) -> dict[str, Habit]:
    """Return each type's habit: users' amounts of this type, and when it is made."""
    if "transaction_type" not in transactions.columns:
        return {}
    names = transactions["transaction_type"].unique().sort().to_list()[:MOST_TYPES]
    places = kinds(transactions, names)[users.order]
    owners = np.repeat(np.arange(len(users.ids)), np.diff(users.bounds))
    habits = {}
    for place, name in enumerate(names):
        mine = users.order[places == place]
        starts = np.flatnonzero(np.diff(owners[places == place], prepend=-1))
        bounds = np.concatenate([starts, [mine.size]])
        habits[name] = Habit(
            mine.size / len(transactions),
            Spread.fit(logs[mine], bounds),
            _shares(hours[mine], np.array(rare.hours)),
        )
    return habits
