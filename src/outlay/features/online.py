"""One transaction to one row of features."""

import numpy as np
import polars as pl

from outlay.features._kernels import (
    N_EVENTS_WORD,
    N_FEATURES,
    N_SEEN_WORD,
    Floats,
    Memory,
    Payments,
    Prior,
    dump,
    fold_counterparties,
    fold_user,
    size_of,
)
from outlay.features.arrange import payments
from outlay.features.batch import room
from outlay.features.population import Population


class Observer:
    """Takes transactions one at a time, as they happen, by the same kernel as `compute`.

    Parameters
    ----------
    population
        The prior of users without a past.
    timezone
        In which hours and weekdays are judged.
    """

    def __init__(self, population: Population, timezone: str = "UTC") -> None:
        self._prior: Prior = population.prior()
        self._counterparty_prior = population.counterparty_prior()
        self._types = list(population.types)
        self._timezone = timezone

    def observe(
        self, transaction: pl.DataFrame, state: Floats, counterparty: Floats
    ) -> tuple[Floats, Floats, Floats]:
        """Return one transaction's features, its user's new state and its counterparty's.

        Parameters
        ----------
        transaction
            One row as the schema accepts it.
        state
            The user's state before, as `States.of` gives it; empty for a new user.
        counterparty
            The counterparty's moments before, (3,): count, mean, sum of squares; zeros for a new one.
        """
        rows = payments(transaction, self._timezone, self._types)
        out = np.empty((N_FEATURES, 1))
        memory = self._fold(rows, state, out)
        after = np.empty(size_of(memory))
        dump(memory, after)
        moments = counterparty.reshape(1, 3).copy()
        known = rows.counterparties[0] != 0
        bounds = np.array([0, int(known)])
        out[-2:] = np.nan
        logs = np.log(np.maximum(rows.amounts, 0.01))
        fold_counterparties(
            bounds, np.zeros(1, np.int64), logs, moments, self._counterparty_prior, out
        )
        return out[:, 0], after, moments[0]

    def _fold(self, rows: Payments, state: Floats, out: Floats) -> Memory:
        carried = state[[N_SEEN_WORD, N_EVENTS_WORD]].astype(int) if state.size else (0, 0)
        memory = room(1, *carried)
        fold_user(memory, 0, 1, state, rows, self._prior, out)
        return memory
