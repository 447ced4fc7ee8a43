"""Verdicts and reasons, block by block, in the order of the input."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from outlay.decision import Allotted, Books, allot
from outlay.features.arrange import time_order
from outlay.pipeline.ask import with_plugged
from outlay.pipeline.judge import decided, decision_frame
from outlay.pipeline.model import Model
from outlay.pipeline.reasons import reasons
from outlay.pipeline.scored import scored_columns
from outlay.pipeline.stream.judging import Part, all_shares, answers_path, kept, shares_of
from outlay.pipeline.stream.packing import unpacked
from outlay.pipeline.stream.pieces import PieceFile
from outlay.pipeline.stream.taken import Taken
from outlay.pipeline.stream.windows import windows
from outlay.pipeline.threshold import met_by
from outlay.pipeline.verdicts import Answered
from outlay.schema.table import Columns

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
        return np.fromfile(taken.folder / f"thresholds-{chunk:05}", np.float64)


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
    """The shares and thresholds of the chunks that a window touches."""

    def __init__(self, taken: Taken) -> None:
        self._taken = taken
        self._shares: dict[int, Floats] = {}
        self._thresholds: dict[int, Floats] = {}
        self._left = {at: int(taken.rows[at].sum()) for at in range(len(taken.chunks))}

    def shares(self, window: pl.DataFrame) -> Floats:
        """Return the window's shares."""
        found = np.empty(window.height)
        for at, rows, places in self._by_chunk(window):
            found[rows] = self._shares[at][places]
        return found

    def keep(self, window: pl.DataFrame, thresholds: Floats) -> None:
        """Keep the window's thresholds; a chunk that has all of its own is written."""
        for at, rows, places in self._by_chunk(window):
            self._thresholds[at][places] = thresholds[rows]
            self._left[at] -= rows.size
            if not self._left[at]:
                self._thresholds.pop(at).tofile(self._taken.folder / f"thresholds-{at:05}")
                del self._shares[at]

    def close(self) -> None:
        """Write what is left: nothing, if every row came."""
        if any(self._left.values()):
            raise RuntimeError("a transaction was not held to any threshold")

    def _by_chunk(
        self, window: pl.DataFrame
    ) -> list[tuple[int, NDArray[np.int64], NDArray[np.uint32]]]:
        chunks, places = window["chunk"].to_numpy(), window["place"].to_numpy()
        found = []
        for at in np.unique(chunks).tolist():
            if at not in self._shares:
                self._shares[at] = shares_of(self._taken, at)
                self._thresholds[at] = np.empty(self._shares[at].size)
            rows = np.flatnonzero(chunks == at)
            found.append((at, rows, places[rows]))
        return found


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

    def block(self, chunk: int) -> Block:
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
        whole = scored_rows(self._model, table, found, self._thresholds.of(self._taken, chunk))
        numbers = whole["row_number"]
        rows = whole.select(scored_columns(self._input_columns, whole.columns))
        if self._model.config.output.order == "any":
            return Block(rows, numbers)
        return Block(rows[numbers.arg_sort()])

    def close(self) -> None:
        """Give the files back."""
        for file in self._files.values():
            file.close()


def scored_rows(
    model: Model, table: pl.DataFrame, found: Answered, thresholds: Floats
) -> pl.DataFrame:
    """Return transactions with all that is known and decided of them."""
    held = found.share <= thresholds
    allotted = Allotted(held, thresholds, np.zeros(held.size), model.books)
    columns = Columns.of(table)
    verdicts = decided(model, columns, found, allotted)
    whole = table.hstack(decision_frame(model, verdicts))
    whole = whole.with_columns(reasons(model, columns, verdicts))
    return with_plugged(whole, found.answers)
