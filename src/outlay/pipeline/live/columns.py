"""Payments and their features as the columns that detectors read."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from outlay.pipeline.live.payment import Payment
from outlay.pipeline.live.sums import plain_number
from outlay.pipeline.model import Model
from outlay.schema.catalog import NAMES
from outlay.schema.columns import DECISION
from outlay.schema.table import Columns

if TYPE_CHECKING:
    import polars as pl

Floats = NDArray[np.float64]

TEXTS: Final = (
    *("transaction_id", "user_id", "transaction_type", "counterparty_id"),
    *("currency", "country", "channel", "device_id"),
)
_ARE_TEXTS: Final = frozenset(TEXTS)
_OURS: Final = frozenset({*TEXTS, *NAMES, *DECISION, "amount", "timestamp"})


_PLACED: Final = (*NAMES, "amount")
_PLACES: Final = {name: place for place, name in enumerate(_PLACED)}


class PaymentColumns(Columns):
    """The columns of a few payments, amounts and features in one array.

    Parameters
    ----------
    payments
        The payments: their texts are columns as well, each made when it is first asked for.
    placed
        The features in the order of the catalogue, and last the amounts: (features + 1, payments).
    numbers, texts
        The other columns; see `Columns`.
    """

    __slots__ = ("_payments", "_placed")

    def __init__(
        self,
        payments: Sequence[Payment],
        placed: Floats,
        numbers: Mapping[str, Floats],
        texts: Mapping[str, Sequence[str | None]],
    ) -> None:
        super().__init__(numbers, texts, len(payments))
        self._payments, self._placed = payments, placed

    def _names(self) -> Iterator[str]:
        yield from _PLACED
        yield from TEXTS
        yield from (name for name in super()._names() if name not in _ARE_TEXTS)

    def has(self, name: str) -> bool:
        """Return whether there is such a column, of whatever kind."""
        return name in _PLACES or name in _ARE_TEXTS or super().has(name)

    def is_number(self, name: str) -> bool:
        """Return whether there is such a column and it holds numbers."""
        return name in _PLACES or super().is_number(name)

    def are_numbers(self, names: tuple[str, ...]) -> bool:
        """Return whether all these are columns of numbers."""
        return _rows(names) is not None or super().are_numbers(names)

    def number(self, name: str) -> Floats:
        """Return a column of numbers, (height,). It is not to be written to."""
        place = _PLACES.get(name)
        if place is None:
            return super().number(name)
        found: Floats = self._placed[place]
        return found

    def numbers(self, names: tuple[str, ...]) -> Sequence[Floats] | Floats:
        """Return several columns; amounts and features side by side."""
        rows = _rows(names)
        if rows is None:
            return super().numbers(names)
        found: Floats = self._placed.take(rows, axis=0)
        return found

    def strings(self, name: str) -> Sequence[str | None]:
        """Return a column of texts, None where missing."""
        found = self._texts.get(name)
        if found is None and name in _ARE_TEXTS:
            found = self._texts[name] = [getattr(payment, name) for payment in self._payments]
        return super().strings(name) if found is None else found

    def frame(self) -> "pl.DataFrame":
        """Return the columns as a table, for detectors that need one."""
        import polars as pl

        for name in TEXTS:
            self.strings(name)
        placed = dict(zip(_PLACED, self._placed, strict=True))
        return pl.DataFrame(placed).hstack(super().frame())


@lru_cache(maxsize=64)
def _rows(names: tuple[str, ...]) -> NDArray[np.intp] | None:
    """Return where some columns stand; None if any of them stands elsewhere."""
    if not all(name in _PLACES for name in names):
        return None
    return np.array([_PLACES[name] for name in names], np.intp)


class ColumnMaker:
    """Makes the columns of payments: their own fields, their features, and what else rules read.

    A payment's other fields are read as the kind that the rule pack declares, each by itself, so
    that no payment depends on those it is scored with.
    """

    def __init__(self, model: Model) -> None:
        rules: Any = model.detectors.get("rules")
        declared: Mapping[str, str] = rules.pack.scope.columns if rules is not None else {}
        self._extras = {name: kind for name, kind in declared.items() if name not in _OURS}

    def make(self, payments: Sequence[Payment], placed: Floats) -> Columns:
        """Return the columns.

        Parameters
        ----------
        payments
            In their order.
        placed
            Their features, and last their amounts: (features + 1, payments).
        """
        numbers: dict[str, Floats] = {}
        texts: dict[str, Sequence[str | None]] = {}
        for name, kind in self._extras.items():
            values = [payment.extra.get(name) for payment in payments]
            if kind == "text":
                texts[name] = list(map(_text, values))
            else:
                numbers[name] = np.array([_READ[kind](value) for value in values])
        return PaymentColumns(payments, placed, numbers, texts)


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, float):
        import polars as pl

        return str(pl.Series([value]).cast(pl.String)[0])
    return str(value).lower()


def _number(value: Any) -> float:
    if isinstance(value, str):
        return plain_number(value)
    return np.nan if value is None else float(value)


def _flag(value: Any) -> float:
    if isinstance(value, str):
        return {"true": 1.0, "false": 0.0}.get(value, np.nan)
    return np.nan if value is None else float(value != 0)


_READ: Final[Mapping[str, Callable[[Any], float]]] = {"number": _number, "boolean": _flag}
