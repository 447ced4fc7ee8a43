"""Accepted transactions to a model."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import numpy as np
import polars as pl

from outlay.decision import Books, Risk
from outlay.detectors.base import Detector, load_detector
from outlay.features import Arrangement, Population
from outlay.pipeline.judge import details, featured, witnesses
from outlay.pipeline.model import Model
from outlay.pipeline.settings import Config

DETECTORS: Final = ("rules", "isolation_forest", "fuzzy")


def train(
    transactions: pl.DataFrame, config: Config, currency: str | None = None
) -> tuple[Model, pl.DataFrame, pl.DataFrame]:
    """Return the model, and the transactions' features and the detectors' columns on the way.

    The rows' order does not count. No label is looked at.

    Parameters
    ----------
    transactions
        As the schema accepts them.
    config
        The settings.
    currency
        What amounts are counted in.
    """
    arranged = Arrangement.of(transactions)
    population = Population.fit(transactions, config.input.timezone, arranged)
    table, pasts = featured(transactions, population, config, arranged=arranged)
    detectors = _fitted(table, config, currency)
    detail = details(table, detectors)
    model = Model(
        config=config,
        population=population,
        detectors=detectors,
        risk=Risk.fit(witnesses(table, detail)),
        currency=currency,
        training=_figures(table, detail),
        pasts=pasts,
        books=Books(rows_per_day=_rows_per_day(transactions, config.input.timezone)),
    )
    return model, table, detail


def _fitted(table: pl.DataFrame, config: Config, currency: str | None) -> dict[str, Detector]:
    """Train the detectors side by side: none needs another."""
    with ThreadPoolExecutor(len(DETECTORS)) as pool:
        made = [_made(name, config, currency) for name in DETECTORS]
        return dict(zip(DETECTORS, pool.map(lambda one: one.fit(table), made), strict=True))


def _made(name: str, config: Config, currency: str | None) -> Detector:
    kind: Any = load_detector(name)
    if name == "rules":
        return kind(pack=config.rules.pack, currency=currency, history=config.history)  # type: ignore[no-any-return]
    if name == "fuzzy":
        return kind(rules=config.fuzzy.rules)  # type: ignore[no-any-return]
    forest = config.forest
    return kind(  # type: ignore[no-any-return]
        n_trees=forest.n_trees,
        max_samples=forest.max_samples,
        contamination=forest.contamination,
        train_rows=forest.train_rows,
        seed=forest.seed,
    )


def _figures(table: pl.DataFrame, detail: pl.DataFrame) -> dict[str, Any]:
    scores = detail["anomaly_score"].to_numpy()
    first, last = table["timestamp"].min(), table["timestamp"].max()
    return {
        "transactions": len(table),
        "users": table["user_id"].n_unique(),
        "first": str(first),
        "last": str(last),
        "anomaly_score_mean": float(np.sort(scores).mean()),
        "anomaly_score_p99": float(np.quantile(scores, 0.99)),
    }


def _rows_per_day(transactions: pl.DataFrame, timezone: str) -> float:
    days = transactions["timestamp"].dt.convert_time_zone(timezone).dt.date()
    span = (days.max() - days.min()).days + 1  # type: ignore[operator, union-attr]
    return len(transactions) / span
