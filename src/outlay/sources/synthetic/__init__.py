"""A wallet's transactions with habits, labelled anomalies and harmless change.

Users differ in income, activity, rhythm and favourite merchants. Some get a raise, go on holiday,
move house, buy a phone (`note`); some are robbed (`is_fraud`, `fraud_scenario`). The frauds overlap
with honest behaviour on purpose: a detector that finds them all has seen the labels.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from outlay.errors import ConfigError
from outlay.sources.synthetic.campaigns import Campaigns, campaign_rows, plan, silenced
from outlay.sources.synthetic.codes import COMPACT, DAY, SCENARIOS, Rows, concat, keep
from outlay.sources.synthetic.habits import everyday
from outlay.sources.synthetic.outings import PAYMENTS_AN_OUTING
from outlay.sources.synthetic.people import People, make_people
from outlay.sources.synthetic.standing import refunds, standing
from outlay.sources.synthetic.table import table
from outlay.sources.synthetic.world import World, make_world
from outlay.sources.synthetic.write import write_slices

__all__ = ["SCENARIOS", "synthesise", "write_synthetic"]
BLOCK: Final = 5_000
"""Users made at a time; part of what a seed stands for, so never to be changed lightly."""

SLICE: Final = 500_000
"""Rows turned into words at a time when writing."""

FRAUD_SHARE: Final = 0.007
START: Final = datetime(2025, 1, 6)  # noqa: DTZ001 - a Monday, local time by intent


def synthesise(  # noqa: PLR0913 - each is a choice of the caller's
    users: int = 400,
    days: int = 120,
    seed: int = 7,
    *,
    fraud_share: float = FRAUD_SHARE,
    limit: float = 10_000.0,
    currency: str = "EUR",
    start: datetime = START,
    untidy: bool = False,
) -> pl.DataFrame:
    """Return the transactions of a made-up wallet, earliest first; the same seed, the same table.

    Parameters
    ----------
    users, days, seed
        How many people, for how long, and which throw of the dice.
    fraud_share
        About which share of the rows is fraud; 0 for none.
    limit
        The reporting limit that structuring stays below (a tenth of it for people of small means).
    currency
        What the amounts are said to be in.
    start
        The first day, local time; a Monday keeps weekdays in step with the calendar.
    untidy
        Write one type in several ways, as exports do.

    Examples
    --------
    >>> payments = synthesise(users=20, days=40, seed=1)
    >>> payments.columns[:4]
    ['transaction_id', 'user_id', 'timestamp', 'amount']
    >>> payments.equals(synthesise(users=20, days=40, seed=1))
    True
    """
    rows = _made(users, days, seed, fraud_share, limit)
    return table(rows, 0, start, currency, untidy=untidy)


def write_synthetic(  # noqa: PLR0913 - the same choices
    path: str | Path,
    users: int = 400,
    days: int = 120,
    seed: int = 7,
    *,
    fraud_share: float = FRAUD_SHARE,
    limit: float = 10_000.0,
    currency: str = "EUR",
    start: datetime = START,
    untidy: bool = False,
) -> int:
    """Write what `synthesise` returns to a CSV or Parquet file, slice by slice; return the rows.

    The file appears under its name only when it is whole.
    """
    path = Path(path)
    if path.suffix not in (".csv", ".parquet"):
        raise ConfigError(
            f"{path.name!r} is neither a .csv nor a .parquet file.\n\n"
            "Hint: the ending says how to write, for example payments.csv."
        )
    rows = _made(users, days, seed, fraud_share, limit)
    n = len(rows["user"])

    def slices() -> Iterator[pl.DataFrame]:
        for first in range(0, max(n, 1), SLICE):
            part = {name: column[first : first + SLICE] for name, column in rows.items()}
            yield table(part, first, start, currency, untidy=untidy)

    write_slices(slices(), path)
    return n


def _made(users: int, days: int, seed: int, fraud_share: float, limit: float) -> Rows:
    """Make every user's payments as integers, block by block, and sort them by time."""
    _check(users, days, fraud_share, limit)
    rng = np.random.default_rng([seed, 0])
    world = make_world(rng, users, days, limit)
    people = make_people(rng, users, days, world.merchants)
    expected = float(people.outings_a_day.sum() * PAYMENTS_AN_OUTING * days + users * days * 0.13)
    campaigns = plan(rng, people, days, expected, fraud_share)
    blocks = [
        _block(np.random.default_rng([seed, 1, first]), people, campaigns, world, first)
        for first in range(0, users, BLOCK)
    ]
    rows = concat(blocks)
    order = np.argsort(rows["time"], kind="stable")
    return {name: column[order] for name, column in rows.items()}


def _check(users: int, days: int, fraud_share: float, limit: float) -> None:
    for name, value, low, high in (
        ("users", users, 1, 10_000_000),
        ("days", days, 7, 3_660),
        ("fraud_share", fraud_share, 0, 0.2),
        ("limit", limit, 100, 1e9),
    ):
        if not low <= value <= high:
            raise ConfigError(
                f"{name} is {value}, outside {low:,} to {high:,}.\n\n"
                "Hint: choose a value between these two."
            )


def _block(
    rng: np.random.Generator, everyone: People, all_campaigns: Campaigns, world: World, first: int
) -> Rows:
    """Make the payments of the users from ``first`` on, one block of them."""
    people = everyone.block(first, first + BLOCK)
    campaigns = all_campaigns.block(first, first + BLOCK)
    habits = everyday(rng, people, world)
    honest = concat([habits, refunds(rng, habits), *standing(rng, people, world.days)])
    honest = keep(honest, ~silenced(honest, campaigns))
    rows = concat([honest, *campaign_rows(rng, people, campaigns, world)])
    rows = keep(rows, (rows["time"] >= 0) & (rows["time"] < world.days * DAY))
    rows["user"] = rows["user"] + first
    return {name: rows[name].astype(dtype) for name, dtype in COMPACT.items()}
