"""Features and detectors to one decision a transaction: the same arrays for a file and a payment.

Three steps. What the detectors say and how rare it is goes row by row (`answered`), the alert
budget goes through all rows in time (`budgeted`), and what follows is row by row again (`decided`).
So rows may be judged in parts, as long as the budget sees them all in order.
"""

from typing import Any, Final

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from outlay.decision import (
    OUTCOMES,
    SEVERITIES,
    Allotted,
    Books,
    Evidence,
    allot,
    verdict,
)
from outlay.detectors.fuzzy import CATEGORIES
from outlay.features import Arrangement, Pasts, Population, compute
from outlay.features.profiles import with_full_history
from outlay.pipeline.ask import Answers, ask, witnesses
from outlay.pipeline.model import Model
from outlay.pipeline.settings import Config
from outlay.pipeline.verdicts import Answered, Verdicts
from outlay.schema.columns import DECISION
from outlay.schema.table import Columns
from outlay.schema.words import chosen

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_FUZZY_HIGH: Final = CATEGORIES.index("high")


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


def answered(model: Model, columns: Columns, answers: Answers | None = None) -> Answered:
    """Ask the detectors, unless they did answer; rows do not see each other."""
    answers = answers or ask(model.detectors, columns)
    return Answered(answers, model.risk.share(witnesses(columns, answers)))


def budgeted(
    model: Model,
    shares: Floats,
    times: Ints,
    order: Ints | None = None,
    books: Books | None = None,
) -> Allotted:
    """Say which rows the alert budget has room for.

    Parameters
    ----------
    model
        The model.
    shares, times
        The tail shares of all rows, and when each was made, in microseconds.
    order
        The rows by time; none if they stand so.
    books
        What the transactions before left; by default as the model knows.
    """
    budget, order = model.config.alerts.budget(), np.arange(shares.size) if order is None else order
    return allot(shares, times, order, budget, books or model.books)


def held_to(model: Model, of: Answered, thresholds: Floats) -> Allotted:
    """Hold each row to a tail share that is known; nothing is owed for it."""
    return Allotted(of.share <= thresholds, thresholds, np.zeros(thresholds.size), model.books)


def decided(model: Model, columns: Columns, of: Answered, allotted: Allotted) -> Verdicts:
    """Return what follows for rows that the budget has been through."""
    given = of.answers.given
    found = verdict(
        Evidence(
            by_rule=given["rule_is_anomaly"],
            score=given["anomaly_score"],
            threshold=model.forest_threshold,
            category=given["fuzzy_risk_category"],
            worst=_FUZZY_HIGH,
            always_alert=given["rule_always_alert"],
            in_budget=allotted.in_budget,
            share=of.share,
            alert_share=allotted.alert_share,
            prior_count=columns.number("prior_count"),
        ),
        model.config.policy,
    )
    if of.answers.plugged:
        own = of.answers.flagged(model.detectors).values()
        found = msgspec.structs.replace(
            found, is_anomaly=np.logical_or.reduce([found.is_anomaly, *own])
        )
    return Verdicts(of.answers, of.share, allotted.alert_share, found)


def judge_arrays(
    model: Model, columns: Columns, times: Ints, books: Books
) -> tuple[Verdicts, Allotted]:
    """Decide rows that have their features and stand in time; see `budgeted` for the arguments."""
    found = answered(model, columns)
    allotted = budgeted(model, found.share, times, books=books)
    return decided(model, columns, found, allotted), allotted


def decision_frame(model: Model, verdicts: Verdicts) -> pl.DataFrame:
    """Return what is decided as the scored table's columns, all but the reasons.

    Its words are enumerations; see `outlay.schema.words`.
    """
    own: dict[str, Any] = msgspec.structs.asdict(verdicts.verdict)
    own["severity"] = chosen(SEVERITIES, verdicts.verdict.severity)
    own["outcome"] = chosen(OUTCOMES, verdicts.verdict.outcome)
    given = verdicts.answers.framed(model.detectors)
    return given.hstack(pl.DataFrame(own))
