"""A table of transactions to a table of features."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from outlay.features._kernels import (
    FIXED,
    N_FEATURES,
    N_OWN,
    PER_PAYMENT,
    ROW,
    Floats,
    Ints,
    Prior,
    Records,
    fold,
    fold_counterparties,
)
from outlay.features._reading import turn
from outlay.features.arrange import Arrangement, Grouping, payments
from outlay.features.population import Population
from outlay.features.state import Counterparties, States
from outlay.jit import cores
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
    met: Floats | None = None,
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
    met
        What `CounterpartyPass` gave for the rows, (n, 2), where they are not all that there are;
        the counterparties' pasts are its business then.
    """
    pasts = pasts or Pasts()
    arranged = arranged or Arrangement.of(transactions, counterparties=met is None)
    threads = threads or cores()
    table = feature_memory(len(transactions))
    own = np.empty((len(transactions), N_OWN))
    amounts = transactions["amount"].to_numpy()

    def counterparties() -> Counterparties:
        if met is not None:
            table[N_OWN:, : len(met)] = met.T
            return Counterparties.empty()
        return _fold_counterparties(arranged, amounts, population, pasts.counterparties, table)

    cuts = _cuts(arranged.users.bounds, threads)
    with ThreadPoolExecutor(threads) as pool:
        rows = payments(transactions, arranged, timezone, list(population.types), pool)
        folding = _Folding(arranged.users, rows, population.prior(), pasts.users, own)
        seen = pool.submit(counterparties)
        parts = list(pool.map(folding.part, cuts[:-1], cuts[1:]))
        edges = np.linspace(0, len(own), threads + 1).astype(np.int64)
        places, every = arranged.users.places, np.arange(N_OWN)
        list(pool.map(lambda a, b: turn(own, every, places, a, b, table), edges[:-1], edges[1:]))
        others = seen.result()
    return feature_frame(table, len(own)), Pasts(_joined(arranged.users.ids, parts), others)


def feature_frame(table: Floats, rows: int, names: Sequence[str] = NAMES) -> pl.DataFrame:
    """Return the features in `feature_memory` as a table of so many rows."""
    return pl.DataFrame({name: table[at, :rows] for at, name in enumerate(names)})


def feature_memory(rows: int, features: int = N_FEATURES) -> Floats:
    """Return memory for the features, a line each, a little longer than the rows are many.

    Lines whose lengths are a multiple of 4 kB would all fall into the same few places of the cache.
    """
    return np.empty((features, rows // 64 * 64 + 72))


@dataclass(frozen=True, slots=True)
class _Folding:
    """What it takes to fold some of the users."""

    users: Grouping
    rows: Records
    prior: Prior
    states: States
    out: Floats

    def part(self, first: int, last: int) -> tuple[Ints, Floats]:
        """Fold users first..last - 1; return the lengths of their states, and those."""
        bounds = self.users.bounds[first : last + 1]
        state_of = self.states.places(self.users.ids[first:last])
        known = state_of[state_of >= 0]
        carried = int((self.states.offsets[known + 1] - self.states.offsets[known]).sum())
        # room for the most that the states can need: what is not written to costs no memory
        most = carried + FIXED * state_of.size + PER_PAYMENT * int(bounds[-1] - bounds[0])
        kept, ends = np.empty(most), np.zeros(bounds.size, np.int64)
        fold(
            self.rows,
            np.arange(self.rows.size),
            bounds,
            state_of,
            self.states.offsets,
            self.states.words,
            self.prior,
            self.out.view(ROW)[:, 0],
            ends,
            kept,
        )
        return np.diff(ends), kept[: ends[-1]]


def _joined(ids: pl.Series, parts: list[tuple[Ints, Floats]]) -> States:
    lengths = np.concatenate([lengths for lengths, _ in parts])
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    return States(ids, offsets, np.concatenate([words for _, words in parts]))


def _cuts(bounds: Ints, parts: int) -> list[int]:
    """Return where to cut the users so that the parts hold about as many rows."""
    wanted = np.linspace(0, bounds[-1], parts + 1)
    inner = np.searchsorted(bounds, wanted[1:-1]).tolist()
    return [0, *sorted({*inner} - {0, bounds.size - 1}), bounds.size - 1]


def _fold_counterparties(
    arranged: Arrangement,
    amounts: Floats,
    population: Population,
    states: Counterparties,
    table: Floats,
) -> Counterparties:
    told = arranged.counterparties
    if told is None:
        table[N_OWN:] = np.nan
        return Counterparties.empty()
    moments = states.taken(told.values)
    codes = told.codes.astype(np.int64)
    prior = population.prior().of_counterparties
    fold_counterparties(codes, arranged.in_time, amounts, moments, prior, table[N_OWN:])
    return Counterparties(told.values, moments)
