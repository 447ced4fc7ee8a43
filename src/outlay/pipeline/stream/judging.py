"""A partition of users: their features, the detectors' answers, and where the users stand."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from outlay.features import Pasts, Population, compute
from outlay.features.profiles import with_full_history
from outlay.jit import threads
from outlay.pipeline.judge import answered
from outlay.pipeline.model import Model
from outlay.pipeline.settings import Config
from outlay.pipeline.stream.counterparties import Met
from outlay.pipeline.stream.packing import packed
from outlay.pipeline.stream.pieces import Span, write_piece
from outlay.pipeline.stream.states import states_before, states_path
from outlay.pipeline.stream.taken import Taken
from outlay.schema.catalog import NAMES
from outlay.schema.columns import DECISION
from outlay.schema.table import Columns

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Part:
    """What became of a partition.

    Parameters
    ----------
    spans
        Where its answers lie, chunk by chunk.
    users, users_not_assessed
        Its users, and those none of whose transactions could be judged by their own history.
    seen
        Transactions that are no later than what was known of their users.
    """

    spans: list[Span]
    users: int
    users_not_assessed: int
    seen: int = 0


def features_of(
    transactions: pl.DataFrame, population: Population, config: Config, pasts: Pasts, met: Floats
) -> tuple[pl.DataFrame, Pasts]:
    """Return some users' transactions with their features beside them, and the pasts after them."""
    features, after = compute(
        transactions, population, pasts, timezone=config.input.timezone, threads=1, met=met
    )
    table = kept(transactions).hstack(features)
    if config.history == "full":
        table = with_full_history(table, config.policy.min_history)
    return table, after


def kept(transactions: pl.DataFrame) -> pl.DataFrame:
    """Return the transactions without columns whose names are those of features and decisions."""
    ours = {*NAMES, *DECISION}
    return transactions.select([name for name in transactions.columns if name not in ours])


def judge_partition(model: Model, taken: Taken, met: Met, place: int) -> Part:
    """Judge the users of one partition, as far as it can be done without the others."""
    transactions = taken.partition(place)
    if not transactions.height:
        return Part([Span(0, 0, 0)] * len(taken.chunks), 0, 0)
    table, seen = _moved(model, taken, met, place, transactions)
    with threads(1):
        found = answered(model, Columns.of(table))
    features = table.drop(kept(transactions).columns)
    spans = _laid_down(taken, place, packed(features, found))
    _lay_down_shares(taken, place, found.share)
    known = table.group_by("user_id").agg(pl.col("prior_count").max())
    cold = int((known["prior_count"] < model.config.policy.min_history).sum())
    return Part(spans, known.height, cold, seen)


def move_partition(model: Model, taken: Taken, met: Met, place: int) -> Part:
    """Move the users of one partition on, and judge nothing."""
    transactions = taken.partition(place)
    if transactions.height:
        _moved(model, taken, met, place, transactions)
    return Part([], transactions["user_id"].n_unique(), 0)


def _moved(
    model: Model, taken: Taken, met: Met, place: int, transactions: pl.DataFrame
) -> tuple[pl.DataFrame, int]:
    """Return the features; keep where the users stand, and count what they were seen with before."""
    before = states_before(taken.folder, place)
    table, after = features_of(
        transactions, model.population, model.config, Pasts(before), met.partition(place)
    )
    after.users.to_frame().write_ipc(states_path(taken.folder, place))
    times = transactions["timestamp"].to_physical().to_numpy()
    return table, int((times <= before.last_seen(transactions["user_id"])).sum())


def _laid_down(taken: Taken, place: int, answers: pl.DataFrame) -> list[Span]:
    spans, at = [], 0
    with answers_path(taken.folder, place).open("wb") as file:
        for rows in taken.rows[:, place].tolist():
            spans.append(write_piece(file, answers[at : at + rows]))
            at += rows
    return spans


def _lay_down_shares(taken: Taken, place: int, shares: Floats) -> None:
    """Write a partition's tail shares into the file of all, which has them chunk after chunk."""
    at, starts = 0, taken.starts
    handle = os.open(shares_path(taken.folder), os.O_RDWR | os.O_CREAT, 0o666)
    with os.fdopen(handle, "r+b") as file:
        for chunk, rows in enumerate(taken.rows[:, place].tolist()):
            file.seek(8 * int(starts[chunk] + taken.within(chunk)[place]))
            file.write(shares[at : at + rows].tobytes())
            at += rows


def all_shares(taken: Taken) -> Iterator[Floats]:
    """Yield the tail shares of all transactions, chunk by chunk."""
    path = shares_path(taken.folder)
    for begin, end in pairwise(taken.starts.tolist()):
        yield np.fromfile(path, np.float64, end - begin, offset=8 * begin)


def shares_path(folder: Path) -> Path:
    """Return where the tail shares lie."""
    return folder / "shares"


def answers_path(folder: Path, place: int) -> Path:
    """Return where a partition's answers lie."""
    return folder / f"answers-{place:05}"
