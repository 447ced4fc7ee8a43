"""Accepted transactions to a model."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from outlay.decision import Books, Risk
from outlay.decision.risk import tails_of
from outlay.detectors.base import Detector, load_detector
from outlay.features import Arrangement, Pasts, Population
from outlay.pipeline.ask import Answers, ask, witnesses
from outlay.pipeline.draw import buckets, counted, drawn
from outlay.pipeline.judge import featured
from outlay.pipeline.model import Model
from outlay.pipeline.settings import DETECTORS, Config
from outlay.schema.table import Columns
from outlay.schema.tail import Tail


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of all transactions, be they learned from or not."""

    rows: int
    users: int
    first: datetime
    last: datetime

    @classmethod
    def of(cls, transactions: pl.DataFrame, users: int) -> "Seen":
        """Look at accepted transactions of so many users."""
        times = transactions["timestamp"]
        return cls(len(transactions), users, times.min(), times.max())  # type: ignore[arg-type]

    def rows_per_day(self, timezone: str) -> float:
        """Return how many there are a day, days counted in the zone."""
        zone = ZoneInfo(timezone)
        days = self.last.astimezone(zone).date() - self.first.astimezone(zone).date()
        return self.rows / (days.days + 1)


def train(
    transactions: pl.DataFrame,
    config: Config,
    currency: str | None = None,
    arranged: Arrangement | None = None,
) -> tuple[Model, pl.DataFrame, Answers]:
    """Return the model, and the transactions' features and what the detectors say of them.

    The rows' order does not count. No label is looked at. Of more than ``train.max_rows`` rows
    those of some users are learned from, drawn as `outlay.pipeline.draw` says.

    Parameters
    ----------
    transactions
        As the schema accepts them.
    config
        The settings.
    currency
        What amounts are counted in.
    arranged
        The transactions' arrangement, where it is known already.
    """
    sample = _sample(transactions, config.train.max_rows)
    arranged = arranged or Arrangement.of(transactions)
    population = _population(transactions, config, sample, arranged)
    table, pasts = featured(transactions, population, config, arranged=arranged)
    learning = table if sample is None else table.filter(sample)
    seen = Seen.of(transactions, len(arranged.users.ids))
    model, answers = learn(learning, population, config, currency, seen)
    if sample is not None:
        answers = ask(model.detectors, Columns.of(table))
    return replace(model, pasts=pasts), table, answers


def _sample(transactions: pl.DataFrame, most: int) -> pl.Series | None:
    """Return which rows are learned from; nothing if all are."""
    if len(transactions) <= most:
        return None
    places = buckets(transactions["user_id"])
    return pl.Series(places < drawn(counted(places), most))


def _population(
    transactions: pl.DataFrame, config: Config, sample: pl.Series | None, arranged: Arrangement
) -> Population:
    if sample is None:
        return Population.fit(transactions, config.input.timezone, arranged)
    return Population.fit(transactions.filter(sample), config.input.timezone)


def learn(
    table: pl.DataFrame, population: Population, config: Config, currency: str | None, seen: Seen
) -> tuple[Model, Answers]:
    """Return the model without users' states, and what the detectors say.

    Parameters
    ----------
    table
        The transactions to learn from, with their features.
    population
        The prior that the features were made with.
    config, currency
        The settings, and what amounts are counted in.
    seen
        What is known of all transactions.
    """
    columns = Columns.of(table)
    detectors, answers, tails = _fitted(table, columns, config, currency)
    with ThreadPoolExecutor(1) as aside:
        figures = aside.submit(_figures, seen, len(table), answers)
        risk = Risk.fit(witnesses(columns, answers), tails)
    model = Model(
        config=config,
        population=population,
        detectors=detectors,
        risk=risk,
        currency=currency,
        training=figures.result(),
        pasts=Pasts(),
        books=Books(rows_per_day=seen.rows_per_day(config.input.timezone)),
    )
    return model, answers


def _fitted(
    table: pl.DataFrame, columns: Columns, config: Config, currency: str | None
) -> tuple[dict[str, Detector], Answers, dict[str, Tail]]:
    """Train and ask the detectors side by side: none needs another.

    The longest has this thread, so that the others' helps it when they are done. Of all witnesses
    but that one the tails in training are found meanwhile.
    """
    made = made_detectors(config, currency)
    longest = "isolation_forest"

    def asked(name: str) -> Answers:
        made[name].fit(table)
        return ask({name: made[name]}, columns)

    def the_others() -> tuple[Answers, dict[str, Tail]]:
        answers = Answers.together([asked(name) for name in made if name != longest])
        return answers, tails_of(witnesses(columns, answers))

    with ThreadPoolExecutor(1) as aside:
        others = aside.submit(the_others)
        own = asked(longest)
        answers, tails = others.result()
    return made, Answers.together([own, answers]), tails


def made_detectors(config: Config, currency: str | None) -> dict[str, Detector]:
    """Return the detectors that the settings name, not trained yet."""
    names = (*DETECTORS, *sorted({*config.detectors} - {*DETECTORS}))
    return {name: _made(name, config, currency) for name in names}


def _made(name: str, config: Config, currency: str | None) -> Detector:
    kind: Any = load_detector(name)
    if name == "rules":
        return kind(  # type: ignore[no-any-return]
            pack=config.rules.pack,
            parameters=config.rules.parameters,
            currency=currency,
            history=config.history,
        )
    if name == "fuzzy":
        return kind(rules=config.fuzzy.rules)  # type: ignore[no-any-return]
    if name != "isolation_forest":
        return kind()  # type: ignore[no-any-return]
    forest = config.forest
    return kind(  # type: ignore[no-any-return]
        n_trees=forest.n_trees,
        max_samples=forest.max_samples,
        contamination=forest.contamination,
        train_rows=forest.train_rows,
        seed=forest.seed,
    )


FIGURES: Final = (
    *("transactions", "users", "first", "last", "learned_from"),
    *("anomaly_score_mean", "anomaly_score_p99"),
)
"""The figures of a training, in the order in which they are told."""


def _figures(seen: Seen, learned: int, answers: Answers) -> dict[str, Any]:
    scores = answers.given["anomaly_score"]
    return {
        "transactions": seen.rows,
        "users": seen.users,
        "first": str(seen.first),
        "last": str(seen.last),
        **({"learned_from": learned} if learned < seen.rows else {}),
        "anomaly_score_mean": float(np.sort(scores).mean()),
        "anomaly_score_p99": float(np.quantile(scores, 0.99)),
    }
