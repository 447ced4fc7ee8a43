"""Features and detectors to one decision a transaction."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from outlay.decision import Books, allot, as_risk, verdict
from outlay.detectors.base import Detector
from outlay.features import Arrangement, Pasts, Population, compute
from outlay.features.arrange import time_order
from outlay.features.profiles import with_full_history
from outlay.pipeline.model import Model
from outlay.pipeline.reasons import reasons
from outlay.pipeline.settings import Config
from outlay.schema.columns import DECISION

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Judged:
    """Transactions with features and decisions, rows as they came; and what moved on."""

    table: pl.DataFrame
    alert_share: Floats
    pasts: Pasts
    books: Books


def featured(
    transactions: pl.DataFrame,
    population: Population,
    config: Config,
    pasts: Pasts | None = None,
    arranged: Arrangement | None = None,
) -> tuple[pl.DataFrame, Pasts]:
    """Return transactions with their features beside them, and the pasts after them."""
    features, after = compute(
        transactions, population, pasts, timezone=config.input.timezone, arranged=arranged
    )
    kept = [name for name in transactions.columns if name not in {*features.columns, *DECISION}]
    table = transactions.select(kept).hstack(features)
    if config.history == "full":
        table = with_full_history(table, config.policy.min_history)
    return table, after


def details(table: pl.DataFrame, detectors: Mapping[str, Detector]) -> pl.DataFrame:
    """Return the detectors' columns side by side."""
    with ThreadPoolExecutor(len(detectors)) as pool:  # they compute outside the interpreter's lock
        parts: list[pl.DataFrame] = list(
            pool.map(lambda detector: detector.detail(table), detectors.values())
        )
    return pl.concat(parts, how="horizontal")


def witnesses(table: pl.DataFrame, detail: pl.DataFrame) -> dict[str, Floats]:
    """Return what speaks of a transaction's risk, each (n,), high = anomalous."""
    return {
        "isolation_forest": detail["anomaly_score"].to_numpy(),
        "fuzzy": detail["fuzzy_risk_score"].to_numpy(),
        "rules": detail["rule_confidence"].to_numpy(),
        "amount_oddity": table["amount_oddity"].to_numpy(),
        "amount_log": table["amount_log"].to_numpy(),
    }


def judge(
    model: Model, table: pl.DataFrame, after: Pasts, detail: pl.DataFrame, *, frozen: bool = False
) -> Judged:
    """Decide every transaction of a table that has its features.

    Parameters
    ----------
    model
        The trained model, whose books say what is owed.
    table, after
        As `featured` returned them.
    detail
        As `details` returned it.
    frozen
        Hold every transaction to the same threshold: right for the transactions that the model was trained
        on, among which the budget is met by definition.
    """
    shares = model.risk.share(witnesses(table, detail))
    in_budget, alert_share, books = _budgeted(model, table, shares, frozen=frozen)
    columns = table.select("prior_count").with_columns(
        tail_share=shares, alert_share=alert_share, in_budget=in_budget, risk=as_risk(shares)
    )
    decided = verdict(
        columns.hstack(detail),
        forest_threshold=model.forest_threshold,
        policy=model.config.policy,
    )
    whole = table.hstack(detail).hstack(columns.select("risk")).hstack(decided)
    whole = whole.with_columns(reasons=reasons(model, whole))
    return Judged(whole.select(pl.exclude(DECISION), *DECISION), alert_share, after, books)


def _budgeted(
    model: Model, table: pl.DataFrame, shares: Floats, *, frozen: bool
) -> tuple[Bools, Floats, Books]:
    budget = model.config.alerts.budget()
    if frozen:
        threshold = budget.share(model.books.rows_per_day)
        return shares <= threshold, np.full(shares.size, threshold), model.books
    times = table["timestamp"].to_physical().to_numpy()
    return allot(shares, times, time_order(table), budget, model.books)
