"""Users, counterparties and types by number, through tables that come one after the other."""

from collections.abc import Collection
from typing import ClassVar, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from outlay.features._kernels import WALKED, Ints, Prints, Records
from outlay.features._reading import Words, enter, entered, lay, look_up, said_again
from outlay.features.arrange import time_order
from outlay.features.clock import Clock
from outlay.features.texts import Coded, Codes
from outlay.schema.views import INLINE, Views

_LEAST: Final = 1024
FEW: Final = 1 << 14
"""Texts of which a column may be an enumeration: each of its row groups in a file names all."""
_NO_TEXT: Final = np.uint64(0xFFFFFFFF)
"""A word with which no text begins that is its own two words: that would be its length."""


class Numbering:
    """Numbers of texts, in the order in which they were first met.

    Most ids are short enough to be their own two words, and are looked up by these; of longer ones
    there is a dictionary.

    >>> numbers = Numbering()
    >>> numbers.of(Coded.of(pl.Series(["b", None, "a", "b"]))).tolist()
    [0, -1, 1, 0]
    >>> numbers.of(Coded.of(pl.Series(["c", "a"]))).tolist(), numbers.names().to_list()
    ([2, 1], ['b', 'a', 'c'])

    Parameters
    ----------
    names
        Texts that have their numbers already, each once.
    """

    def __init__(self, names: pl.Series | None = None) -> None:
        self._pieces = [pl.Series("name", [], pl.String)]
        self._enumerated = self._pieces[0]
        self._long: dict[str, int] = {}
        self._known, self._table = np.empty((0, 2), np.uint64), np.zeros(_LEAST, np.int32)
        self._size = 0
        if names is not None and len(names):
            self.of(Coded.of(names))

    def __len__(self) -> int:
        """Return how many there are."""
        return self._size

    def of(self, column: Coded) -> Codes:
        """Return each row's number, -1 where it says nothing; new texts get the next ones."""
        values = column.values
        numbers = np.full(len(values) + 1, -1, np.int32)
        if len(values):
            self._number(values, numbers[:-1])
        return numbers[column.codes]

    def find(self, names: pl.Series) -> Codes:
        """Return the numbers of texts, none of them missing; -1 for those that have none."""
        numbers = np.full(len(names), -1, np.int32)
        if len(names):
            self._look_up(names, numbers)
        return numbers

    def _number(self, values: pl.Series, numbers: Codes) -> None:
        words, is_long = self._look_up(values, numbers)
        new = np.flatnonzero(numbers < 0)
        if new.size:
            numbers[new] = self._size + np.arange(new.size)
            self._add(values.gather(new), words[new], is_long[new])

    def _look_up(self, values: pl.Series, numbers: Codes) -> tuple[Words, NDArray[np.bool_]]:
        """Fill in the numbers that there are; return the texts' words, and which are too long."""
        views = Views(values)
        is_long = (values.str.len_bytes() > (INLINE if views.are_views() else -1)).to_numpy()
        words = views.words() if views.are_views() else np.empty((len(values), 2), np.uint64)
        if not is_long.any():
            look_up(words, self._known, self._table, numbers)
        else:
            short, long = np.flatnonzero(~is_long), np.flatnonzero(is_long)
            found = np.full(short.size, -1, np.int32)
            look_up(words[short], self._known, self._table, found)
            numbers[short] = found
            texts = values.gather(long).to_list()
            numbers[long] = [self._long.get(text, -1) for text in texts]
        return words, is_long

    def _add(self, values: pl.Series, words: Words, is_long: NDArray[np.bool_]) -> None:
        """Give new texts the next numbers; long ones stand in the table under what no text is."""
        first, self._size = self._size, self._size + len(values)
        long = np.flatnonzero(is_long)
        words[long] = np.stack([np.full(long.size, _NO_TEXT), first + long.astype(np.uint64)], 1)
        self._long |= dict(zip(values.gather(long).to_list(), (first + long).tolist(), strict=True))
        self._pieces.append(values.alias("name"))
        if self._size > len(self._known):
            grown = np.empty((2 * self._size, 2), np.uint64)
            grown[:first] = self._known[:first]
            self._known = grown
        self._known[first : self._size] = words
        if 2 * self._size > self._table.size:
            self._table = entered(self._known, self._size, _room(4 * self._size))
        else:
            enter(self._known, first, self._size, self._table)

    def names(self) -> pl.Series:
        """Return the texts, by number."""
        self._pieces = [pl.concat(self._pieces)]
        return self._pieces[0]

    def texts(self, numbers: Codes, *, coded: bool = False) -> pl.Series:
        """Return the text of each number; -1 says nothing.

        The texts are an enumeration if they may be ``coded``, and are `FEW`.
        """
        places = pl.Series(numbers)
        if numbers.min(initial=0) < 0:
            places = places.set(places < 0, None)
        # in one piece: while names are added, each chunk of an input would copy them all
        self._pieces = [self.names().rechunk()]
        names = self._enumeration() if coded and len(self) <= FEW else self._pieces[0]
        return names.gather(places)

    def _enumeration(self) -> pl.Series:
        if len(self._enumerated) != len(self):
            self._enumerated = self.names().cast(pl.Enum(self.names()))
        return self._enumerated


