"""CSV and its kin: separator, quotes and encoding found out, only broken records lost."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from outlay.errors import InputError
from outlay.schema.intake.raw import MAX_CELL, REJECTED, Part, Raw
from outlay.schema.intake.text import bounded, counted
from outlay.sources.careful import find_records_carefully, split_record
from outlay.sources.dialect import Dialect, column_names, find_dialect
from outlay.sources.encoding import is_utf8, to_utf8
from outlay.sources.records import BROKEN, Records, find_records

Mask = npt.NDArray[np.bool_]
Rejections = list[tuple[int, str, str, str]]

_MAX_SHOWN_BYTES: Final = 2_000


@dataclass(frozen=True, slots=True)
class Body:
    """What stands below the header."""

    data: bytes
    dialect: Dialect
    names: list[str]
    is_damaged: bool


def read_delimited(data: bytes, name: str) -> Raw:
    """Return the rows of a delimited text, all values as text."""
    data, is_damaged, notes = to_utf8(data, name)
    if b"\r" in data and b"\n" not in data:
        data = data.replace(b"\r", b"\n")  # as old Macs wrote
    if data.endswith((b"\n\n", b"\r\n\r\n", b"\r")):
        data = data.rstrip(b"\r\n")
    head = read_head(data, name)
    if head is None:
        return Raw(pl.DataFrame(), _numbers([]), _table([]), 0, (Part(name, (), 0),), notes)
    body = Body(data[head.end :], head.dialect, head.names, is_damaged)
    return read_rows(body, find_sound_records(body), name, [*notes, *head.notes])


@dataclass(frozen=True, slots=True)
class Head:
    """The dialect and the columns' names, where they end, and what to know of them."""

    dialect: Dialect
    names: list[str]
    end: int
    notes: list[str]


def read_head(data: bytes, name: str) -> Head | None:
    """Return what the first lines say; nothing if there are none."""
    dialect, start = find_dialect(data)
    start += len(data) - start - len(data[start:].lstrip(b"\r\n"))
    if start >= len(data):
        return None
    fields, start = _header(data, start, dialect, name)
    names, told = column_names(fields, name)
    if dialect.separator != b"," or dialect.quote != b'"':
        told = [f"{name}: {dialect.note}", *told]
    return Head(dialect, names, start, told)


def _header(data: bytes, start: int, dialect: Dialect, name: str) -> tuple[list[bytes], int]:
    line_end = data.find(b"\n", start)
    line_end = len(data) if line_end < 0 else line_end
    found = split_record(data, start, line_end, dialect)
    if found is None:
        raise InputError(
            f"the line of column names in {name} has broken quotes: "
            f"{data[start : start + 80].decode('utf-8', 'replace')!r}."
            "\n\nHint: mend the first line; a quote inside a quoted name is written twice."
        )
    return found[0], found[1] + 1


def find_sound_records(body: Body) -> Records | None:
    """Return the records, or ``None`` if quotes are not where they belong."""
    records = find_records(body.data, body.dialect)
    return None if records is None or _has_swallowed(body, records) else records


def read_rows(body: Body, records: Records | None, name: str, notes: list[str]) -> Raw:
    """Return the rows of the records; without records the body is read line by line."""
    sorted_out = None if records is None else _sort_out(body, records)
    frame = None if sorted_out is None else _parse(body, sorted_out)
    if frame is None or sorted_out is None:
        records = find_records_carefully(body.data, body.dialect, len(body.names))
        sorted_out = _sort_out(body, records)
        frame = _parse(body, sorted_out)
    if frame is None:
        raise InputError(
            f"{name} cannot be read as CSV."
            "\n\nHint: check how its values are quoted, or give it as Parquet."
        )
    if sorted_out.n_blank:
        lines = counted(sorted_out.n_blank, "blank line")
        notes.append(f"{name}: {lines} skipped, and not counted as rows")
    part = Part(name, tuple(body.names), sorted_out.n_read)
    rejected = _table(sorted_out.rejected)
    return Raw(frame, sorted_out.row_number, rejected, sorted_out.n_read, (part,), notes)


def _has_swallowed(body: Body, records: Records) -> bool:
    """Say whether a record over several lines has the wrong number of fields: an unclosed quote."""
    if body.dialect.quote not in body.data:
        return False
    odd = np.flatnonzero(records.fields != len(body.names)).tolist()
    return any(body.data.find(b"\n", records.starts[at], records.ends[at]) >= 0 for at in odd)


@dataclass(frozen=True, slots=True)
class _SortedOut:
    """The text of the good records, their row numbers, and what is wrong with the others."""

    good: bytes
    row_number: pl.Series
    rejected: Rejections
    n_read: int
    n_blank: int


