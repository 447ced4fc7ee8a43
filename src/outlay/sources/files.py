"""Read files, whatever their format, into one table."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from outlay.errors import ConfigError, InputError, nearest
from outlay.schema.intake.raw import Part, Raw
from outlay.sources.columnar import read_columnar
from outlay.sources.combine import combine
from outlay.sources.delimited import read_delimited
from outlay.sources.jsonlines import read_jsonlines
from outlay.sources.places import Place, find_places, format_by_name
from outlay.sources.unpack import unpack

FORMATS: Final = ("csv", "parquet", "jsonl", "ipc")
COLUMNAR: Final = {b"PAR1": "parquet", b"ARRO": "ipc", b"\xff\xff\xff\xff": "ipc"}
_FOREIGN: Final = (
    (b"PK\x03\x04", "an Excel workbook or a ZIP archive"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"\x28\xb5\x2f\xfd", "compressed with Zstandard"),
    (b"BZh", "compressed with bzip2"),
    (b"\xfd7zXZ", "compressed with xz"),
    (b"FEA1", "a Feather file of version 1"),
    (b"%PDF", "a PDF"),
    (b"SQLite format 3", "a SQLite database"),
)


def read(files: Sequence[str | Path], *, fmt: str | None = None) -> Raw:
    """Return the rows of all files, one after the other, as they stand.

    Parameters
    ----------
    files
        Files, folders and globs; ``-`` is standard input.
    fmt
        ``csv``, ``parquet``, ``jsonl`` or ``ipc``; found out from content and name if not given.

    Raises
    ------
    NotFoundError
        If a name, glob or folder leads to no file.
    InputError
        If a file cannot be read at all, or if all files together have no row.
    """
    if fmt is not None and fmt not in FORMATS:
        raise ConfigError(
            f"{fmt!r} is not a format that can be read.{nearest(fmt, FORMATS)}"
            f"\n\nHint: these can: {', '.join(FORMATS)}."
        )
    places, notes = find_places(files)
    return read_places(places, notes, fmt)


def read_places(places: Sequence[Place], notes: Sequence[str], fmt: str | None = None) -> Raw:
    """Return the rows of files that were found already."""
    raw = combine([_read_one(place, fmt) for place in places])
    raw.notes.extend(notes)
    if not raw.n_read:
        raise no_rows(raw.parts)
    return raw


def _read_one(place: Place, fmt: str | None) -> Raw:
    try:
        head = _head(place)
        columnar = COLUMNAR.get(head[:4])
        if columnar and place.path is not None:
            return read_columnar(place.path, place.name, fmt or columnar)
        data = sys.stdin.buffer.read() if place.path is None else place.path.read_bytes()
    except OSError as error:
        raise place.unreadable(error) from error
    return _read_bytes(data, place, fmt)


def _head(place: Place) -> bytes:
    """Return the first bytes of a regular file; of a pipe nothing, since it reads only once."""
    if place.path is None or not place.path.is_file():
        return b""
    with place.path.open("rb") as file:
        return file.read(8)


def _read_bytes(data: bytes, place: Place, fmt: str | None) -> Raw:
    data, notes = unpack(data, place.name)
    refuse_foreign(data, place.name)
    kind = fmt or COLUMNAR.get(data[:4]) or text_format(data, place.name)
    if kind in {"parquet", "ipc"}:
        raw = read_columnar(data, place.name, kind)
    elif kind == "jsonl":
        raw = read_jsonlines(data, place.name)
    else:
        raw = read_delimited(data, place.name)
    raw.notes.extend(notes)
    return raw


def text_format(data: bytes, name: str) -> str:
    """Tell JSON lines from CSV: the first sign decides, the name only if that is missing."""
    head = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")
    is_json = head.startswith((b"{", b"[")) or format_by_name(name) == "jsonl"
    return "jsonl" if is_json else "csv"


def refuse_foreign(data: bytes, name: str) -> None:
    """Raise if the first bytes are those of something else than a table."""
    for magic, what in _FOREIGN:
        if data.startswith(magic):
            raise InputError(
                f"{name} is {what}, not a table that can be read."
                "\n\nHint: save or unpack it as CSV, Parquet, JSON lines or Arrow IPC."
            )


def no_rows(parts: Sequence[Part]) -> InputError:
    """Return the error that says what there is instead of rows."""
    names = ", ".join(part.name for part in parts[:3])
    if len(parts) == 1 and not parts[0].columns:
        return InputError(f"{names} is empty.\n\nHint: give a table with at least one payment.")
    known = dict.fromkeys(name for part in parts for name in part.columns)
    columns = ", ".join(map(repr, list(known)[:30]))
    return InputError(
        f"{names} has columns ({columns}) and no rows.\n\nHint: give a table with at least one payment."
        if columns
        else f"{names} are empty.\n\nHint: give a table with at least one payment."
    )
