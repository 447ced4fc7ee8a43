"""Sentences about payments: each is put together for one of them, or at once for many.

A sentence is a row of parts: what always stands there, and what a payment's values become. Where a
part takes its values from it finds the numbers of one payment, or whole columns of numbers.
"""

from collections.abc import Callable, Mapping
from operator import itemgetter
from typing import Any, Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from outlay.schema.money import money
from outlay.schema.table import Columns
from outlay.schema.writing import Part, Parts, amounts, counted, decimals, each_once, joined

Row = Mapping[str, Any]
Value = Callable[[Any], Any]
"""From a row, or from `Numbers`, to a number or a column of them."""


class Numbers:
    """Columns of numbers, looked up by name as those of one row are."""

    __slots__ = ("_columns",)

    def __init__(self, columns: Columns) -> None:
        self._columns = columns

    def __getitem__(self, name: str) -> NDArray[np.float64]:
        return self._columns.number(name)


class Shown(Protocol):
    """A part of a sentence that the payment's values become."""

    def one(self, row: Row, currency: str | None) -> str:
        """Return what is shown of one payment."""

    def all(self, columns: Columns, currency: str | None) -> Parts:
        """Return what is shown of each of many."""


def _value(of: str | Value) -> Value:
    return itemgetter(of) if isinstance(of, str) else of


class Amount(Shown):
    """An amount of money."""

    def __init__(self, of: str | Value) -> None:
        self._of = _value(of)

    def one(self, row: Row, currency: str | None) -> str:
        """Return the amount, in its currency."""
        return money(self._of(row), currency)

    def all(self, columns: Columns, currency: str | None) -> Parts:
        """Return each amount, in its currency."""
        return amounts(self._of(Numbers(columns)), currency)


class Count(Shown):
    """So many of a thing."""

    def __init__(self, of: str | Value, thing: str = "payment") -> None:
        self._of, self._one, self._many = _value(of), f" {thing}", f" {thing}s"

    def one(self, row: Row, _currency: str | None) -> str:
        """Return the number, and the thing in singular or plural."""
        n = self._of(row)
        return f"{n:,.0f}{self._one if n == 1 else self._many}"

    def all(self, columns: Columns, _currency: str | None) -> Parts:
        """Return each number with its thing."""
        return counted(self._of(Numbers(columns)), self._one, self._many)


class Digits(Shown):
    """A number with so many digits after the point, thousands set apart or not."""

    def __init__(self, of: str | Value, places: int = 0, *, grouped: bool = True) -> None:
        self._of, self._places, self._grouped = _value(of), places, grouped
        self._form = f"{',' if grouped else ''}.{places}f"

    def one(self, row: Row, _currency: str | None) -> str:
        """Return the number."""
        return format(self._of(row), self._form)

    def all(self, columns: Columns, _currency: str | None) -> Parts:
        """Return each number."""
        return (decimals(self._of(Numbers(columns)), self._places, grouped=self._grouped),)


class Each(Shown):
    """A number in words of its own, written once for all payments that have it."""

    def __init__(self, of: str | Value, write: Callable[[float], str]) -> None:
        self._of, self._write = _value(of), write

    def one(self, row: Row, _currency: str | None) -> str:
        """Return what is written for the number."""
        return self._write(self._of(row))

    def all(self, columns: Columns, _currency: str | None) -> Parts:
        """Return what is written for each number."""
        return (each_once(self._of(Numbers(columns)), self._write),)


class Name(Shown):
    """A text of the payment; ``nameless`` stands where there is none, or an empty one."""

    def __init__(self, column: str, nameless: str = "", *, spaced: bool = False) -> None:
        self._column, self._nameless, self._spaced = column, nameless, spaced

    def one(self, row: Row, _currency: str | None) -> str:
        """Return the text, with blanks for low lines if it is to be ``spaced``."""
        text = str(row.get(self._column) or self._nameless or row.get(self._column))
        return text.replace("_", " ") if self._spaced else text

    def all(self, columns: Columns, _currency: str | None) -> Parts:
        """Return each text likewise."""
        if not columns.has(self._column):
            return (self._nameless or "None",)
        texts = columns.text(self._column).fill_null(self._nameless or "None")
        if self._nameless:
            texts = texts.replace("", self._nameless)
        return (texts.str.replace_all("_", " ", literal=True) if self._spaced else texts,)


class Sentence:
    """Parts, one after the other."""

    __slots__ = ("_form", "_ones", "parts")

    def __init__(self, parts: tuple[str | Shown, ...]) -> None:
        self.parts = parts
        texts = [part.replace("%", "%%") if isinstance(part, str) else "%s" for part in parts]
        self._form = "".join(texts)
        self._ones = tuple(part.one for part in parts if not isinstance(part, str))

    def one(self, row: Row, currency: str | None) -> str:
        """Return the sentence on one payment."""
        return self._form % tuple([one(row, currency) for one in self._ones])

    def all(self, columns: Columns, currency: str | None) -> pl.Series:
        """Return the sentences on many."""
        parts: list[Part] = []
        for part in self.parts:
            parts += (part,) if isinstance(part, str) else part.all(columns, currency)
        return joined(parts, columns.height)


def sentence(*parts: str | Shown) -> Sentence:
    """Return the sentence of these parts."""
    return Sentence(parts)
