"""What was taken in: the accepted transactions on the disk, by chunk and by partition."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from outlay.features import WALKED, Records, Register
from outlay.pipeline.draw import BUCKETS, buckets, counted
from outlay.pipeline.stream.pieces import (
    Span,
    keep_array,
    read_pieces,
    read_whole,
    write_piece,
    write_whole,
)

Longs = NDArray[np.int64]


@dataclass(slots=True)
class Chunk:
    """One part of the input: where its rows lie, their numbers, and their period.

    It lies as a whole, until it is spread over partitions: then in a piece for each of them. Where
    there are records for a walk, it lies without what they say.
    """

    name: str
    spans: list[Span]
    first_row: int
    last_row: int
    first: datetime | None
    last: datetime | None
    is_whole: bool = True
    is_walked: bool = False


@dataclass(slots=True)
class Taken:
    """The input on the disk, every row accounted for.

    Parameters
    ----------
    folder
        Where the files lie.
    chunks
        The parts, in the order of the input.
    schema
        The accepted transactions' columns.
    counts
        How many accepted rows each bucket of users has; see `draw`.
    rows
        Accepted rows, by chunk and partition.
    removed
        Row numbers of accepted rows that are duplicates of others, sorted.
    register
        Who is who in the records for a walk; there are none once the rows are spread.
    """

    folder: Path
    chunks: list[Chunk] = field(default_factory=list)
    schema: dict[str, pl.DataType] = field(default_factory=dict)
    counts: Longs = field(default_factory=lambda: np.zeros(BUCKETS, np.int64))
    rows: Longs = field(default_factory=lambda: np.zeros((0, 0), np.int64))
    removed: Longs = field(default_factory=lambda: np.zeros(0, np.int64))
    register: Register | None = None

    @property
    def is_in_time(self) -> bool:
        """Whether there are records for a walk of all chunks."""
        return all(chunk.is_walked for chunk in self.chunks)

    @property
    def who(self) -> Register:
        """Who is who, where there may be a walk."""
        if self.register is None:
            raise RuntimeError("the rows are spread: who is who in the records is forgotten")
        return self.register

    @property
    def total(self) -> int:
        """Accepted transactions."""
        return int(self.rows.sum())

    @property
    def starts(self) -> Longs:
        """Return how many transactions stand before each chunk, and in the end how many there are."""
        return np.concatenate([[0], np.cumsum(self.rows.sum(axis=1))])

    def lay(
        self, frame: pl.DataFrame, payments: Records | None, later: Callable[..., None]
    ) -> None:
        """Lay down a chunk, and what a walk takes of it if there may be one.

        What stands in both lies there once: memory that is touched for the first time costs more
        than to gather a column anew. ``later`` has the writing done; see `behind`.
        """
        name, numbers, times = _name(len(self.chunks)), frame["row_number"], frame["timestamp"]
        chunk = Chunk(
            name,
            [Span(0, 0, frame.height)],
            numbers[0],
            numbers[-1],
            times.min(),  # type: ignore[arg-type]
            times.max(),  # type: ignore[arg-type]
            is_walked=payments is not None,
        )
        self.schema = dict(frame.schema)
        if payments is not None:
            later(keep_array, walked_path(self.folder, len(self.chunks)), payments)
            frame = frame.drop(Register.SAID, strict=False)
            if _is_range(chunk):
                frame = frame.drop("row_number")
        self.chunks.append(chunk)
        later(write_whole, self.folder / name, frame)

    def chunk(self, place: int, *, coded: bool = False) -> pl.DataFrame:
        """Return a chunk's transactions, partition after partition.

        Texts may be ``coded``, as `Register.said` does, where the chunk lies as a whole.
        """
        return self._joined(self._pieces(place, self.chunks[place].spans, coded=coded))

    def some(self, place: int, rows: Longs) -> pl.DataFrame:
        """Return some rows of a chunk."""
        chunk = self.chunks[place]
        if chunk.is_walked and not len(self._removed(chunk)):
            return self._walked(place, rows)
        return self.chunk(place)[pl.Series(rows)]

    def partition(self, place: int) -> pl.DataFrame:
        """Return a partition's transactions, chunk after chunk."""
        pieces = [
            piece
            for at, chunk in enumerate(self.chunks)
            for piece in self._pieces(at, [chunk.spans[place]])
        ]
        return self._joined(pieces)

    def within(self, chunk: int) -> Longs:
        """Return where in the chunk each partition begins, and where the last one ends."""
        return np.concatenate([[0], np.cumsum(self.rows[chunk])])

    def walked(self, place: int) -> Records:
        """Return a chunk's transactions as `outlay.features.Walk` takes them."""
        found, chunk = self._records(place), self.chunks[place]
        if not len(self._removed(chunk)):
            return found
        stay = ~self._is_removed(chunk, self._numbers(place)).to_numpy()
        left: Records = found[stay[found["place"]]]
        left["place"] = (np.cumsum(stay) - 1)[left["place"]]
        return left

    def spread(self, partitions: int, rows: int) -> list[Path]:
        """Bring rows together by partition of users, about so many at a time.

        Returned are the files that are of no use any more.
        """
        old = [self.folder / chunk.name for chunk in self.chunks]
        old += [walked_path(self.folder, at) for at in range(len(self.chunks))]
        sizes = np.cumsum(self.rows.sum(axis=1))
        groups = np.searchsorted(sizes, np.arange(rows, sizes[-1] + rows, rows), side="left") + 1
        edges = np.unique([0, *np.minimum(groups, len(self.chunks))]).tolist()
        spread = [self._spread(begin, end, partitions) for begin, end in pairwise(edges)]
        self.chunks, self.register = spread, None
        self.count()
        return old

    def _spread(self, begin: int, end: int, partitions: int) -> Chunk:
        """Return chunks begin..end - 1 as one."""
        chunks = self.chunks[begin:end]
        frame = pl.concat([self.chunk(at) for at in range(begin, end)])
        owner = (buckets(frame["user_id"]).astype(np.int64) * partitions) // BUCKETS
        order = np.argsort(owner, kind="stable")
        bounds = np.searchsorted(owner[order], np.arange(partitions + 1)).tolist()
        sorted_, name = frame[pl.Series(order)], f"spread-{begin:05}"
        with (self.folder / name).open("wb") as file:
            spans = [write_piece(file, sorted_[first:last]) for first, last in pairwise(bounds)]
        firsts = [chunk.first for chunk in chunks if chunk.first is not None]
        lasts = [chunk.last for chunk in chunks if chunk.last is not None]
        rows = chunks[0].first_row, chunks[-1].last_row
        return Chunk(name, spans, *rows, min(firsts), max(lasts), is_whole=False)

    def count(self) -> None:
        """Count the rows, once all chunks are there."""
        self.rows = np.array([[span.rows for span in c.spans] for c in self.chunks], np.int64)

    def remove(self, numbers: Longs) -> None:
        """Leave out the rows with these sorted numbers, from all counts too."""
        self.removed = numbers
        for at, chunk in enumerate(self.chunks):
            if not len(self._removed(chunk)):
                continue
            for place, span in enumerate(chunk.spans):
                for piece in self._read(at, [span]):
                    gone = piece.filter(self._is_removed(chunk, piece["row_number"]))
                    self.rows[at, place] -= gone.height
                    self.counts -= counted(buckets(gone["user_id"]))

    def _pieces(self, at: int, spans: list[Span], *, coded: bool = False) -> list[pl.DataFrame]:
        chunk = self.chunks[at]
        pieces = self._read(at, spans, coded=coded)
        if not len(self._removed(chunk)):
            return pieces
        return [piece.filter(~self._is_removed(chunk, piece["row_number"])) for piece in pieces]

    def _read(self, at: int, spans: list[Span], *, coded: bool = False) -> list[pl.DataFrame]:
        chunk = self.chunks[at]
        if chunk.is_walked:
            return [self._walked(at, coded=coded)]
        path = self.folder / chunk.name
        return [read_whole(path)] if chunk.is_whole else read_pieces(path, spans)

    def _walked(
        self, at: int, rows: Longs | slice = slice(None), *, coded: bool = False
    ) -> pl.DataFrame:
        """Return rows of a chunk, put together again."""
        chunk, payments = self.chunks[at], self._records(at)
        rest = read_whole(self.folder / chunk.name)
        found = dict.fromkeys(self.schema, pl.Series())
        found |= (rest[pl.Series(rows)] if isinstance(rows, np.ndarray) else rest).to_dict()
        found |= self.who.said(payments, self.schema, rows, coded=coded).to_dict()
        if _is_range(chunk):
            found["row_number"] = pl.Series(_range(chunk)[rows])
        return pl.DataFrame(found)

    def _numbers(self, at: int) -> pl.Series:
        """Return the row numbers of a chunk that is walked through."""
        chunk = self.chunks[at]
        if _is_range(chunk):
            return pl.Series(_range(chunk))
        return read_whole(self.folder / chunk.name)["row_number"]

    def _records(self, at: int) -> Records:
        found: Records = np.asarray(np.memmap(walked_path(self.folder, at), WALKED, "c"))
        return found

    def _is_removed(self, chunk: Chunk, numbers: pl.Series) -> pl.Series:
        return numbers.is_in(pl.Series(self._removed(chunk)).implode())

    def _removed(self, chunk: Chunk) -> Longs:
        begin, end = np.searchsorted(self.removed, [chunk.first_row, chunk.last_row + 1])
        return self.removed[begin:end]

    def _joined(self, pieces: list[pl.DataFrame]) -> pl.DataFrame:
        if not pieces:
            return pl.DataFrame(schema=self.schema)
        return pl.concat(pieces, rechunk=True)


def walked_path(folder: Path, chunk: int) -> Path:
    """Return where it lies what a walk takes of a chunk."""
    return folder / f"walked-{chunk:05}"


def _name(chunk: int) -> str:
    return f"chunk-{chunk:05}"


def _is_range(chunk: Chunk) -> bool:
    """Return whether each row's number is one more than the one's before: they ascend."""
    return chunk.last_row - chunk.first_row + 1 == sum(span.rows for span in chunk.spans)


def _range(chunk: Chunk) -> Longs:
    return np.arange(chunk.first_row, chunk.last_row + 1)
