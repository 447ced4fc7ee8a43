"""Tables on the disk that are read once or twice and then thrown away, several to a file."""

import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import polars as pl
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Span:
    """Where in a file a piece lies, and how many rows it has."""

    at: int
    size: int
    rows: int


def write_piece(file: BinaryIO, frame: pl.DataFrame) -> Span:
    """Append a table to a file.

    Lists are written the old way: else each piece would hold the texts of the whole table that it
    was cut from.
    """
    if not frame.height:
        return Span(0, 0, 0)
    into = io.BytesIO()
    is_nested = any(kind.is_nested() for kind in frame.dtypes)
    frame.write_ipc_stream(into, compat_level=pl.CompatLevel.oldest() if is_nested else None)
    at = file.tell()
    file.write(into.getbuffer())
    return Span(at, into.tell(), frame.height)


def write_array(file: BinaryIO, values: NDArray[Any]) -> None:
    """Append an array's bytes; ``values.tofile`` would not say that a disk is full."""
    file.write(np.ascontiguousarray(values).view(np.uint8).data)


def keep_array(path: Path, values: NDArray[Any]) -> None:
    """Write an array as a file of its own."""
    with path.open("wb") as file:
        write_array(file, values)


class PieceFile:
    """A file of pieces, to be read from several threads."""

    def __init__(self, path: Path) -> None:
        self._handle = os.open(path, os.O_RDONLY)

    def read(self, span: Span) -> pl.DataFrame:
        """Return a piece; one without rows has no columns."""
        if not span.rows:
            return pl.DataFrame()
        return pl.read_ipc_stream(io.BytesIO(os.pread(self._handle, span.size, span.at)))

    def close(self) -> None:
        """Give the file back."""
        os.close(self._handle)


def write_whole(path: Path, frame: pl.DataFrame) -> None:
    """Write a table as a file of its own, as it stands in memory: quick, though not small."""
    frame.write_ipc(path, compat_level=pl.CompatLevel.newest())


def read_whole(path: Path) -> pl.DataFrame:
    """Return a table that `write_whole` wrote."""
    return scan(path).collect()


def read_pieces(path: Path, spans: list[Span]) -> list[pl.DataFrame]:
    """Return several pieces of one file, those without rows left out."""
    file = PieceFile(path)
    try:
        return [file.read(span) for span in spans if span.rows]
    finally:
        file.close()


def scan(path: Path) -> pl.LazyFrame:
    """Return a table that lies in a file by itself; no sign in a folder's name is a wildcard."""
    return pl.scan_ipc(path, glob=False)
