"""A delimited text in parts of bounded size, each read as the whole would be."""

from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO, Final

import numpy as np

from outlay.schema.intake.raw import MAX_CELL, Raw
from outlay.sources.careful import find_records_carefully
from outlay.sources.delimited import Body, Head, find_sound_records, read_head, read_rows
from outlay.sources.dialect import Dialect
from outlay.sources.jsonlines import read_jsonlines
from outlay.sources.plain_text import Text

_HEAD: Final = 1 << 22
_TRIES: Final = 64


def head_of(text: Text, name: str) -> Head | None:
    """Return what the first lines of a delimited text say."""
    return read_head(text.head(_HEAD), name)


def delimited_parts(text: Text, head: Head, name: str, size: int) -> Iterator[Raw]:
    """Yield the rows in parts of about ``size`` bytes; row numbers begin anew in each."""
    with text.path.open("rb") as file:
        file.seek(text.start + head.end)
        left = text.end - text.start - head.end
        data = b""
        while left or data:
            data, left = _filled(file, data, left, size)
            body = Body(data, head.dialect, head.names, text.is_damaged)
            if not left:
                yield read_rows(body, find_sound_records(body), name, [])
                return
            cut = _cut(data, head.dialect)
            part = replace(body, data=data[:cut])
            records = find_sound_records(part) if cut else None
            if records is None:
                data, left = _filled(file, data, left, size + 4 * MAX_CELL)
                cut = _careful_cut(replace(body, data=data), size)
                part = replace(body, data=data[:cut])
            yield read_rows(part, records, name, [])
            data = data[cut:]


def _filled(file: BinaryIO, data: bytes, left: int, size: int) -> tuple[bytes, int]:
    more = min(max(size - len(data), 0), left)
    return (data + file.read(more) if more else data), left - more


def _cut(data: bytes, dialect: Dialect) -> int:
    """Return where the last record ends, if quotes are where they belong; 0 if none does."""
    cut = data.rfind(b"\n") + 1
    odd = data.count(dialect.quote, 0, cut) % 2
    for _ in range(_TRIES):
        if not cut or not odd:
            break
        before = data.rfind(b"\n", 0, cut - 1) + 1
        odd = (odd + data.count(dialect.quote, before, cut)) % 2
        cut = before
    return 0 if odd else cut


def _careful_cut(body: Body, size: int) -> int:
    """Return where the last record ends that begins in the first ``size`` bytes."""
    records = find_records_carefully(body.data, body.dialect, len(body.names))
    place = int(np.searchsorted(records.starts, size))
    return int(records.starts[place]) if place < len(records.starts) else len(body.data)


def json_parts(text: Text, name: str, size: int) -> Iterator[Raw]:
    """Yield the rows of JSON lines in parts of about ``size`` bytes."""
    with text.path.open("rb") as file:
        file.seek(text.start)
        left, data = text.end - text.start, b""
        while left or data:
            data, left = _filled(file, data, left, max(size, 2 * len(data)))
            cut = data.rfind(b"\n") + 1 if left else len(data)
            if not cut:
                continue
            yield read_jsonlines(data[:cut], name)
            data = data[cut:]
