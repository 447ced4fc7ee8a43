"""JSON lines: one object a line."""

import io
import json
from typing import Any

import polars as pl

from outlay.errors import InputError
from outlay.schema.intake.raw import MAX_CELL, REJECTED, Part, Raw
from outlay.schema.intake.text import bounded
from outlay.sources.cells import raw_of
from outlay.sources.encoding import is_utf8, to_utf8


def read_jsonlines(data: bytes, name: str) -> Raw:
    """Return the rows of a JSON lines text; lines that are no objects are rejected."""
    data, is_damaged, notes = to_utf8(data, name)
    if data.lstrip()[:1] == b"[":
        raise InputError(
            f"{name} is one JSON array, not JSON lines."
            "\n\nHint: write one object a line, for example with: jq -c '.[]'"
        )
    frame = None if is_damaged else _fast(data)
    raw = _carefully(_lines(data), name) if frame is None else raw_of(frame, name)
    raw.notes.extend(notes)
    return raw


def _lines(data: bytes) -> list[bytes]:
    return [line for line in data.split(b"\n") if line.strip()]


def _fast(data: bytes) -> pl.DataFrame | None:
    """Let Polars read it all, after looking at every value; ``None`` if it cannot."""
    if not data.strip():
        return pl.DataFrame()
    try:
        frame = pl.read_ndjson(io.BytesIO(data), infer_schema_length=None)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        return None
    breaks = data.count(b"\n") + (not data.endswith(b"\n"))
    return frame if frame.height == breaks or frame.height == len(_lines(data)) else None


def _carefully(lines: list[bytes], name: str) -> Raw:
    objects: list[dict[str, Any]] = []
    numbers: list[int] = []
    rejected: list[tuple[int, str, str, str]] = []
    for number, line in enumerate(lines, start=1):
        found, reason = _object(line)
        if found is None:
            original = bounded(line[:2000].decode("utf-8", "replace").strip())
            rejected.append((number, "row", reason, original))
        else:
            objects.append(found)
            numbers.append(number)
    return _joined(raw_of(_frame(objects), name), numbers, rejected, len(lines), name)


def _joined(
    raw: Raw,
    numbers: list[int],
    rejected: list[tuple[int, str, str, str]],
    n_read: int,
    name: str,
) -> Raw:
    """Give the rows that could be read their numbers among all lines."""
    by_row = pl.Series("row_number", numbers, dtype=pl.Int64)
    large = raw.rejected.with_columns(by_row.gather(raw.rejected["row_number"] - 1))
    lines = pl.concat([pl.DataFrame(rejected, schema=REJECTED, orient="row"), large])
    part = Part(name, tuple(raw.frame.columns), n_read)
    rows = by_row.gather(raw.row_number - 1)
    return Raw(raw.frame, rows, lines.sort("row_number"), n_read, (part,))


def _object(line: bytes) -> tuple[dict[str, Any] | None, str]:
    if len(line) > 8 * MAX_CELL:
        return None, f"row has {len(line):,} bytes"
    if not is_utf8(line):
        return None, "row has bytes that are not UTF-8"
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        why = error.msg if isinstance(error, json.JSONDecodeError) else "too deep or too long"
        return None, f"row is not JSON: {why}"
    return (found, "") if isinstance(found, dict) else (None, "row is not a JSON object")


def _frame(objects: list[dict[str, Any]]) -> pl.DataFrame:
    names = list(dict.fromkeys(name for found in objects for name in found))
    return pl.DataFrame([_column(name, [found.get(name) for found in objects]) for name in names])


def _column(name: str, values: list[Any]) -> pl.Series:
    """Return one column; where its values are of several types, all as text."""
    try:
        return pl.Series(name, values, strict=True)
    except (TypeError, OverflowError, pl.exceptions.PolarsError):
        return pl.Series(name, [_text(value) for value in values], dtype=pl.String)


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value)
