"""Users, counterparties and types by number, through tables that come one after the other."""

from collections.abc import Iterable
from typing import ClassVar

import numpy as np
import polars as pl

from outlay.features._kernels import WALKED, Ints, Prints, Records
from outlay.features._reading import lay
from outlay.features.arrange import time_order
from outlay.features.clock import Clock
from outlay.features.texts import Coded, Codes


class Numbering:
    """Numbers of texts, in the order in which they were first met.

    >>> numbers = Numbering()
    >>> numbers.of(Coded.of(pl.Series(["b", None, "a", "b"]))).tolist()
    [0, -1, 1, 0]
    >>> numbers.of(Coded.of(pl.Series(["c", "a"]))).tolist(), numbers.names()
    ([2, 1], ['b', 'a', 'c'])
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._numbers = {name: number for number, name in enumerate(names)}

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._numbers)

    def of(self, column: Coded) -> Codes:
        """Return each row's number, -1 where it says nothing; new texts get the next ones."""
        numbers = self._numbers
        values = column.values.to_list()
        found = [numbers.setdefault(value, len(numbers)) for value in values]
        return np.array([*found, -1], np.int32)[column.codes]

    def names(self) -> list[str]:
        """Return the texts, by number."""
        return list(self._numbers)


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

    def __init__(
        self,
        timezone: str,
        users: Iterable[str] = (),
        counterparties: Iterable[str] = (),
        types: Iterable[str] = (),
    ) -> None:
        self.timezone = timezone
        self._clock = Clock(timezone)
        self.users = Numbering(users)
        self.counterparties = Numbering(counterparties)
        self.types = Numbering(types)

    def names(self) -> dict[str, list[str]]:
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
