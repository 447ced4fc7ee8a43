"""Records of a text whose quotes are broken, line by line, losing only the broken lines.

A quote that opens a field and is never properly closed would swallow the rest of the file. Here it
costs its own line: reading goes on at the next. Quotes inside a field that does not begin with
one (``5" pipe``) stand for themselves.
"""

from dataclasses import dataclass, field
from typing import Final

from outlay.schema.intake.raw import MAX_CELL
from outlay.sources.dialect import Dialect
from outlay.sources.records import BROKEN, Records

_MAX_WASTE: Final = 1 << 28  # bytes looked at in vain, after which a value must end on its line


@dataclass(slots=True)
class _Reader:
    data: bytes
    dialect: Dialect
    width: int
    waste: int = 0
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    fields: list[int] = field(default_factory=list)
    rewritten: dict[int, bytes] = field(default_factory=dict)

    def add(self, start: int, end: int, fields: int) -> None:
        self.starts.append(start)
        self.ends.append(end)
        self.fields.append(fields)


def find_records_carefully(data: bytes, dialect: Dialect, width: int) -> Records:
    """Return the records of ``data``; a line that cannot be a record is one with broken quotes."""
    reader = _Reader(data, dialect, width)
    start = 0
    while start < len(data):
        line_end = data.find(b"\n", start)
        line_end = len(data) if line_end < 0 else line_end
        start = _read_record(reader, start, line_end) + 1
    return Records.of(reader.starts, reader.ends, reader.fields, reader.rewritten)


def _read_record(reader: _Reader, start: int, line_end: int) -> int:
    """Add the record that begins at ``start``, and return where it ends."""
    line = reader.data[start:line_end]
    if reader.dialect.quote not in line:
        reader.add(start, line_end, line.count(reader.dialect.separator) + 1)
        return line_end
    found = split_record(reader.data, start, line_end, reader.dialect, reader.waste < _MAX_WASTE)
    if found is None or (found[1] > line_end and len(found[0]) != reader.width):
        reader.waste += MAX_CELL if found is None else found[1] - start
        reader.add(start, line_end, BROKEN)
        return line_end
    fields, end, is_plain = found
    if not is_plain:
        reader.rewritten[len(reader.starts)] = _written(fields, reader.dialect)
    reader.add(start, end, len(fields))
    return end


def split_record(
    data: bytes,
    start: int,
    line_end: int,
    dialect: Dialect,
    across_lines: bool = True,  # noqa: FBT001, FBT002
) -> tuple[list[bytes], int, bool] | None:
    """Return a record's fields, its end, and whether its quotes are where they belong.

    ``None`` if a quoted field is not closed, or is followed by more text.
    """
    fields: list[bytes] = []
    is_plain = True
    limit = max(line_end, start + MAX_CELL) if across_lines else line_end
    at = start
    while True:
        if data.startswith(dialect.quote, at):
            closed = _close(data, at + 1, limit, dialect.quote)
            if closed < 0:
                return None
            raw = data[at + 1 : closed]
            fields.append(raw.replace(dialect.quote * 2, dialect.quote))
            at = closed + 1
        else:
            line_end = _line_end(data, at, line_end)
            end = data.find(dialect.separator, at, line_end)
            end = line_end if end < 0 else end
            fields.append(data[at:end].removesuffix(b"\r") if end == line_end else data[at:end])
            is_plain &= dialect.quote not in fields[-1]
            at = end
        if data.startswith(dialect.separator, at):
            at += 1
            continue
        rest = data[at : at + 2]
        if not rest or rest.startswith(b"\n"):
            return fields, at, is_plain
        if rest in {b"\r\n", b"\r"}:
            return fields, at + 1, is_plain
        return None


def _line_end(data: bytes, at: int, known: int) -> int:
    if at <= known:
        return known
    end = data.find(b"\n", at)
    return len(data) if end < 0 else end


def _close(data: bytes, at: int, limit: int, quote: bytes) -> int:
    """Return where the quoted field that began before ``at`` closes, -1 if it does not."""
    while True:
        found = data.find(quote, at, limit)
        if found < 0 or not data.startswith(quote, found + 1):
            return found
        at = found + 2


def _written(fields: list[bytes], dialect: Dialect) -> bytes:
    quote = dialect.quote
    return dialect.separator.join(
        quote + value.replace(quote, quote * 2) + quote if value else b"" for value in fields
    )
