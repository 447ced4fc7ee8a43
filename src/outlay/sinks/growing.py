"""Tables that are written block by block: no more than a few blocks are in memory."""

import queue
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Self

import polars as pl
from polars.io.plugins import register_io_source

from outlay.sinks.cells import joined, safe_frame
from outlay.sinks.files import output_error, system_code
from outlay.sinks.table import PARQUET

_GROUP: Final = 3 << 15


class GrowingParquet:
    """A Parquet file that grows by a block at a time; used as a context manager.

    Polars writes on its own threads, and fetches the blocks from a short queue.

    Parameters
    ----------
    path
        Where the file is to lie.
    group
        Rows a row group: so many are held until they are written.
    into
        The file at ``path`` where it is open and is to be written on, from where it stands.
    """

    def __init__(self, path: Path, *, group: int = _GROUP, into: IO[bytes] | None = None) -> None:
        self._path, self._group, self._into = path, group, into
        self._blocks: queue.Queue[pl.DataFrame | None] = queue.Queue(1)
        self._thread: threading.Thread | None = None
        self._error: Exception | None = None
        self._is_off = False

    def write(self, block: pl.DataFrame) -> None:
        """Append a block; what went wrong with an earlier one shows here."""
        if self._thread is None:
            self._begin(block.schema)
        self._put(block)

    def __enter__(self) -> Self:
        """Wait for the first block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Write what is left."""
        if self._thread is None:
            return
        self._is_off = error is not None
        with suppress(*[Exception] if self._is_off else []):
            self._put(None)
            self._thread.join()
            self._raise()

    def _begin(self, schema: pl.Schema) -> None:
        def blocks(*_: Any) -> Iterator[pl.DataFrame]:
            while (block := self._blocks.get()) is not None:
                yield block
            if self._is_off:
                raise InterruptedError

        def work() -> None:
            try:
                register_io_source(blocks, schema=schema).sink_parquet(
                    self._into or self._path,
                    row_group_size=self._group,
                    maintain_order=True,
                    **PARQUET,
                )
            except Exception as error:  # noqa: BLE001 - raised where the next block is given
                self._error = error

        self._thread = threading.Thread(target=work, daemon=True)
        self._thread.start()

    def _put(self, block: pl.DataFrame | None) -> None:
        while True:
            with suppress(queue.Full):
                self._raise()
                self._blocks.put(block, timeout=0.1)
                return
            if self._thread is not None and not self._thread.is_alive():
                self._raise()
                return

    def _raise(self) -> None:
        if self._error is None:
            return
        if (code := system_code(self._error)) is not None:
            raise output_error(self._path, code) from self._error
        raise self._error


class GrowingCsv:
    """A CSV that grows by a block at a time; used as a context manager.

    With ``is_safe`` no cell is left that a spreadsheet would run.
    """

    def __init__(self, path: Path, *, is_safe: bool) -> None:
        self._file = path.open("wb")
        self._told = is_safe
        self._has_header = False

    def write(self, block: pl.DataFrame) -> None:
        """Append a block."""
        cells = safe_frame(block) if self._told else joined(block)
        cells.write_csv(self._file, include_header=not self._has_header)
        self._has_header = True

    def __enter__(self) -> Self:
        """Begin with the first block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file."""
        self._file.close()
