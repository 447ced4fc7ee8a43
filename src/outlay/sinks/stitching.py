"""Parquet files that lie one behind the other in one file, made into one table by a footer.

A Parquet file says at its end where each column of each row group lies. So columns that are known
later need not wait for: they are written as a table of their own behind the others, and a last
footer names all of them. What lay between the tables, their own footers, nobody reads.

Source of the format: Apache Parquet, ``parquet.thrift``.
"""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple

import polars as pl

from outlay.sinks.thrift import I64, LIST, STRUCT, Struct, read, written

_MARK: Final = b"PAR1"
_TAIL: Final = 8
"""A file ends with its footer's length in four bytes, and the mark."""

_ROWS, _GROUPS = 3, 4  # of a file
_COLUMNS, _SIZE, _GROUP_ROWS, _PACKED_SIZE = 1, 2, 3, 6  # of a row group
_CHUNK_AT, _CHUNK = 2, 3  # of a column in a row group
_PATH, _PLACES = 3, (9, 10, 11, 14)  # of its description: name, and where its parts lie


class Image(NamedTuple):
    """Where in a file the bytes of a whole Parquet file lie."""

    begin: int
    end: int


Groups = Sequence[Struct]
"""An image's row groups."""


def stitch(path: Path, sections: Sequence[Sequence[Groups]], schema: pl.Schema) -> None:
    """Write the footer that makes one table of the images in a file.

    Parameters
    ----------
    path
        The file; its first image begins with it.
    sections
        The `row_groups` of images of the same rows, which are cut alike, section after section.
    schema
        All columns, in the order of the table.
    """
    whole = _empty(schema)
    places = {name.encode(): place for place, name in enumerate(schema.names())}
    groups = [_joined(parts, places) for images in sections for parts in zip(*images, strict=True)]
    whole[_GROUPS] = (LIST, (STRUCT, groups))
    whole[_ROWS] = (I64, sum(group[_GROUP_ROWS][1] for group in groups))
    footer = written(whole)
    with path.open("r+b") as file:
        file.seek(0, io.SEEK_END)
        file.write(footer + len(footer).to_bytes(4, "little") + _MARK)


def _empty(schema: pl.Schema) -> Struct:
    """Return the footer of a table without rows."""
    into = io.BytesIO()
    pl.DataFrame(schema=schema).write_parquet(into)
    return _footer(into, Image(0, len(into.getvalue())))


def _footer(file: BinaryIO, image: Image) -> Struct:
    file.seek(image.end - _TAIL)
    size = int.from_bytes(file.read(4), "little")
    if file.read(4) != _MARK:
        raise ValueError("a part of the scored table is no Parquet file")
    file.seek(image.end - _TAIL - size)
    return read(file.read(size))


def row_groups(path: Path, image: Image) -> Groups:
    """Return an image's row groups, their places counted from the beginning of the file."""
    if image.begin == image.end:  # nothing was written
        return []
    with path.open("rb") as file:
        _, (_, groups) = _footer(file, image)[_GROUPS]
    for group in groups:
        for chunk in group[_COLUMNS][1][1]:
            _move(chunk, _CHUNK_AT, image.begin)
            for place in _PLACES:
                _move(chunk[_CHUNK][1], place, image.begin)
            for index in range(
                _CHUNK + 1, 8
            ):  # page indexes may be left out, and need not be moved
                chunk.pop(index, None)
    found: list[Struct] = groups
    return found


def _move(of: Struct, number: int, by: int) -> None:
    if number in of:
        kind, place = of[number]
        of[number] = (kind, place + by)


def _joined(parts: Sequence[Struct], places: dict[bytes, int]) -> Struct:
    """Return one row group with the columns of several, in the order of the table."""
    if len({part[_GROUP_ROWS][1] for part in parts}) > 1:
        raise ValueError("the parts of the scored table are cut differently")
    chunks: list[Any] = [chunk for part in parts for chunk in part[_COLUMNS][1][1]]
    chunks.sort(key=lambda chunk: places[chunk[_CHUNK][1][_PATH][1][1][0]])
    return {
        _COLUMNS: (LIST, (STRUCT, chunks)),
        _GROUP_ROWS: parts[0][_GROUP_ROWS],
        **{
            size: (I64, sum(part[size][1] for part in parts if size in part))
            for size in (_SIZE, _PACKED_SIZE)
        },
    }
