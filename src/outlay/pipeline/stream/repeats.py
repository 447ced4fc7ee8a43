"""Transactions that come twice under one id, in an input of any size.

Of each id a 64-bit mark is kept on the disk, part by part in ranges. Marks that come twice lead to
the few rows that are looked at again, in the input itself, by `outlay.schema.intake.duplicates`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from outlay.pipeline.stream._repeat_kernels import come_again, split
from outlay.pipeline.stream.ahead import side_by_side
from outlay.pipeline.stream.pieces import Span, read_pieces, write_array, write_piece
from outlay.schema.intake import Accepted, Raw
from outlay.schema.intake.account import conflicts
from outlay.schema.intake.duplicates import DUPLICATES, find_duplicates

Marks = NDArray[np.uint64]
_RANGES: Final = 256
_SHIFT: Final = 56
"""Bits of a mark behind those that say its range."""
_MOST: Final = 1 << 19
"""Marks that are compared at a time, on each thread, in a table that fits its cache."""
_THREADS: Final = 2
_AT_ONCE: Final = 250_000
"""Repeated ids whose rows are looked at together."""


class Ids:
    """The marks of an input's ids, in a file."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "ids"
        self._path.write_bytes(b"")
        self._bounds: list[NDArray[np.int64]] = []

    def add(self, ids: pl.Series) -> None:
        """Keep the marks of a part's ids."""
        hashes = ids.hash(seed=1).to_numpy()
        marks, bounds = np.empty_like(hashes), np.zeros(_RANGES + 1, np.int64)
        split(hashes, _SHIFT, bounds, marks)
        self._bounds.append(bounds + (self._bounds[-1][-1] if self._bounds else 0))
        with self._path.open("ab") as file:
            write_array(file, marks)

    def repeated(self) -> Marks:
        """Return the marks that came more than once, sorted."""
        found = side_by_side(lambda ends: self._repeated(*ends), self._groups(), _THREADS)
        return np.concatenate([np.zeros(0, np.uint64), *found])

    def _repeated(self, first: int, last: int) -> Marks:
        marks = self._read(first, last)
        table, found = np.zeros(2 << marks.size.bit_length(), np.uint64), np.empty_like(marks)
        return np.unique(found[: come_again(marks, table, found)])

    def _groups(self) -> Iterator[tuple[int, int]]:
        """Yield ranges of marks, each with few enough to be compared."""
        sizes = sum(np.diff(bounds) for bounds in self._bounds)
        first, held = 0, 0
        for place, size in enumerate(np.asarray(sizes).tolist()):
            if held and held + size > _MOST:
                yield first, place
                first, held = place, 0
            held += size
        yield first, _RANGES

    def _read(self, first: int, last: int) -> Marks:
        parts = []
        with self._path.open("rb") as file:
            for bounds in self._bounds:
                file.seek(8 * int(bounds[first]))
                parts.append(np.fromfile(file, np.uint64, int(bounds[last] - bounds[first])))
        return np.concatenate(parts)


@dataclass(frozen=True, slots=True)
class Repeats:
    """Rows that are equal to an earlier one of their id, and those that differ from it."""

    duplicates: pl.DataFrame
    rejected: pl.DataFrame

    @property
    def rows(self) -> NDArray[np.int64]:
        """The numbers of both, sorted."""
        numbers = [self.duplicates["row_number"], self.rejected["row_number"]]
        return np.sort(pl.concat(numbers).to_numpy())


def find_repeats(marks: Marks, parts: Iterator[tuple[Raw, Accepted]], folder: Path) -> Repeats:
    """Look at the rows of repeated ids again, those of some ids at a time."""
    groups = [_Group(folder / f"repeats-{at:05}") for at in range(ceil(marks.size / _AT_ONCE))]
    for raw, accepted in parts:
        ids = accepted.transactions.select("row_number", "transaction_id")
        hashes = ids["transaction_id"].hash(seed=1).to_numpy()
        places = np.minimum(np.searchsorted(marks, hashes), marks.size - 1)
        groups_of = np.where(marks[places] == hashes, places // _AT_ONCE, -1)
        for at in np.unique(groups_of[groups_of >= 0]).tolist():
            groups[at].add(ids.filter(pl.Series(groups_of == at)), raw)
    found = [group.compared() for group in groups]
    return Repeats(
        pl.concat([one.duplicates for one in found]).sort("row_number"),
        pl.concat([one.rejected for one in found]).sort("row_number"),
    )


class _Group:
    """All rows of some repeated ids, on the disk."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._path.write_bytes(b"")
        self._ids: list[Span] = []
        self._rows: list[Span] = []

    def add(self, ids: pl.DataFrame, raw: Raw) -> None:
        """Keep rows of a part: their numbers and ids, and all their columns as they came."""
        rows = raw.frame.filter(raw.row_number.is_in(ids["row_number"].implode()))
        with self._path.open("ab") as file:
            self._ids.append(write_piece(file, ids))
            self._rows.append(write_piece(file, rows))

    def compared(self) -> Repeats:
        """Compare the rows of each id with its first one."""
        if not self._ids:
            return Repeats(
                pl.DataFrame(schema=DUPLICATES), conflicts(pl.DataFrame(), pl.DataFrame())
            )
        table = pl.concat(read_pieces(self._path, self._ids))
        columns = pl.concat(read_pieces(self._path, self._rows))
        self._path.unlink()
        equal, other = find_duplicates(
            table["transaction_id"], table["row_number"], columns, has_ids=True
        )
        return Repeats(equal.select(DUPLICATES.keys()), conflicts(other, columns))
