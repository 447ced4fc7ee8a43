"""The model, learned from the users that were drawn."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from outlay.features import Pasts, Population
from outlay.pipeline.draw import BUCKETS, buckets, drawn
from outlay.pipeline.model import Model
from outlay.pipeline.settings import DETECTORS, Config
from outlay.pipeline.stream.counterparties import Met
from outlay.pipeline.stream.judging import features_of
from outlay.pipeline.stream.taken import Taken
from outlay.pipeline.train import FIGURES, Seen, learn
from outlay.schema.catalog import NAMES


def population_of(taken: Taken, config: Config) -> Population:
    """Learn what is usual from the users that were drawn."""
    sample = [transactions.filter(mine) for _, transactions, mine in _sample(taken, config)]
    return Population.fit(pl.concat(sample), config.input.timezone)


def learned(
    taken: Taken, met: Met, population: Population, config: Config, currency: str | None
) -> Model:
    """Learn from the users that were drawn; how many users there are is counted later."""
    found = (
        features_of(transactions, population, config, Pasts(), met.partition(place))[0].filter(mine)
        for place, transactions, mine in _sample(taken, config)
    )
    table = _joined(
        found, most=int(taken.counts[: drawn(taken.counts, config.train.max_rows)].sum())
    )
    first, last = period(taken)
    seen = Seen(taken.total, 0, first, last)
    model, _ = learn(table, population, config, currency, seen)
    return model


def _joined(tables: Iterable[pl.DataFrame], most: int) -> pl.DataFrame:
    """Return tables of ``most`` rows or fewer as one, each column in one piece.

    Features are put into their place at once: they are most of what is learned from, and joining
    them in the end would need the room twice.
    """
    features: dict[str, NDArray[np.float64]] = {}
    others: list[pl.DataFrame] = []
    rows = 0
    for table in tables:
        after = rows + table.height
        for name in NAMES:
            features.setdefault(name, np.empty(most))[rows:after] = table[name].to_numpy()
        others.append(table.drop(NAMES))
        rows = after
    joined = pl.concat(others, rechunk=True)
    return joined.with_columns(pl.Series(name, features.pop(name)[:rows]) for name in NAMES)


def with_users(model: Model, users: int) -> Model:
    """Return the model with the number of all users in its figures."""
    return replace(model, training={**model.training, "users": users})


def as_learned(model: Model) -> Model:
    """Return a model that was read with its parts in the order in which learning leaves them.

    Files hold them by name; what is told of them keeps their order.
    """
    parts = (*DETECTORS, *sorted(model.detectors.keys() - {*DETECTORS}))
    figures = sorted(model.training, key=FIGURES.index)
    return replace(
        model,
        detectors={name: model.detectors[name] for name in parts},
        training={name: model.training[name] for name in figures},
    )


def period(taken: Taken) -> tuple[datetime, datetime]:
    """Return when the first and the last transaction were made."""
    firsts = [chunk.first for chunk in taken.chunks if chunk.first is not None]
    lasts = [chunk.last for chunk in taken.chunks if chunk.last is not None]
    return min(firsts), max(lasts)


def _sample(taken: Taken, config: Config) -> Iterator[tuple[int, pl.DataFrame, pl.Series]]:
    """Yield the partitions that hold drawn users, and which of their rows are theirs."""
    cut = drawn(taken.counts, config.train.max_rows)
    partitions = taken.rows.shape[1]
    for place in range((cut - 1) * partitions // BUCKETS + 1):
        transactions = taken.partition(place)
        if transactions.height:
            yield place, transactions, pl.Series(buckets(transactions["user_id"]) < cut)
