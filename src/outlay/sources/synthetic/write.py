"""A long table written slice by slice, so that memory holds one slice of words at a time."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import polars as pl
from polars.io.plugins import register_io_source

from outlay.errors import OutputError


def write_slices(slices: Iterator[pl.DataFrame], path: Path) -> None:
    """Write ``slices`` one below the other; ``path`` takes its name once it is whole."""
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        (_parquet if path.suffix == ".parquet" else _csv)(slices, part)
        part.replace(path)
    except OSError as error:
        with suppress(OSError):
            part.unlink()
        raise OutputError(
            f"{path} cannot be written: {error.strerror or error}.\n\n"
            "Hint: choose a folder that may be written to and has room."
        ) from error


def _csv(slices: Iterator[pl.DataFrame], path: Path) -> None:
    with path.open("wb") as file:
        for number, frame in enumerate(slices):
            frame.write_csv(file, include_header=number == 0, datetime_format="%Y-%m-%d %H:%M:%S")


def _parquet(slices: Iterator[pl.DataFrame], path: Path) -> None:
    first = next(slices)

    def source(*_: Any) -> Iterator[pl.DataFrame]:
        yield first
        yield from slices

    register_io_source(source, schema=first.schema).sink_parquet(path)
