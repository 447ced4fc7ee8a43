"""The counterparties' pass by itself, over windows of time: what `compute` gives in one go."""

import numpy as np
import polars as pl

from outlay.features._kernels import N_OWN, Floats, Ints, Records, fold_counterparties
from outlay.features.arrange import time_order
from outlay.features.population import Population
from outlay.features.register import Register
from outlay.features.state import Counterparties
from outlay.features.texts import Coded
from outlay.schema.catalog import NAMES

COLUMNS = NAMES[N_OWN:]


class CounterpartyPass:
    """Goes through all payments in windows of time, each no earlier than the one before."""

    def __init__(self, population: Population, states: Counterparties) -> None:
        self._prior = population.prior().of_counterparties
        self._places = {name: place for place, name in enumerate(states.ids.to_list())}
        self._moments = np.zeros((max(1024, 2 * len(self._places)), 3))
        self._moments[: len(self._places)] = states.moments
        self._met = np.zeros(len(self._moments), np.bool_)

    def step(self, window: pl.DataFrame) -> tuple[Ints, Floats]:
        """Return the window's rows in time order, and their features in that order, (n, 2)."""
        order = time_order(window)
        codes = self._codes(window["counterparty_id"], order)
        amounts = window["amount"].to_numpy()[order]
        found = np.empty((len(COLUMNS), order.size))
        fold_counterparties(
            codes, np.arange(order.size), amounts, self._moments, self._prior, found
        )
        return order, found.T

    def states(self) -> Counterparties:
        """Return where the counterparties stand whom a payment met."""
        names = np.flatnonzero(self._met[: len(self._places)])
        ids = pl.Series("id", list(self._places), dtype=pl.String)
        frame = Counterparties(ids.gather(names), self._moments[names]).to_frame()
        return Counterparties.from_frame(frame.sort("id"))

    def _codes(self, column: pl.Series, order: Ints) -> Ints:
        told = Coded.of(column)
        places = self._places
        known = [places.setdefault(name, len(places)) for name in told.values.to_list()]
        self._grow(len(places))
        self._met[known] = True
        return np.array([*known, -1])[told.codes[order]]

    def _grow(self, size: int) -> None:
        if size > len(self._moments):
            for name in ("_moments", "_met"):
                old = getattr(self, name)
                new = np.zeros((2 * size, *old.shape[1:]), old.dtype)
                new[: len(old)] = old
                setattr(self, name, new)


class CounterpartyWalk:
    """Takes counterparties through tables in time order, as a register entered them.

    They go on from where they stood ``before``.
    """

    def __init__(
        self, population: Population, register: Register, before: Counterparties | None = None
    ) -> None:
        self._prior = population.prior().of_counterparties
        self._names = register.counterparties
        self._moments = np.zeros((len(self._names), 3))
        self._met = np.zeros(len(self._names), np.bool_)
        if before is not None:
            places = self._names.find(before.ids)
            self._moments[places[places >= 0]] = before.moments[places >= 0]

    def step(self, payments: Records) -> Floats:
        """Return the features of the next table's rows, (2, rows)."""
        n, place = payments.size, payments["place"]
        codes, amounts = np.empty(n, np.int64), np.empty(n)
        codes[place], amounts[place] = payments["other"], payments["payment"]["amount"]
        found = np.empty((len(COLUMNS), n))
        order = place.astype(np.int64)
        fold_counterparties(codes, order, amounts, self._moments, self._prior, found)
        self._met[codes[codes >= 0]] = True
        return found

    def states(self) -> Counterparties:
        """Return where the counterparties stand whom a payment met."""
        met = np.flatnonzero(self._met)
        frame = Counterparties(self._names.names().gather(met), self._moments[met]).to_frame()
        return Counterparties.from_frame(frame.sort("id"))
