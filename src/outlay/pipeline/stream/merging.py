"""Verdicts and reasons, block by block, in the order of the input."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from outlay.decision import Books, allot
from outlay.features.arrange import time_order
from outlay.pipeline.ask import with_plugged
from outlay.pipeline.judge import decided, decision_frame, held_to
from outlay.pipeline.model import Model
from outlay.pipeline.reason_columns import reasons
from outlay.pipeline.scored import scored_columns
from outlay.pipeline.stream.ahead import Ahead
from outlay.pipeline.stream.judging import Part, all_shares, answers_path, kept, shares_path
from outlay.pipeline.stream.packing import unpacked
from outlay.pipeline.stream.pieces import PieceFile, write_array
from outlay.pipeline.stream.taken import Longs, Taken
from outlay.pipeline.stream.windows import windows
from outlay.pipeline.threshold import met_by
from outlay.pipeline.verdicts import Answered
from outlay.schema.table import Columns
from outlay.schema.words import spelled

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The tail share that each transaction is held to: one for all, or one each.

    ``largest`` is the largest of them, ``books`` what is owed after the last transaction.
    """

    books: Books
    largest: float
    one: float | None = None

    def of(self, taken: Taken, chunk: int) -> Floats:
        """Return those of a chunk's transactions."""
        if self.one is not None:
            return np.full(int(taken.rows[chunk].sum()), self.one)
        begin, end = taken.starts[chunk : chunk + 2].tolist()
        path = thresholds_path(taken.folder)
        return np.fromfile(path, np.float64, end - begin, offset=8 * begin)


def frozen(model: Model, taken: Taken) -> Thresholds:
    """Return the one threshold for transactions that the model was trained on, or on some of."""
    share = met_by(model, all_shares(taken), taken.total)
    return Thresholds(model.books, share, share)


def allotted(model: Model, taken: Taken) -> Thresholds:
    """Go through all transactions in time, as the budget allows alerts."""
    budget, books = model.config.alerts.budget(), model.books
    largest, held = 0.0, _Held(taken)
    for window in windows(taken):
        order = time_order(window)
        shares = held.shares(window)
        times = window["timestamp"].to_physical().to_numpy()
        found = allot(shares, times, order, budget, books)
        books = found.books
        largest = max(largest, float(found.alert_share.max()))
        held.keep(window, found.alert_share)
    held.close()
    return Thresholds(books, largest)


class _Held:
    """All transactions' shares and thresholds, on the disk: a window may touch any of them."""

    def __init__(self, taken: Taken) -> None:
        self._starts, self._left = taken.starts, taken.total
        self._shares = shares_path(taken.folder)
        self._thresholds = thresholds_path(taken.folder)
        with self._thresholds.open("wb") as file:  # a full disk shows here, not in the memory map
            for rows in np.diff(self._starts).tolist():
                write_array(file, np.zeros(rows))

    def shares(self, window: pl.DataFrame) -> Floats:
        """Return the window's shares."""
        return np.memmap(self._shares, np.float64, "r")[self._rows(window)]

    def keep(self, window: pl.DataFrame, thresholds: Floats) -> None:
        """Keep the window's thresholds."""
        np.memmap(self._thresholds, np.float64, "r+")[self._rows(window)] = thresholds
        self._left -= window.height

    def close(self) -> None:
        """Make sure that every row came."""
        if self._left:
            raise RuntimeError("a transaction was not held to any threshold")

    def _rows(self, window: pl.DataFrame) -> Longs:
        rows: Longs = self._starts[window["chunk"].to_numpy()] + window["place"].to_numpy()
        return rows


def thresholds_path(folder: Path) -> Path:
    """Return where the thresholds lie."""
    return folder / "thresholds"


class Block(NamedTuple):
    """Scored transactions, and their places in the input where they do not stand in its order."""

    rows: pl.DataFrame
    numbers: pl.Series | None = None


class Blocks:
    """The scored blocks: a chunk's transactions with all answers, verdicts and reasons."""

    def __init__(
        self,
        model: Model,
        taken: Taken,
        parts: list[Part],
        thresholds: Thresholds,
        input_columns: list[str],
    ) -> None:
        self._model, self._taken, self._parts = model, taken, parts
        self._thresholds, self._input_columns = thresholds, input_columns
        self._files = {
            place: PieceFile(answers_path(taken.folder, place))
            for place, part in enumerate(parts)
            if any(span.rows for span in part.spans)
        }

    def all(self) -> Iterator[Block]:
        """Yield the scored transactions of all chunks, made a little ahead."""
        yield from Ahead(map(self._block, range(len(self._taken.chunks))))

    def _block(self, chunk: int) -> Block:
        """Return the scored transactions of a chunk, in the order of the input if that is wanted."""
        pieces = [
            self._files[place].read(part.spans[chunk])
            for place, part in enumerate(self._parts)
            if part.spans[chunk].rows
        ]
        if not pieces:  # a chunk of duplicates
            return Block(pl.DataFrame())
        features, found = unpacked(pieces)
        table = kept(self._taken.chunk(chunk)).hstack(features)
        held = self._thresholds.of(self._taken, chunk)
        rows = spelled(scored_block(self._model, table, found, held, self._input_columns))
        numbers = table["row_number"]
        if self._model.config.output.order == "any":
            return Block(rows, numbers)
        return Block(rows[numbers.arg_sort()])

    def close(self) -> None:
        """Give the files back."""
        for file in self._files.values():
            file.close()


def scored_block(
    model: Model,
    table: pl.DataFrame,
    found: Answered,
    thresholds: Floats,
    input_columns: list[str],
) -> pl.DataFrame:
    """Return transactions as they stand in the scored table, its words not `spelled`."""
    whole = scored_rows(model, table, found, thresholds)
    return whole.select(scored_columns(input_columns, whole.columns, model.config.output))


def scored_rows(
    model: Model, table: pl.DataFrame, found: Answered, thresholds: Floats
) -> pl.DataFrame:
    """Return transactions with all that is known and decided of them."""
    columns = Columns.of(table)
    verdicts = decided(model, columns, found, held_to(model, found, thresholds))
    whole = table.hstack(decision_frame(model, verdicts))
    whole = whole.with_columns(reasons(model, columns, verdicts))
    return with_plugged(whole, found.answers)