def _room(least: int) -> int:
    """Return the power of two from ``least`` on."""
    return 1 << (least - 1).bit_length()


class Register:
    """Turns accepted transactions, table after table, into what `Walk` takes.

    Parameters
    ----------
    timezone
        In which hours and weekdays are judged.
    users, counterparties, types
        Names that have their numbers already.
    """

    KINDS: ClassVar = ("users", "counterparties", "types")
    SAID: ClassVar = ("user_id", "amount", "timestamp", "transaction_type", "counterparty_id")
    """The columns of a table that can be told from what is made of it."""

    def __init__(
        self,
        timezone: str,
        users: pl.Series | None = None,
        counterparties: pl.Series | None = None,
        types: pl.Series | None = None,
    ) -> None:
        self.timezone = timezone
        self._clock = Clock(timezone)
        self.users = Numbering(users)
        self.counterparties = Numbering(counterparties)
        self.types = Numbering(types)

    def names(self) -> dict[str, pl.Series]:
        """Return all names by number, of each of `KINDS`."""
        kinds = (self.users, self.counterparties, self.types)
        return {name: kind.names() for name, kind in zip(self.KINDS, kinds, strict=True)}

    def enter(self, transactions: pl.DataFrame) -> Records:
        """Return a table's transactions in time order, ties by content; see `_kernels.WALKED`."""
        order = time_order(transactions)
        places = np.empty_like(order)
        places[order] = np.arange(order.size)
        found = np.empty(order.size, WALKED)
        found["user"][places] = self.users.of(Coded.of(transactions["user_id"]))
        types, kinds = _known(transactions, "transaction_type", self.types)
        others, numbers = _known(transactions, "counterparty_id", self.counterparties)
        found["other"][places] = numbers
        found["place"] = order
        self._lay(transactions, types, kinds, others, places, found)
        return found

    def said(
        self,
        payments: Records,
        wanted: Collection[str],
        rows: Ints | slice = slice(None),
        *,
        coded: bool = False,
    ) -> pl.DataFrame:
        """Return those of the columns `SAID` that are wanted of the table that ``payments`` are.

        Parameters
        ----------
        payments
            What `enter` made of the table.
        wanted
            Columns that the table has; others than `SAID` are left out.
        rows
            Its rows, where not all are wanted.
        coded
            Whether texts of which there are few may be enumerations.
        """
        n = payments.size
        times, amounts = np.empty(n, np.int64), np.empty(n)
        users, kinds, others = (np.empty(n, np.int32) for _ in range(3))
        said_again(payments, times, amounts, users, kinds, others)
        columns = {
            "user_id": lambda: self.users.texts(users[rows]),
            "amount": lambda: pl.Series(amounts[rows]),
            "timestamp": lambda: pl.Series(times[rows]).cast(pl.Datetime("us", "UTC")),
            "transaction_type": lambda: self.types.texts(kinds[rows], coded=coded),
            "counterparty_id": lambda: self.counterparties.texts(others[rows], coded=coded),
        }
        return pl.DataFrame({name: columns[name]() for name in self.SAID if name in wanted})

    def _lay(  # noqa: PLR0913, PLR0917 - a column each
        self,
        transactions: pl.DataFrame,
        types: Prints,
        kinds: Codes,
        others: Prints,
        places: Ints,
        found: Records,
    ) -> None:
        times = transactions["timestamp"].to_physical().to_numpy()
        amounts = transactions["amount"].to_numpy()
        devices, _ = _known(transactions, "device_id")
        countries, _ = _known(transactions, "country")
        clock = self._clock.many(times)
        own = found["payment"]
        lay(times, amounts, *clock, types, kinds, others, devices, countries, places, own)


def _known(
    transactions: pl.DataFrame, column: str, numbering: Numbering | None = None
) -> tuple[Prints, Codes]:
    """Return the rows' fingerprints, none where there is no such column; and their numbers."""
    if column not in transactions.columns:
        return np.empty(0, np.uint32), np.full(len(transactions), -1, np.int32)
    coded = Coded.of(transactions[column])
    return coded.marks(), coded.codes if numbering is None else numbering.of(coded)