def _sort_out(body: Body, records: Records) -> _SortedOut:
    blank = _blank(body, records)
    number = np.cumsum(~blank, dtype=np.int64)
    reasons = _reasons(body, records, blank)
    keep = ~blank
    keep[list(reasons)] = False
    rejected = [
        (int(number[at]), field, reason, _line(body, records, at))
        for at, (field, reason) in sorted(reasons.items())
    ]
    good = _kept(body.data, records, keep)
    n_blank = int(blank.sum())
    return _SortedOut(good, _numbers(number[keep]), rejected, len(number) - n_blank, n_blank)


def _blank(body: Body, records: Records) -> Mask:
    """Say which records are blank lines: those are no rows."""
    blank: Mask = records.lengths == 0
    candidates = ~blank & (records.fields == 1)
    if len(body.names) == 1:
        candidates &= records.lengths == 1
    for at in np.flatnonzero(candidates):
        blank[at] = not body.data[records.starts[at] : records.ends[at]].strip()
    return blank


def _reasons(body: Body, records: Records, blank: Mask) -> dict[int, tuple[str, str]]:
    width = len(body.names)
    reasons: dict[int, tuple[str, str]] = {}
    for at in np.flatnonzero((records.fields != width) & ~blank).tolist():
        reasons[at] = ("row", _miscounted(int(records.fields[at]), width))
    for at in np.flatnonzero((records.lengths > MAX_CELL) & (records.fields == width)).tolist():
        too_long = _too_long(body, records, at)
        if too_long:
            reasons[at] = too_long
    if body.is_damaged:
        for at in _invalid(body, records):
            reasons.setdefault(at, ("row", "row has bytes that are not UTF-8"))
    return reasons


def _miscounted(fields: int, width: int) -> str:
    if fields == BROKEN:
        return "row has broken quotes"
    return f"row has {counted(fields, 'field')} where the header has {width}"


def _too_long(body: Body, records: Records, at: int) -> tuple[str, str] | None:
    start, end = int(records.starts[at]), int(records.ends[at])
    record = body.data[start:end]
    found = split_record(record, 0, len(record), body.dialect)
    fields = found[0] if found else []
    for name, value in zip(body.names, fields, strict=False):
        if len(value) > MAX_CELL:
            return name, f"{name} has {len(value):,} bytes, more than {MAX_CELL:,}"
    return None


def _invalid(body: Body, records: Records) -> list[int]:
    odd = np.flatnonzero(np.frombuffer(body.data, np.uint8) > 127)  # noqa: PLR2004
    rows = np.unique(np.searchsorted(records.starts, odd, side="right") - 1).tolist()
    spans = ((at, records.starts[at], records.ends[at]) for at in rows)
    return [at for at, start, end in spans if not is_utf8(body.data[start:end])]


def _line(body: Body, records: Records, at: int) -> str:
    start, end = int(records.starts[at]), int(records.ends[at])
    text = body.data[start : min(end, start + _MAX_SHOWN_BYTES)].decode("utf-8", "replace")
    return bounded(text.rstrip("\r"))


def _kept(data: bytes, records: Records, keep: Mask) -> bytes:
    """Return the text of the records to keep, each run of them cut out as a whole."""
    if keep.all() and not records.rewritten:
        return data
    cuts = ~keep
    cuts[list(records.rewritten)] = True
    edges = np.flatnonzero(np.diff(np.concatenate(([True], cuts, [True])).astype(np.int8)))
    pieces = {
        int(first): data[records.starts[first] : records.ends[last - 1]]
        for first, last in zip(edges[::2], edges[1::2], strict=True)
    }
    pieces |= {at: text for at, text in records.rewritten.items() if keep[at]}
    return b"\n".join(pieces[at] for at in sorted(pieces))


def _parse(body: Body, sorted_out: _SortedOut) -> pl.DataFrame | None:
    """Let Polars split the records; ``None`` if it sees others than we do."""
    schema = dict.fromkeys(body.names, pl.String)
    if not sorted_out.good:
        return pl.DataFrame(schema=schema)
    try:
        frame = pl.read_csv(
            sorted_out.good,
            has_header=False,
            schema=schema,
            separator=body.dialect.separator.decode(),
            quote_char=body.dialect.quote.decode(),
        )
    except pl.exceptions.PolarsError:
        return None
    return frame if frame.height == len(sorted_out.row_number) else None


def _numbers(numbers: npt.NDArray[np.int64] | list[int]) -> pl.Series:
    return pl.Series("row_number", numbers, dtype=pl.Int64)


def _table(rejected: Rejections) -> pl.DataFrame:
    return pl.DataFrame(rejected, schema=REJECTED, orient="row")
