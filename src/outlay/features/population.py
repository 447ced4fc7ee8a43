"""What the population says of a user (or a counterparty) who has little past of their own."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, Self

import msgspec
import numpy as np
import polars as pl

from outlay.features._kernels import DAY, HABIT, PRIOR, Floats, Ints, Prior, Smalls
from outlay.features._reading import Codes, add_squares, add_up, coded
from outlay.features.arrange import Arrangement, Grouping
from outlay.features.clock import Clock
from outlay.features.texts import Coded

VAR_WEIGHT = 5.0
"""Payments that the population's spread is worth beside the user's own."""
AMOUNT_WEIGHT = 5.0
MOST_TYPES = 500
"""Types with habits of their own; a column with more holds something else than types."""
_EVEN_DAY: Final = np.full(24, 1 / 24)
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
    def fit(cls, codes: Codes, logs: Floats, groups: int) -> Self:
        """Learn from log amounts of groups: ``codes`` says of which each is, and none is empty.

        They stand in an order that is not the file's, for sums depend on it in the last bit.
        """
        n, totals, squares = np.zeros(groups), np.zeros(groups), np.zeros(groups)
        add_up(codes, logs, n, totals)
        means = totals / n
        add_squares(codes, logs, means, squares)
        return cls.of_groups(n, means, squares, float(logs.var()))

    @classmethod
    def of_groups(cls, n: Floats, means: Floats, squares: Floats, overall: float) -> Self:
        """Learn from groups' counts, means and sums of squares, and the variance of all."""
        freedom = float((n - 1).sum())
        var = float(squares.sum()) / freedom if freedom else overall
        var = max(var, 1e-4)  # a file of equal amounts still leaves room for a first other one
        between = max(float(means.var()) - var * float((1 / n).mean()), var / MEAN_WEIGHT_RANGE[1])
        weight = float(np.clip(var / between, *MEAN_WEIGHT_RANGE))
        return cls(float(means.mean()), var, weight)

    def moments(self) -> tuple[float, float, float, float]:
        """Return level and spread, and how many payments each of the two is worth."""
        return self.mean, self.var, self.mean_weight, VAR_WEIGHT


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
        owners = np.repeat(np.arange(len(users.ids), dtype=np.int32), np.diff(users.bounds))
        times = transactions["timestamp"].to_physical().to_numpy()
        with ThreadPoolExecutor(1) as aside:
            others = aside.submit(_counterparties, arranged, logs)
            middle = aside.submit(lambda: max(float(np.median(amounts)), 0.01))
            hours, weekdays = Clock(timezone).many(times)
            usual = _shares(_counts(hours, 24), _EVEN_DAY)
            spread = Spread.fit(owners, logs[users.order], len(users.ids))
            types = _types(transactions, users, owners, logs, hours, usual)
        return cls(
            amounts=spread,
            counterparties=others.result() or spread,
            amount_mean=middle.result(),
            rate_micros=_rate(times, users),
            weekdays=_shares(_counts(weekdays, 7), np.full(7, 1 / 7)),
            types=types,
            any_type=Habit(1.0 / (len(transactions) + 1), spread, usual),
        )

    def prior(self) -> Prior:
        """Return what the kernels take."""
        habits = [*self.types.values(), self.any_type]
        usual = (
            1.0, self.rate_micros, self.amount_mean, AMOUNT_WEIGHT, self.weekdays
        )  # fmt: skip
        return Prior(
            np.array([(*self.amounts.moments(), *usual)], PRIOR),
            np.array([(one.share, *one.amounts.moments()[:3], one.hours) for one in habits], HABIT),
            np.array([(*self.counterparties.moments(), *usual)], PRIOR),
        )


def _counterparties(arranged: Arrangement, logs: Floats) -> Spread | None:
    """Return what is usual for counterparties, if there are any."""
    others = arranged.counterparties
    if others is None or not len(others.values):
        return None
    codes = others.codes[arranged.in_time]
    return Spread.fit(codes[codes >= 0], logs[arranged.in_time][codes >= 0], len(others.values))


def _rate(times: Ints, users: Grouping) -> float:
    """Return the median user's time between payments; a day where nobody pays twice."""
    first = times[users.order[users.bounds[:-1]]]
    last = times[users.order[users.bounds[1:] - 1]]
    gaps = np.diff(users.bounds) - 1
    paced = (gaps > 0) & (last > first)
    if not paced.any():
        return float(DAY)
    return float(np.median((last - first)[paced] / gaps[paced]))


def _counts(values: Smalls, places: int) -> Ints:
    return np.bincount(values, minlength=places)


def _shares(counts: Ints, prior: Floats) -> tuple[float, ...]:
    """Return the share of each place, with ``prior`` (shares) as ten more observations."""
    smooth = counts + 10.0 * prior
    return tuple((smooth / smooth.sum()).tolist())


def _types(  # noqa: PLR0913, PLR0917 - the columns, and what is known of all types
    transactions: pl.DataFrame,
    users: Grouping,
    owners: Codes,
    logs: Floats,
    hours: Smalls,
    usual: tuple[float, ...],
) -> dict[str, Habit]:
    """Return each type's habit: users' amounts of this type, and when it is made."""
    if "transaction_type" not in transactions.columns:
        return {}
    told = Coded.of(transactions["transaction_type"]).in_order()
    names = told.values.to_list()[:MOST_TYPES]
    kinds = told.codes[users.order]
    known = (kinds >= 0) & (kinds < len(names))
    rows = users.order[known]
    groups = _Groups.of(owners[known], kinds[known], logs[rows])
    places = 24 * kinds[known].astype(np.int64) + hours[rows]
    by_hour = np.bincount(places, minlength=24 * len(names)).reshape(-1, 24)
    habits = {}
    for kind, name in enumerate(names):
        spread = groups.spread(kind, logs[rows[kinds[known] == kind]])
        share = int(by_hour[kind].sum()) / len(transactions)
        habits[name] = Habit(share, spread, _shares(by_hour[kind], np.array(usual)))
    return habits


@dataclass(frozen=True, slots=True)
class _Groups:
    """The log amounts of each user's payments of each type: how many, their mean and squares."""

    kinds: Codes
    n: Floats
    means: Floats
    squares: Floats

    @classmethod
    def of(cls, owners: Codes, kinds: Codes, logs: Floats) -> Self:
        codes = np.zeros(owners.size, np.int32)
        firsts = coded(np.stack([owners, kinds], axis=1).astype(np.uint64), codes)
        n, totals, squares = (np.zeros(firsts.size) for _ in range(3))
        add_up(codes, logs, n, totals)
        means = totals / n
        add_squares(codes, logs, means, squares)
        return cls(kinds[firsts], n, means, squares)

    def spread(self, kind: int, logs: Floats) -> Spread:
        """Return what is usual for one type, whose log amounts are these."""
        mine = self.kinds == kind
        return Spread.of_groups(
            self.n[mine], self.means[mine], self.squares[mine], float(logs.var())
        )
