"""Columns of texts put together from columns of values, with no Python object for each row.

Numbers are written by a compiled function, texts are joined by Polars: neither holds the
interpreter's lock. What is written reads as Python writes each value alone.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from itertools import repeat
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from outlay.schema._writing_kernels import CENTS, GROUPED, TRIMMED, WIDEST, look_up, write_lines
from outlay.schema.money import money

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]
Part = str | pl.Series
"""A text that is the same in each row, or a column of texts."""
Parts = tuple[Part, ...]

FEW: Final = 200
"""So few rows Python writes in less time than it takes to ask others."""
_EXACT: Final = 2.0**53
"""From here on, and where there is no number, Python writes."""
_KNOWN: Final = 1 << 16
"""Texts that are kept of each way to write numbers: a megabyte."""
_SMALL: Final = 1 << 12
"""Whole numbers below it are counted rather than sorted."""


def decimals(
    values: Floats, places: int, *, trimmed: bool = False, grouped: bool = True
) -> pl.Series:
    """Return each number with so many digits after the point, at most two.

    >>> decimals(np.array([1234.565, 0.5]), 2).to_list()
    ['1,234.57', '0.50']

    Parameters
    ----------
    values
        The numbers.
    places
        Digits after the point.
    trimmed
        Whether zeros at the end, after the point, are left out.
    grouped
        Whether thousands are set apart.
    """
    form = f"{',' if grouped else ''}.{places}f"

    def alone(value: float) -> str:
        text = format(value, form)
        return text.rstrip("0").rstrip(".") if trimmed and places and "." in text else text

    return _written(values, alone, places, TRIMMED * trimmed + GROUPED * grouped)


def amounts(values: Floats, currency: str | None) -> Parts:
    """Return what `money` writes of each value.

    >>> joined(amounts(np.array([4200.0, 12.5]), "EUR"), 2).to_list()
    ['4,200 EUR', '12.50 EUR']
    """
    written = _written(values, money, 2, CENTS + GROUPED)
    return (written, f" {currency}") if currency else (written,)


def counted(values: Floats, one: str, many: str) -> Parts:
    """Return each number without what is after the point, and then what is counted.

    >>> joined(counted(np.array([1.0, 1200.0]), " day", " days"), 2).to_list()
    ['1 day', '1,200 days']
    """
    things = pl.Series([many, one]).gather((values == 1).astype(np.uint32))
    return decimals(values, 0), things


def each_once(values: Floats, write: Callable[[float], str]) -> pl.Series:
    """Return what is written for each value, the same values written only once."""
    known, codes = _distinct(values)
    return pl.Series([write(value) for value in known.tolist()], dtype=pl.String).gather(codes)


def joined(parts: Iterable[Part], rows: int) -> pl.Series:
    """Return the parts of each row as one text.

    >>> joined(["is ", pl.Series(["a", "b"])], 2).to_list()
    ['is a', 'is b']
    """
    pieces = [part for part in parts if not isinstance(part, str) or part]
    if rows <= FEW:
        lists = [repeat(p, rows) if isinstance(p, str) else p.to_list() for p in pieces]
        return pl.Series(
            ["".join(row) for row in zip(*lists, strict=True)] or [""] * rows, dtype=pl.String
        )
    columns = {str(n): part for n, part in enumerate(pieces) if isinstance(part, pl.Series)}
    if not columns:
        text = "".join(part for part in pieces if isinstance(part, str))
        return pl.Series([text], dtype=pl.String).new_from_index(0, rows)
    said = [pl.lit(p) if isinstance(p, str) else pl.col(str(n)) for n, p in enumerate(pieces)]
    return pl.DataFrame(columns).select(pl.concat_str(said)).to_series()


def replaced(texts: pl.Series, at: Rows, others: Sequence[str] | pl.Series) -> pl.Series:
    """Return the texts with others at some rows."""
    if not len(at):
        return texts
    places = np.arange(len(texts), dtype=np.uint32)
    places[at] = np.arange(len(texts), len(texts) + len(at), dtype=np.uint32)
    return pl.concat([texts, pl.Series(others, dtype=pl.String)], rechunk=True).gather(places)


def by_number(numbers: NDArray[Any], write: Callable[[int, Rows], pl.Series]) -> pl.Series:
    """Return the texts that ``write`` gives for the rows of each number, in the order of the rows.

    >>> by_number(np.array([7, 8, 7]), lambda n, rows: joined([str(n)], rows.size)).to_list()
    ['7', '8', '7']
    """
    texts, places = [pl.Series([], dtype=pl.String)], np.empty(numbers.size, np.intp)
    done = 0
    for number in np.unique(numbers).tolist():
        mine = np.flatnonzero(numbers == number)
        texts.append(write(number, mine))
        places[mine] = np.arange(done, done + mine.size)
        done += mine.size
    return pl.concat(texts, rechunk=True).gather(places)


def _written(values: Floats, alone: Callable[[float], str], places: int, how: int) -> pl.Series:
    """Return each number in digits; those that many rows have are looked up in a table."""
    if values.size <= FEW:
        return pl.Series([alone(value) for value in values.tolist()], dtype=pl.String)
    values = np.ascontiguousarray(values)
    codes = np.empty(values.size, np.int32)
    look_up(values.view(np.int64), places, how, _KNOWN, codes)
    rest = np.flatnonzero(codes < 0)
    texts = _known(places, how).gather(np.maximum(codes, 0).view(np.uint32))
    return replaced(texts, rest, _lines(values[rest], alone, places, how))


@cache
def _known(places: int, how: int) -> pl.Series:
    """Return the texts of the numbers that `look_up` knows."""
    units = np.arange(_KNOWN, dtype=np.float64)
    after = _lines(units / 10**places, format, places, how & ~CENTS)
    return pl.concat([_lines(units, format, 0, how), after], rechunk=True) if how & CENTS else after


def _lines(values: Floats, alone: Callable[[float], str], places: int, how: int) -> pl.Series:
    """Return each number in digits; ``alone`` writes those that are too large, or are none."""
    if not values.size:
        return pl.Series([], dtype=pl.String)
    room = np.empty(WIDEST * values.size, np.uint8)
    end = write_lines(values.view(np.int64), places, how, room)
    lines = pl.Series([room[: end - 1].tobytes().decode("ascii")])
    odd = np.flatnonzero(~(np.abs(values) < _EXACT))
    texts = lines.str.split("\n").explode()
    return replaced(texts, odd, [alone(value) for value in values[odd].tolist()])


def _distinct(values: Floats) -> tuple[Floats, Rows]:
    """Return the different values, and which of them stands where."""
    small = values.astype(np.uint16) if values.size and _are_small(values) else None
    if small is None or (small != values).any():
        return np.unique(values, return_inverse=True)
    there = np.bincount(small) > 0
    return np.flatnonzero(there).astype(np.float64), (np.cumsum(there) - 1)[small]


def _are_small(values: Floats) -> bool:
    """Return whether all are numbers from 0 up to `_SMALL`; not so if any is none."""
    return bool(values.min() >= 0) and bool(values.max() < _SMALL)
