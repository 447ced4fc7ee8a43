"""A table of transactions to a table of features."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from outlay.features._kernels import (
    FIXED,
    N_FEATURES,
    PER_PAYMENT,
    Floats,
    Ints,
    Payments,
    Prior,
    fold,
    fold_counterparties,
)
from outlay.features.arrange import Arrangement, Grouping, payments
from outlay.features.population import Population
from outlay.features.state import Counterparties, States
from outlay.schema.catalog import NAMES


@dataclass(frozen=True, slots=True)
class Pasts:
    """What is carried from one run to the next: the states of users and of counterparties."""

    users: States = field(default_factory=States.empty)
    counterparties: Counterparties = field(default_factory=Counterparties.empty)

    def merged(self, newer: "Pasts") -> "Pasts":
        """Return these pasts with ``newer`` ones in the place of the same entities'."""
        return Pasts(
            self.users.merged(newer.users), self.counterparties.merged(newer.counterparties)
        )


def compute(  # noqa: PLR0913 - the table, its prior, and how
    transactions: pl.DataFrame,
    population: Population,
    pasts: Pasts | None = None,
    *,
    timezone: str = "UTC",
    threads: int | None = None,
    arranged: Arrangement | None = None,
) -> tuple[pl.DataFrame, Pasts]:
    """Return one row of features per transaction, and the pasts of those who paid in them.

    Each row comes from the same user's earlier transactions alone (and the same counterparty's).
    The result is the same bits for every order of the rows, split into files and count of threads.

    Parameters
    ----------
    transactions
        Accepted transactions, in any order.
    population
        The prior of users without a past.
    pasts
        What earlier runs left; none for a fresh start.
    timezone
        In which hours and weekdays are judged.
    threads
        How many; by default one a core.
    arranged
        The transactions' arrangement, where it is known already.
    """
    pasts = pasts or Pasts()
    arranged = arranged or Arrangement.of(transactions)
    rows = payments(transactions, timezone, list(population.types))
    table = np.empty((len(transactions), N_FEATURES))
    states = _fold_users(
        arranged.users, rows, population.prior(), pasts.users, table, threads or _cores()
    )
    seen = _fold_counterparties(arranged, rows.amounts, population, pasts.counterparties, table)
    features = np.ascontiguousarray(table.T)
    frame = pl.DataFrame({name: features[i] for i, name in enumerate(NAMES)})
    return frame, Pasts(states, seen)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _fold_users(  # noqa: PLR0913, PLR0917 - arrays, as the kernel takes them
    users: Grouping, rows: Payments, prior: Prior, states: States, out: Floats, threads: int
) -> States:
    state_of = states.places(users.ids)
    cuts = _cuts(users.bounds, threads)

    def part(k: int) -> tuple[Ints, Floats]:
        return _fold_part(users, slice(cuts[k], cuts[k + 1]), state_of, states, rows, prior, out)

    with ThreadPoolExecutor(threads) as pool:
        parts = list(pool.map(part, range(len(cuts) - 1)))
    sizes = np.concatenate([np.diff(ends) for ends, _ in parts])
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    return States(users.ids, offsets, np.concatenate([words for _, words in parts]))


def _cuts(bounds: Ints, parts: int) -> Ints:
    """Return where to cut the users so that the parts hold about as many rows."""
    wanted = np.linspace(0, bounds[-1], parts + 1)
    return np.unique(
        np.concatenate([[0], np.searchsorted(bounds, wanted[1:-1]), [bounds.size - 1]])
    )


def _fold_part(  # noqa: PLR0913, PLR0917 - likewise
    users: Grouping,
    part: slice,
    state_of: Ints,
    states: States,
    rows: Payments,
    prior: Prior,
    out: Floats,
) -> tuple[Ints, Floats]:
    bounds = users.bounds[part.start : part.stop + 1]
    state_of = state_of[part]
    known = state_of[state_of >= 0]
    carried = int((states.offsets[known + 1] - states.offsets[known]).sum())
    # room for the most that the states can need; what is not written costs no memory
    kept = np.empty(carried + FIXED * state_of.size + PER_PAYMENT * int(bounds[-1] - bounds[0]))
    ends = np.zeros(bounds.size, np.int64)
    fold(bounds, users.order, state_of, states.offsets, states.words, rows, prior, out, ends, kept)
    return ends, kept[: ends[-1]]


def _fold_counterparties(
    arranged: Arrangement,
    amounts: Floats,
    population: Population,
    states: Counterparties,
    out: Floats,
) -> Counterparties:
    grouping = arranged.counterparties
    codes = np.full(amounts.size, -1)
    if grouping is not None:
        codes[grouping.order[: grouping.bounds[-1]]] = np.repeat(
            np.arange(len(grouping.ids)), np.diff(grouping.bounds)
        )
    moments = states.taken(grouping.ids) if grouping else np.empty((0, 3))
    fold_counterparties(
        codes, arranged.in_time, amounts, moments, population.counterparty_prior(), out
    )
    return Counterparties(grouping.ids, moments) if grouping else Counterparties.empty()
