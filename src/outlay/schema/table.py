"""A table's columns as arrays: the same for a file of a million rows and for one payment.

A detector that reads its columns from here runs the same code in batch and live, and one payment
costs it no table library.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from outlay.errors import InputError, nearest

if TYPE_CHECKING:
    import polars as pl

Floats = NDArray[np.float64]
Texts = Sequence[str | None]


class Columns:
    """Columns by name: numbers and flags as float64, NaN where missing; everything else as text.

    >>> one = Columns({"amount": np.array([9.5])}, {"transaction_type": ["transfer"]}, 1)
    >>> one.number("amount").tolist(), one.strings("transaction_type")
    ([9.5], ['transfer'])

    Parameters
    ----------
    numbers
        Arrays of float64, (height,).
    texts
        Texts or None, `height` of them.
    height
        The number of rows.
    """

    __slots__ = ("_frame", "_numbers", "_texts", "height")

    def __init__(
        self, numbers: Mapping[str, Floats], texts: Mapping[str, Texts], height: int
    ) -> None:
        self._numbers: dict[str, Floats] = dict(numbers)
        self._texts: dict[str, Texts] = dict(texts)
        self._frame: pl.DataFrame | None = None
        self.height = height

    @classmethod
    def of(cls, frame: "pl.DataFrame") -> Self:
        """Return a table's columns; each is turned into an array when it is first asked for."""
        columns = cls({}, {}, frame.height)
        columns._frame = frame
        return columns

    @property
    def names(self) -> list[str]:
        """Return the columns' names."""
        return list(self._names())

    def _names(self) -> Iterator[str]:
        if self._frame is not None:
            yield from self._frame.columns
            return
        yield from self._numbers
        yield from self._texts

    def has(self, name: str) -> bool:
        """Return whether there is such a column, of whatever kind."""
        return (
            name in self._numbers
            or name in self._texts
            or (self._frame is not None and name in self._frame.columns)
        )

    def is_number(self, name: str) -> bool:
        """Return whether there is such a column and it holds numbers, or true and false."""
        if self._frame is not None and name in self._frame.columns:
            return _is_number(self._frame[name])
        return name in self._numbers

    def are_numbers(self, names: tuple[str, ...]) -> bool:
        """Return whether all these are columns of numbers, or true and false."""
        return all(map(self.is_number, names))

    def number(self, name: str) -> Floats:
        """Return a column of numbers, (height,), NaN where missing. It is not to be written to."""
        found = self._numbers.get(name)
        if found is None:
            found = self._numbers[name] = self._read_number(name)
        return found

    def numbers(self, names: tuple[str, ...]) -> Sequence[Floats] | Floats:
        """Return several columns of numbers, as `number` does; side by side if they stand so."""
        return [self.number(name) for name in names]

    def taken(self, at: NDArray[np.intp]) -> "Columns":
        """Return some rows; a column is taken when it is asked for."""
        return _Taken(self, at)

    def frame(self) -> "pl.DataFrame":
        """Return the columns as a table whose texts are strings, whoever coded them."""
        import polars as pl

        if self._frame is not None:
            coded = self._frame.select(pl.selectors.enum())
            return self._frame.with_columns(coded.cast(pl.String)) if coded.width else self._frame
        texts = {name: self.text(name) for name in self._texts}
        return pl.DataFrame({**self._numbers, **texts})

    def text(self, name: str, at: NDArray[np.intp] | None = None) -> "pl.Series":
        """Return a column as a Polars series of strings, or its texts at some rows."""
        import polars as pl

        if self._frame is not None:
            self._expect(name)
            column = self._frame[name]
            return (column if at is None else column[at]).cast(pl.String)
        texts = pl.Series(name, self.strings(name), pl.String)
        return texts if at is None else texts[at]

    def enumeration(self, name: str) -> "pl.Series | None":
        """Return a column of texts as the enumeration that it is kept as, if it is."""
        import polars as pl

        if self._frame is None or name not in self._frame.columns:
            return None
        column = self._frame[name]
        return column if isinstance(column.dtype, pl.Enum) else None

    def strings(self, name: str) -> Texts:
        """Return a column of texts, None where missing, with no table library on the way."""
        found = self._texts.get(name)
        if found is None:
            self._expect(name)
            if self._frame is None:
                raise _of_another_kind(name, "numbers, and texts were asked for")
            found = self._texts[name] = self.text(name).to_list()
        return found

    def some_strings(self, name: str, at: NDArray[np.intp]) -> Texts:
        """Return a column's texts at some rows."""
        if self._frame is not None and name not in self._texts:
            return self.text(name, at).to_list()
        all_ = self.strings(name)
        return [all_[row] for row in at]

    def _read_number(self, name: str) -> Floats:
        import polars as pl

        self._expect(name)
        if self._frame is None or not _is_number(self._frame[name]):
            raise _of_another_kind(name, "texts, and numbers were asked for")
        return self._frame[name].cast(pl.Float64).to_numpy()

    def _expect(self, name: str) -> None:
        if not self.has(name):
            raise InputError(
                f"The table has no column {name!r}.{nearest(name, self.names)}\n\n"
                f"Hint: it has {', '.join(self.names) or 'none'}."
            )


class _Taken(Columns):
    """Some rows of other columns."""

    __slots__ = ("_at", "_of", "_series")

    def __init__(self, of: Columns, at: NDArray[np.intp]) -> None:
        super().__init__({}, {}, len(at))
        self._of, self._at = of, at
        self._series: dict[str, pl.Series] = {}

    def _names(self) -> Iterator[str]:
        yield from self._of.names

    def has(self, name: str) -> bool:
        return self._of.has(name)

    def is_number(self, name: str) -> bool:
        return self._of.is_number(name)

    def numbers(self, names: tuple[str, ...]) -> Sequence[Floats] | Floats:
        found = self._of.numbers(names)
        if isinstance(found, np.ndarray):
            return found.take(self._at, axis=1)
        return super().numbers(names)

    def frame(self) -> "pl.DataFrame":
        return self._of.frame()[self._at]

    def text(self, name: str, at: NDArray[np.intp] | None = None) -> "pl.Series":
        found = self._series.get(name)
        if found is None:  # gathering the texts of many rows takes milliseconds
            found = self._series[name] = self._of.text(name, self._at)
        return found if at is None else found[at]

    def strings(self, name: str) -> Texts:
        found = self._texts.get(name)
        if found is None:
            found = self._texts[name] = self._of.some_strings(name, self._at)
        return found

    def _read_number(self, name: str) -> Floats:
        return self._of.number(name)[self._at]


def _is_number(column: "pl.Series") -> bool:
    import polars as pl

    return column.dtype.is_numeric() or column.dtype == pl.Boolean


def _of_another_kind(name: str, held: str) -> InputError:
    return InputError(
        f"The column {name!r} holds {held}.\n\nHint: give the column with the kind it is used as."
    )
