"""What the population says of who has little past, learned in Polars: the features' constants.

The definitions are those of `outlay.features.population`.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

DAY = 86_400_000_000
LEAST_WEIGHT, MOST_WEIGHT = 0.2, 20.0
HABIT = 10.0
"""Payments that an even day, or all types' day, is worth beside the counted hours."""


@dataclass(frozen=True)
class Spread:
    """The log amounts' usual level and variance, and how many payments that level is worth."""

    mean: float
    var: float
    weight: float

    @classmethod
    def of(cls, groups, overall):
        """Learn from groups' counts ``n``, means ``mean`` and variances ``var`` of log amounts."""
        n, means = groups["n"].to_numpy(), groups["mean"].to_numpy()
        squares = (groups["var"].fill_null(0) * (groups["n"] - 1)).sum()
        freedom = n.sum() - n.size
        var = max(squares / freedom if freedom else overall, 1e-4)
        between = max(means.var() - var * (1 / n).mean(), var / MOST_WEIGHT)
        return cls(means.mean(), var, float(np.clip(var / between, LEAST_WEIGHT, MOST_WEIGHT)))


@dataclass(frozen=True)
class Prior:
    """The population's habits; of types, place by place, the last that of an unknown one."""

    users: Spread
    counterparties: Spread
    amount: float
    pace: float
    """Microseconds between the median user's payments."""
    weekdays: np.ndarray
    types: list[Spread]
    shares: np.ndarray
    hours: np.ndarray
    """A row a type."""


def learn(rows, n_types):
    """Learn from ``rows``: ``user``, ``counterparty``, ``kind``, ``at``, ``amount``, ``amount_log``, hour, weekday."""
    overall = rows["amount_log"].var(ddof=0)
    users = _moments(
        rows, "user", pl.col("at").min().alias("first"), pl.col("at").max().alias("last")
    )
    shops = _moments(rows.filter(pl.col("counterparty").is_not_null()), "counterparty")
    spread = Spread.of(users, overall)
    return Prior(
        users=spread,
        counterparties=Spread.of(shops, overall) if len(shops) else spread,
        amount=max(rows["amount"].median(), 0.01),
        pace=_pace(users),
        weekdays=_shares(_counts(rows["weekday"], 7), np.full(7, 1 / 7)),
        types=[*_types(rows, n_types), spread],
        **_hours(rows, n_types),
    )  # fmt: skip


def _moments(rows, by, *more):
    """Return count, mean and variance of the log amounts a group."""
    log = pl.col("amount_log")
    moments = pl.len().cast(pl.Int64).alias("n"), log.mean().alias("mean"), log.var().alias("var")
    return rows.group_by(by).agg(*moments, *more)


def _pace(users):
    """Return the median user's time between payments; a day where nobody pays twice."""
    span, gaps = pl.col("last") - pl.col("first"), pl.col("n") - 1
    paces = users.filter(gaps > 0, span > 0).select(span / gaps).to_series()
    return paces.median() if len(paces) else float(DAY)


def _types(rows, n_types):
    """Return each type's spread over the users who make it."""
    groups = _moments(rows, ["user", "kind"]).partition_by("kind", as_dict=True)
    overall = dict(rows.group_by("kind").agg(pl.col("amount_log").var(ddof=0)).iter_rows())
    return [Spread.of(groups[kind,], overall[kind]) for kind in range(n_types)]


def _hours(rows, n_types):
    """Return each type's share of all payments, and the shares of its hours."""
    places = rows.select(
        24 * pl.col("kind").cast(pl.UInt32) + pl.col("hour").cast(pl.UInt32)
    ).to_series()
    counts = _counts(places, 24 * (n_types + 1)).reshape(-1, 24)
    usual = _shares(counts.sum(axis=0), np.full(24, 1 / 24))
    known = [_shares(counts[kind], usual) for kind in range(n_types)]
    shares = counts.sum(axis=1) / len(rows)
    shares[-1] = 1 / (len(rows) + 1)
    return {"shares": shares, "hours": np.array([*known, usual])}


def _counts(places, n):
    return np.bincount(places.to_numpy(), minlength=n)


def _shares(counts, prior):
    smooth = counts + HABIT * prior
    return smooth / smooth.sum()
