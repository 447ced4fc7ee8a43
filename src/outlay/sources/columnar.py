"""Parquet and Arrow IPC."""

import io
from pathlib import Path

import polars as pl

from outlay.errors import InputError
from outlay.schema.intake.raw import Raw
from outlay.sources.cells import raw_of


def read_columnar(source: Path | bytes, name: str, fmt: str) -> Raw:
    """Return the rows of a Parquet or Arrow IPC file."""
    try:
        frame = _frame(source, fmt)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError) as error:
        raise unreadable(name, fmt, error) from error
    return raw_of(frame, name)


def unreadable(name: str, fmt: str, error: BaseException) -> InputError:
    """Return the error that says why a file cannot be read."""
    what = "Parquet" if fmt == "parquet" else "Arrow IPC"
    why = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
    return InputError(
        f"{name} cannot be read as {what}: {why}."
        "\n\nHint: the file may be cut off or damaged; write it again."
    )


def _frame(source: Path | bytes, fmt: str) -> pl.DataFrame:
    file = io.BytesIO(source) if isinstance(source, bytes) else source
    if fmt == "parquet":
        return pl.read_parquet(file, glob=False)
    return _ipc(file)


def _ipc(file: io.BytesIO | Path) -> pl.DataFrame:
    """Read the file format or the stream format, whichever its first bytes say."""
    head = _head(file)
    if head == b"ARROW1":
        return pl.read_ipc(file)
    return pl.read_ipc_stream(file)


def _head(file: io.BytesIO | Path) -> bytes:
    if isinstance(file, io.BytesIO):
        return file.getvalue()[:6]
    with file.open("rb") as opened:
        return opened.read(6)
