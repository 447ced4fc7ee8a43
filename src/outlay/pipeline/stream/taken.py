"""What was taken in: the accepted transactions on the disk, by chunk and by partition."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from outlay.pipeline.draw import BUCKETS, buckets, counted
from outlay.pipeline.stream.pieces import Span, read_pieces

Longs = NDArray[np.int64]


@dataclass(slots=True)
class Chunk:
    """One part of the input: where its pieces lie, its row numbers, and its period."""

    name: str
    spans: list[Span]
    first_row: int
    last_row: int
    first: datetime | None
    last: datetime | None


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
    """

    folder: Path
    chunks: list[Chunk] = field(default_factory=list)
    schema: dict[str, pl.DataType] = field(default_factory=dict)
    counts: Longs = field(default_factory=lambda: np.zeros(BUCKETS, np.int64))
    rows: Longs = field(default_factory=lambda: np.zeros((0, 0), np.int64))
    removed: Longs = field(default_factory=lambda: np.zeros(0, np.int64))

    @property
    def total(self) -> int:
        """Accepted transactions."""
        return int(self.rows.sum())

    @property
    def starts(self) -> Longs:
        """Return how many transactions stand before each chunk, and in the end how many there are."""
        return np.concatenate([[0], np.cumsum(self.rows.sum(axis=1))])

    def chunk(self, place: int) -> pl.DataFrame:
        """Return a chunk's transactions, partition after partition."""
        return self._joined(self._pieces(place, self.chunks[place].spans))

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
                for piece in read_pieces(self.folder / chunk.name, [span]):
                    gone = piece.filter(self._is_removed(chunk, piece))
                    self.rows[at, place] -= gone.height
                    self.counts -= counted(buckets(gone["user_id"]))

    def _pieces(self, at: int, spans: list[Span]) -> list[pl.DataFrame]:
        chunk = self.chunks[at]
        pieces = read_pieces(self.folder / chunk.name, spans)
        if not len(self._removed(chunk)):
            return pieces
        return [piece.filter(~self._is_removed(chunk, piece)) for piece in pieces]

    def _is_removed(self, chunk: Chunk, piece: pl.DataFrame) -> pl.Series:
        return piece["row_number"].is_in(pl.Series(self._removed(chunk)).implode())

    def _removed(self, chunk: Chunk) -> Longs:
        begin, end = np.searchsorted(self.removed, [chunk.first_row, chunk.last_row + 1])
        return self.removed[begin:end]

    def _joined(self, pieces: list[pl.DataFrame]) -> pl.DataFrame:
        if not pieces:
            return pl.DataFrame(schema=self.schema)
        return pl.concat(pieces, rechunk=True)
