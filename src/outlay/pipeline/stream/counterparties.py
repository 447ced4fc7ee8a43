"""The counterparties' features of all transactions, kept by chunk."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from outlay.features import Pasts, Population
from outlay.features.counterparties import COLUMNS, CounterpartyPass
from outlay.features.state import Counterparties
from outlay.pipeline.stream.pieces import write_array
from outlay.pipeline.stream.taken import Taken
from outlay.pipeline.stream.windows import windows

Floats = NDArray[np.float64]
_WIDTH = len(COLUMNS)


class Met:
    """The counterparties' features on the disk: a row a transaction, in the order of the chunks."""

    def __init__(self, taken: Taken) -> None:
        self._taken = taken

    def partition(self, place: int) -> Floats:
        """Return the features of a partition's transactions, (n, 2)."""
        parts = [np.zeros((0, _WIDTH))]
        for at in range(len(self._taken.chunks)):
            within = self._taken.within(at)
            begin, end = int(within[place]), int(within[place + 1])
            if end > begin:
                found = np.fromfile(
                    _path(self._taken.folder, at),
                    np.float64,
                    (end - begin) * _WIDTH,
                    offset=8 * _WIDTH * begin,
                )
                parts.append(found.reshape(-1, _WIDTH))
        return np.concatenate(parts)


def meet(taken: Taken, population: Population, pasts: Pasts) -> tuple[Met, Counterparties]:
    """Take all transactions through their counterparties' states."""
    if "counterparty_id" not in taken.schema:
        for at in range(len(taken.chunks)):
            _write(taken, at, np.full((int(taken.rows[at].sum()), _WIDTH), np.nan))
        return Met(taken), Counterparties.empty()
    walk = CounterpartyPass(population, pasts.counterparties)
    scatter = _Scatter(taken)
    for window in windows(taken):
        order, found = walk.step(window)
        chunks = window["chunk"].to_numpy()[order]
        scatter.add(chunks, window["place"].to_numpy()[order], found)
    scatter.close()
    return Met(taken), walk.states()


def met_before(taken: Taken, population: Population) -> Met:
    """Return the features that lie on the disk; they are made where a walk did without them."""
    last = _path(taken.folder, len(taken.chunks) - 1)  # it is written last
    return Met(taken) if last.is_file() else meet(taken, population, Pasts())[0]


class _Scatter:
    """Puts rows that come in time order back to where their chunks have them."""

    def __init__(self, taken: Taken) -> None:
        self._taken = taken
        for at in range(len(taken.chunks)):
            _loose(taken.folder, at).write_bytes(b"")

    def add(self, chunks: NDArray[np.uint32], places: NDArray[np.uint32], found: Floats) -> None:
        order = np.argsort(chunks, kind="stable")
        ids, starts = np.unique(chunks[order], return_index=True)
        for at, begin, end in zip(ids, starts, [*starts[1:], order.size], strict=True):
            rows = order[begin:end]
            with _loose(self._taken.folder, int(at)).open("ab") as file:
                write_array(file, np.column_stack([places[rows], found[rows]]))

    def close(self) -> None:
        for at in range(len(self._taken.chunks)):
            loose = _loose(self._taken.folder, at)
            rows = np.fromfile(loose, np.float64).reshape(-1, 1 + _WIDTH)
            found = np.empty((rows.shape[0], _WIDTH))
            found[rows[:, 0].astype(np.int64)] = rows[:, 1:]
            _write(self._taken, at, found)
            loose.unlink()


def _loose(folder: Path, at: int) -> Path:
    return folder / f"met-loose-{at:05}"


def _path(folder: Path, at: int) -> Path:
    return folder / f"met-{at:05}"


def _write(taken: Taken, at: int, found: Floats) -> None:
    with _path(taken.folder, at).open("wb") as file:
        write_array(file, found)
