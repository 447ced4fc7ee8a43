"""Where each record of a delimited text begins and ends, and how many fields it has.

Polars fills short records with nulls and refuses the whole file for a long one. Finding the
records first, in a few passes of NumPy, tells which they are, so that only they are lost.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from outlay.sources.dialect import Dialect

Longs = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]

BROKEN: Final = -1
_NEWLINE: Final = 10
_RETURN: Final = 13
_CHUNK: Final = 1 << 20  # fits the cache


@dataclass(frozen=True, slots=True)
class Records:
    """Begin and end (without its newline) of each record, and its fields; -1 if quotes are broken.

    ``rewritten`` holds, by position, records that had to be written anew to be read.
    """

    starts: Longs
    ends: Longs
    fields: Longs
    rewritten: dict[int, bytes]

    @classmethod
    def of(
        cls, starts: list[int], ends: list[int], fields: list[int], new: dict[int, bytes]
    ) -> Self:
        """Make arrays of the lists."""
        first, last, count = (np.array(part, np.int64) for part in (starts, ends, fields))
        return cls(first, last, count, new)

    @property
    def lengths(self) -> Longs:
        """Bytes a record."""
        return self.ends - self.starts


def find_records(data: bytes, dialect: Dialect) -> Records | None:
    """Return the records of ``data``, or ``None`` if its quotes are not where they belong."""
    codes = np.frombuffer(data, np.uint8)
    quotes = np.flatnonzero(codes == dialect.quote[0]) if dialect.quote in data else None
    if quotes is not None and not _are_in_place(codes, quotes, dialect):
        return None
    ends: list[Longs] = []
    totals: list[Longs] = []
    count = 0
    for marks in _marks(codes, quotes, dialect):
        at = np.flatnonzero(codes[marks] == _NEWLINE)
        ends.append(marks[at])
        totals.append(at + count)
        count += len(marks)
    if data and (not ends or not len(ends[-1]) or not data.endswith(b"\n")):
        ends.append(np.array([len(data)], np.int64))  # the last record has no newline
        totals.append(np.array([count], np.int64))
    return _between(ends, totals)


def _between(ends: list[Longs], totals: list[Longs]) -> Records:
    end = np.concatenate(ends) if ends else np.empty(0, np.int64)
    total = np.concatenate(totals) if totals else np.empty(0, np.int64)
    start = np.concatenate(([0], end[:-1] + 1)) if len(end) else end
    return Records(start, end, np.diff(total, prepend=-1), {})


def _marks(codes: Bytes, quotes: Longs | None, dialect: Dialect) -> Iterator[Longs]:
    """Yield the positions of separators and newlines that stand outside quotes."""
    separator = dialect.separator[0]
    for begin in range(0, len(codes), _CHUNK):
        chunk = codes[begin : begin + _CHUNK]
        marks = np.flatnonzero((chunk == separator) | (chunk == _NEWLINE)) + begin
        if quotes is not None:
            marks = marks[np.searchsorted(quotes, marks) % 2 == 0]
        yield marks


def _are_in_place(codes: Bytes, quotes: Longs, dialect: Dialect) -> bool:
    """Say whether quotes open only where a field begins and close only where it ends.

    A doubled quote closes and opens again at once.
    """
    if len(quotes) % 2:
        return False
    opening, closing = quotes[::2], quotes[1::2]
    quote = dialect.quote[0]
    edges = np.array([dialect.separator[0], _NEWLINE, quote], np.uint8)
    before = codes[np.maximum(opening - 1, 0)]
    opens = np.isin(before, edges) | (opening == 0)
    last = len(codes) - 1
    after = codes[np.minimum(closing + 1, last)]
    closes = np.isin(after, np.append(edges, np.uint8(_RETURN))) | (closing == last)
    return bool(opens.all() and closes.all())
