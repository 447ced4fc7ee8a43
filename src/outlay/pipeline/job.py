"""The whole job in memory: accepted transactions to a model and a scored table."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from outlay.features import Arrangement
from outlay.features.arrange import time_order
from outlay.pipeline.judge import answered, budgeted, featured
from outlay.pipeline.model import Model
from outlay.pipeline.progress import Progress, Quiet
from outlay.pipeline.settings import Config
from outlay.pipeline.stream.merging import scored_block
from outlay.pipeline.stream.packing import some
from outlay.pipeline.threshold import met_by
from outlay.pipeline.train import train
from outlay.pipeline.verdicts import Answered
from outlay.schema.intake import Accepted
from outlay.schema.table import Columns
from outlay.schema.words import spelled

Floats = NDArray[np.float64]
Write = Callable[[pl.DataFrame], object]

_BLOCK: Final = 3 << 16
"""Transactions that are decided before others are written: two row groups."""


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


def learn_and_judge(
    accepted: Accepted,
    config: Config,
    progress: Progress | None = None,
    write: Write | None = None,
) -> Job:
    """Train on the transactions and judge the same ones; see `_job` for ``write``."""
    say = progress or Quiet()
    arranged = Arrangement.of(accepted.transactions)
    say.stage(f"Learning the habits of {len(arranged.users.ids):,} users")
    model, table, answers = train(accepted.transactions, config, accepted.currency, arranged)
    say.stage(f"Judging {len(table):,} transactions")
    found = answered(model, Columns.of(table), answers)
    held = np.full(table.height, met_by(model, [found.share], table.height))
    return _job(accepted, model, table, found, held, write)


def judge_with(
    accepted: Accepted,
    model: Model,
    progress: Progress | None = None,
    write: Write | None = None,
) -> Job:
    """Judge transactions with a trained model, from where its users stand; move them on.

    See `_job` for ``write``.
    """
    say = progress or Quiet()
    say.stage(f"Judging {len(accepted.transactions):,} transactions")
    table, after = featured(accepted.transactions, model.population, model.config, model.pasts)
    found = answered(model, Columns.of(table))
    times = table["timestamp"].to_physical().to_numpy()
    allotted = budgeted(model, found.share, times, time_order(table))
    moved = model.moved(after, allotted.books)
    return _job(accepted, moved, table, found, allotted.alert_share, write)


def _job(  # noqa: PLR0913, PLR0917 - all that is known
    accepted: Accepted,
    model: Model,
    table: pl.DataFrame,
    found: Answered,
    held: Floats,
    write: Write | None,
) -> Job:
    """Decide the transactions, each held to its tail share.

    Who can ``write`` is given the scored table block by block, and writes while more is decided.
    """
    budget, blocks = model.config.alerts.budget(), []
    for block in _scored(accepted, model, table, found, held, _BLOCK if write else table.height):
        if write:
            write(block)
        blocks.append(block)
    return Job(
        accepted=accepted,
        model=model,
        scored=pl.concat(blocks),
        promised=budget.share(model.books.rows_per_day),
        threshold_risk=100.0 * (1.0 - float(np.max(held))),
    )


def _scored(  # noqa: PLR0913, PLR0917 - likewise
    accepted: Accepted,
    model: Model,
    table: pl.DataFrame,
    found: Answered,
    held: Floats,
    size: int,
) -> Iterator[pl.DataFrame]:
    """Yield the scored table, so many rows at a time."""
    for begin in range(0, table.height, size):
        rows = slice(begin, begin + size)
        block = scored_block(
            model, table[rows], some(found, rows), held[rows], accepted.input_columns
        )
        yield spelled(block)
