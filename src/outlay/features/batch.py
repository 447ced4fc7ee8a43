"""A table of transactions to a table of features."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from outlay.features._kernels import (
    COUNTERPARTY_PRIOR_COUNT,
    N_EVENTS_WORD,
    N_FEATURES,
    N_SEEN_WORD,
    PAST,
    Floats,
    Ints,
    Memory,
    Payments,
    Prior,
    fold,
    fold_counterparties,
    mask_for,
    ungroup,
)
from outlay.features.arrange import Arrangement, Grouping, payments, taken
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
    users = arranged.users
    rows = taken(payments(transactions, timezone, list(population.types)), users.order)
    out = np.empty((N_FEATURES, len(transactions)))
    states = _fold_users(users, rows, population.prior(), pasts.users, out, threads or _cores())
    features = _ungrouped(out, users.order, threads or _cores())
    seen = _fold_counterparties(
        transactions, arranged.counterparties, population, pasts.counterparties, features
    )
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
        bounds = users.bounds[cuts[k] : cuts[k + 1] + 1]
        return _fold_part(bounds, state_of[cuts[k] : cuts[k + 1]], states, rows, prior, out)

    with ThreadPoolExecutor(threads) as pool:
        parts = list(pool.map(part, range(len(cuts) - 1)))
    sizes = np.concatenate([np.diff(ends) for ends, _ in parts])
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    return States(users.ids, offsets, np.concatenate([words for _, words in parts]))


def _ungrouped(grouped: Floats, order: Ints, threads: int) -> Floats:
    """Return the users' features in the order of the input, the counterparties' still to come."""
    out = np.empty_like(grouped)
    edges = np.linspace(0, COUNTERPARTY_PRIOR_COUNT, threads + 1).astype(int).tolist()
    with ThreadPoolExecutor(threads) as pool:
        list(
            pool.map(lambda k: ungroup(grouped, order, edges[k], edges[k + 1], out), range(threads))
        )
    return out


def _cuts(bounds: Ints, parts: int) -> Ints:
    """Return where to cut the users so that the parts hold about as many rows."""
    wanted = np.linspace(0, bounds[-1], parts + 1)
    return np.unique(
        np.concatenate([[0], np.searchsorted(bounds, wanted[1:-1]), [bounds.size - 1]])
    )


def _fold_part(  # noqa: PLR0913, PLR0917 - likewise
    bounds: Ints, state_of: Ints, states: States, rows: Payments, prior: Prior, out: Floats
) -> tuple[Ints, Floats]:
    carried = states.words[
        states.offsets[state_of[state_of >= 0], None] + [N_SEEN_WORD, N_EVENTS_WORD]
    ]
    n_seen, n_events = carried.max(axis=0, initial=0).astype(int) if carried.size else (0, 0)
    memory = room(int(np.diff(bounds).max()), n_seen, n_events)
    ends = np.zeros(bounds.size, np.int64)
    kept = np.empty(200 * bounds.size)
    user = 0
    while True:
        user = fold(
            memory,
            user,
            bounds,
            state_of,
            states.offsets,
            states.words,
            rows,
            prior,
            out,
            ends,
            kept,
        )
        if user == bounds.size - 1:
            return ends, kept[: ends[-1]]
        more = np.empty(2 * kept.size + 100 * int(np.diff(bounds).max()))
        more[: ends[user]] = kept[: ends[user]]
        kept = more


def room(n_rows: int, n_seen: int, n_events: int) -> Memory:
    """Return memory for a user with so many rows to come and so much carried."""
    prints = n_seen + 3 * n_rows
    return Memory(
        past=np.zeros(1, PAST),
        times=np.empty(n_events + n_rows, np.int64),
        amounts=np.empty(n_events + n_rows),
        met=np.empty(n_events + n_rows),
        table=np.zeros(mask_for(prints) + 1, np.int64),
        seen=np.empty(prints, np.uint32),
        since=np.empty(prints, np.int64),
        tops=np.empty(prints),
    )


def _fold_counterparties(
    transactions: pl.DataFrame,
    grouping: Grouping | None,
    population: Population,
    states: Counterparties,
    out: Floats,
) -> Counterparties:
    out[COUNTERPARTY_PRIOR_COUNT:] = np.nan
    if grouping is None:
        return Counterparties.empty()
    moments = states.taken(grouping.ids)
    logs = np.log(np.maximum(transactions["amount"].to_numpy(), 0.01))
    fold_counterparties(
        grouping.bounds, grouping.order, logs, moments, population.counterparty_prior(), out
    )
    return Counterparties(grouping.ids, moments)
