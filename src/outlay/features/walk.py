"""All users through tables in time order, one after the other.

What `compute` gives in one go for a table of any size, in memory that holds one table and every
user's state: each table's transactions are brought together by user, the states move on, and the
features go back to the table's own order.
"""

from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from sys import getrefcount
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from outlay.errors import OutlayError
from outlay.features._kernels import (
    HEAD,
    N_OWN,
    PAYMENT,
    ROW,
    SLOT_WORDS,
    Floats,
    Ints,
    Records,
    Shelf,
    by_user,
    count_users,
    lengths_of,
    take_up,
    walk,
)
from outlay.features._reading import bring, turn
from outlay.features.batch import feature_frame, feature_memory
from outlay.features.population import Population
from outlay.features.register import Register
from outlay.features.state import LAST_SEEN, States
from outlay.schema.catalog import NAMES

_AT_A_TIME: Final = 1 << 14
_UNUSED: Final = 3
"""References to memory that no table uses: from the list, the loop, and the question."""
_MOST_TABLES: Final = 4
_NO_ROOM: Final = "The users' states need more memory than they may take."

Bools = npt.NDArray[np.bool_]


class NoRoomError(OutlayError):
    """The users' states do not fit the memory that they may take."""


class Walk:
    """Takes users through tables of payments in time order.

    Parameters
    ----------
    population
        The prior of users without a past.
    register
        Who is who: the one that made the tables' records.
    room
        Bytes that the users' states may take. What is not needed is not taken.
    """

    def __init__(self, population: Population, register: Register, room: int) -> None:
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
        self._own, self._grouped = np.empty((0, N_OWN)), np.empty(0, PAYMENT)
        self._places, self._order = np.empty(0, np.int64), np.arange(0)
        self._tables: list[Floats] = []

    def take_up(self, states: States) -> None:
        """Let users go on from where they stand; those whom no table has are left out."""
        users = self._register.users.find(states.ids).astype(np.int64)
        if take_up(users, states.offsets, states.words, self.shelf) < users.size:
            raise NoRoomError(_NO_ROOM)

    def last_seen(self) -> Floats:
        """Return when each user paid last, in microseconds since 1970; -inf for who never did."""
        known = self.shelf.starts >= 0
        seen = np.full(known.size, -np.inf)
        seen[known] = self.shelf.words[self.shelf.starts[known] + LAST_SEEN]
        return seen

    def steps(
        self,
        tables: Sequence[Records],
        met: Sequence[Floats],
        wanted: Collection[str] | None = None,
    ) -> Iterator[pl.DataFrame]:
        """Yield the features of the next tables' transactions, in the order of each one's rows.

        Several tables at once cost less than one after the other: a user's state is taken up once
        for all of them.

        Parameters
        ----------
        tables
            The transactions, as the register entered them.
        met
            What `CounterpartyWalk` gave for the rows of each table.
        wanted
            Features that are put into order, where not all are; the counterparties' always are.
        """
        starts = np.cumsum([0, *(table.size for table in tables)])
        places = self.move(tables)
        for (begin, end), theirs in zip(pairwise(starts), met, strict=True):
            yield self._in_order(places[begin:end], theirs, wanted)

    def _in_order(self, places: Ints, met: Floats, wanted: Collection[str] | None) -> pl.DataFrame:
        n = places.size
        if wanted is None:
            table = self._memory(n)
            turn(self._own, np.arange(N_OWN), places, 0, n, table)
            table[N_OWN:, :n] = met
            return feature_frame(table, n)
        own = np.array([at for at, name in enumerate(NAMES[:N_OWN]) if name in wanted], np.int64)
        some = np.empty((own.size, n))
        turn(self._own, own, places, 0, n, some)
        names = [*(NAMES[at] for at in own), *NAMES[N_OWN:]]
        return feature_frame(np.concatenate([some, met]), n, names)

    def _memory(self, rows: int) -> Floats:
        """Return memory for a table's features: some that nobody looks at any more, or new.

        Memory that was never used before is slow at its first touch.
        """
        for table in self._tables:
            if getrefcount(table) == _UNUSED and table.shape[1] >= rows:
                return table
        self._tables = [*self._tables, feature_memory(rows)][-_MOST_TABLES:]
        return self._tables[-1]

    def move(self, tables: Sequence[Records]) -> Ints:
        """Move the users on; return where the features of each row of all tables stand meanwhile."""
        n = sum(table.size for table in tables)
        if n > len(self._own):
            self._own, self._grouped = np.empty((n, N_OWN)), np.empty(n, PAYMENT)
            self._places, self._order = np.empty(n, np.int64), np.arange(n)
        places, order = self._places[:n], self._order[:n]
        bounds = np.zeros(len(self._register.users) + 1, np.int64)
        for table in tables:
            count_users(table, bounds[1:])
        np.cumsum(bounds, out=bounds)
        ends, begin = bounds[:-1].copy(), 0
        for table in tables:
            mine = places[begin : begin + table.size]
            by_user(table, self._kinds, ends, self._grouped, mine)
            begin += table.size
        rows = self._own.view(ROW)[:, 0]
        if walk(self._grouped, order, bounds, self.shelf, self._prior, rows) < bounds.size - 1:
            raise NoRoomError(_NO_ROOM)
        return places

    def keep(self, path: Path) -> None:
        """Write where everybody stands into a file."""
        shelf = self.shelf._replace(words=self.shelf.words[: self.shelf.top[0]])
        np.savez(path, allow_pickle=False, **shelf._asdict())

    def resume(self, path: Path) -> None:
        """Stand where `keep` was called."""
        with np.load(path, allow_pickle=False) as kept:
            words = kept["words"]
            self.shelf.words[: words.size] = words
            self.shelf = Shelf(
                self.shelf.words, kept["starts"], kept["kinds"], kept["free"], kept["top"]
            )

    def payments_of_users(self, some: Bools | None = None) -> Floats:
        """Return how many payments each user's state counts, of those who have one.

        Users may be left out: those who are not among ``some``, (users,).
        """
        starts = self.shelf.starts if some is None else self.shelf.starts[some]
        return self.shelf.words[starts[starts >= 0]]

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
