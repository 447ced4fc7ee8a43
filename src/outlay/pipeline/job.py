"""The whole job in memory: accepted transactions to a model and a scored table."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from outlay.features import Arrangement
from outlay.pipeline.judge import Judged, answered, featured, judge
from outlay.pipeline.model import Model
from outlay.pipeline.progress import Progress, Quiet
from outlay.pipeline.scored import scored_table
from outlay.pipeline.settings import Config
from outlay.pipeline.stream.merging import scored_rows
from outlay.pipeline.threshold import met_by
from outlay.pipeline.train import train
from outlay.schema.intake import Accepted
from outlay.schema.table import Columns
from outlay.schema.words import spelled


@dataclass(frozen=True, slots=True)
class Job:
    """What came of one input.

    Parameters
    ----------
    accepted
        The input, every row accounted for.
    model
        The model, its users' states and its alert books after the input.
    scored
        The scored table, in the order of the input.
    promised
        The share of the transactions that was to become alerts.
    threshold_risk
        The risk from which on a transaction was inside the budget (the lowest of any).
    """

    accepted: Accepted
    model: Model
    scored: pl.DataFrame
    promised: float
    threshold_risk: float


def learn_and_judge(accepted: Accepted, config: Config, progress: Progress | None = None) -> Job:
    """Train on the transactions and judge the same ones."""
    say = progress or Quiet()
    arranged = Arrangement.of(accepted.transactions)
    say.stage(f"Learning the habits of {len(arranged.users.ids):,} users")
    model, table, answers = train(accepted.transactions, config, accepted.currency, arranged)
    say.stage(f"Judging {len(table):,} transactions")
    found = answered(model, Columns.of(table), answers)
    held = np.full(table.height, met_by(model, [found.share], table.height))
    judged = Judged(spelled(scored_rows(model, table, found, held)), held, model.pasts, model.books)
    return _job(accepted, model, judged)


def judge_with(accepted: Accepted, model: Model, progress: Progress | None = None) -> Job:
    """Judge transactions with a trained model, from where its users stand; move them on."""
    say = progress or Quiet()
    say.stage(f"Judging {len(accepted.transactions):,} transactions")
    table, after = featured(accepted.transactions, model.population, model.config, model.pasts)
    judged = judge(model, table, after, answered(model, Columns.of(table)))
    return _job(accepted, model.moved(judged.pasts, judged.books), judged)


def _job(accepted: Accepted, model: Model, judged: Judged) -> Job:
    budget = model.config.alerts.budget()
    return Job(
        accepted=accepted,
        model=model,
        scored=scored_table(accepted, judged, model.config.output),
        promised=budget.share(model.books.rows_per_day),
        threshold_risk=100.0 * (1.0 - float(np.max(judged.alert_share))),
    )
