"""All users and counterparties through tables in time order, one after the other.

What `compute` gives in one go for a table of any size, in memory that holds one table and every
user's state: each table's transactions are brought together by user, the states move on, and the
features go back to the table's own order.
"""

from collections.abc import Collection, Iterator
from pathlib import Path
from sys import getrefcount
from typing import Final

import numpy as np
import polars as pl

from outlay.errors import OutlayError
from outlay.features._kernels import (
    HEAD,
    N_FEATURES,
    N_OWN,
    PAYMENT,
    ROW,
    SLOT_WORDS,
    Floats,
    Ints,
    Records,
    Shelf,
    by_user,
    fold_counterparties,
    lengths_of,
    walk,
)
from outlay.features._reading import bring, turn
from outlay.features.batch import feature_frame, feature_memory
from outlay.features.population import Population
from outlay.features.register import Register
from outlay.features.state import Counterparties, States
from outlay.schema.catalog import NAMES

_AT_A_TIME: Final = 1 << 14
_UNUSED: Final = 3
"""References to memory that no table uses: from the list, the loop, and the question."""
_MOST_TABLES: Final = 4


class NoRoomError(OutlayError):
    """The users' states do not fit the memory that they may take."""


class Walk:
    """Takes payments, table after table in time order, to their features.

    Parameters
    ----------
    population
        The prior of users without a past.
    register
        Who is who: the one that made the tables' records.
    room
        Bytes that the users' states may take. What is not needed is not taken.
    """

    def __init__(
        self,
        population: Population,
        register: Register,
        room: int,
    ) -> None:
        self._prior = population.prior()
        places = {name: place for place, name in enumerate(population.types)}
        others = len(places)
        self._kinds = np.array(
            [*(places.get(name, others) for name in register.types.names().to_list()), others]
        )
        self._register = register
        n = len(register.users)
        self.shelf = Shelf(
            np.empty(room // 8),  # memory that is not written to is not taken
            np.full(n, -1),
            np.zeros(n, np.int64),
            np.full(SLOT_WORDS.size, -1),
            np.zeros(1, np.int64),
        )
        self._moments = np.zeros((len(register.counterparties), 3))
        self._met = np.zeros(len(register.counterparties), np.bool_)
        self._own, self._grouped = np.empty((0, N_OWN)), np.empty(0, PAYMENT)
        self._tables: list[Floats] = []

    def step(
        self,
        payments: Records,
        wanted: Collection[str] | None = None,
        met: Floats | None = None,
    ) -> pl.DataFrame:
        """Return the features of the next table's transactions, in the order of its rows.

        Parameters
        ----------
        payments
            The transactions, as the register entered them.
        wanted
            Features that are put into that order, where not all are; the counterparties' always are.
        met
            What `meet` gave for these rows, where they are not all that there are.
        """
        places = self._fold(payments)
        met = self.meet(payments) if met is None else met
        if wanted is None:
            table = self._memory(payments.size)
            turn(self._own, np.arange(N_OWN), places, 0, payments.size, table)
            table[N_OWN:, : payments.size] = met
            return feature_frame(table, payments.size)
        own = np.array([at for at, name in enumerate(NAMES[:N_OWN]) if name in wanted], np.int64)
        some = np.empty((own.size, payments.size))
        turn(self._own, own, places, 0, payments.size, some)
        names = [*(NAMES[at] for at in own), *NAMES[N_OWN:]]
        return feature_frame(np.concatenate([some, met]), payments.size, names)

    def _memory(self, rows: int) -> Floats:
        """Return memory for a table's features: some that nobody looks at any more, or new.

        Memory that was never used before is slow at its first touch.
        """
        for table in self._tables:
            if getrefcount(table) == _UNUSED and table.shape[1] >= rows:
                return table
        self._tables = [*self._tables, feature_memory(rows)][-_MOST_TABLES:]
        return self._tables[-1]

    def _fold(self, payments: Records) -> Ints:
        """Move the users on; return where in ``_own`` each row's features stand."""
        n = payments.size
        if n > len(self._own):
            self._own, self._grouped = np.empty((n, N_OWN)), np.empty(n, PAYMENT)
        bounds = np.zeros(len(self._register.users) + 1, np.int64)
        places = np.empty(n, np.int64)
        by_user(payments, self._kinds, bounds, self._grouped, places)
        rows = self._own.view(ROW)[:, 0]
        order = np.arange(n)
        if walk(self._grouped, order, bounds, self.shelf, self._prior, rows) < bounds.size - 1:
            raise NoRoomError("The users' states need more memory than they may take.")
        return places

    def meet(self, payments: Records) -> Floats:
        """Move the counterparties alone on; return their features, (2, rows)."""
        n, place = payments.size, payments["place"]
        codes, amounts = np.empty(n, np.int64), np.empty(n)
        codes[place], amounts[place] = payments["other"], payments["payment"]["amount"]
        found = np.empty((N_FEATURES - N_OWN, n))
        prior = self._prior.of_counterparties
        fold_counterparties(codes, place.astype(np.int64), amounts, self._moments, prior, found)
        self._met[codes[codes >= 0]] = True
        return found

    def counterparties(self) -> Counterparties:
        """Return where the counterparties stand whom a payment met."""
        met = np.flatnonzero(self._met)
        names = self._register.counterparties.names().gather(met)
        frame = Counterparties(names, self._moments[met]).to_frame()
        return Counterparties.from_frame(frame.sort("id"))

    def keep(self, path: Path) -> None:
        """Write where everybody stands into a file."""
        shelf = self.shelf._replace(words=self.shelf.words[: self.shelf.top[0]])
        others = {"moments": self._moments, "met": self._met}
        np.savez(path, allow_pickle=False, **shelf._asdict(), **others)

    def resume(self, path: Path) -> None:
        """Stand where `keep` was called."""
        with np.load(path, allow_pickle=False) as kept:
            words = kept["words"]
            self.shelf.words[: words.size] = words
            self.shelf = Shelf(
                self.shelf.words, kept["starts"], kept["kinds"], kept["free"], kept["top"]
            )
            self._moments, self._met = kept["moments"], kept["met"]

    def payments_of_users(self) -> Floats:
        """Return how many payments each user's state counts, of those who have one."""
        return self.shelf.words[self.shelf.starts[self.shelf.starts >= 0]]

    def states(self) -> Iterator[States]:
        """Yield where the users stand, in the order of their ids, some thousand at a time."""
        names = self._register.users.names()
        order = names.arg_sort().to_numpy()
        order = order[self.shelf.starts[order] >= 0]
        for at in range(0, order.size, _AT_A_TIME):
            yield self._some(names, order[at : at + _AT_A_TIME])

    def _some(self, names: pl.Series, users: Ints) -> States:
        starts = self.shelf.starts[users]
        heads = self.shelf.words[starts[:, None] + np.arange(HEAD)].astype(np.int64)
        offsets = np.concatenate([[0], np.cumsum(lengths_of(heads))])
        words = np.empty(int(offsets[-1]))
        bring(self.shelf.words, np.empty(0), starts, offsets, words)
        return States(names.gather(users), offsets, words)
