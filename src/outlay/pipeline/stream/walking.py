"""An input in time order, chunk after chunk: no row of it leaves its place."""

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import chain, islice, pairwise
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from outlay.features import Population, Records, Walk
from outlay.features.counterparties import COLUMNS
from outlay.pipeline.judge import answered
from outlay.pipeline.model import Model
from outlay.pipeline.progress import Progress
from outlay.pipeline.settings import Config
from outlay.pipeline.stream.ahead import Ahead
from outlay.pipeline.stream.draft import Draft
from outlay.pipeline.stream.judging import Part, kept, shares_path
from outlay.pipeline.stream.pieces import keep_array, write_array
from outlay.pipeline.stream.taken import Taken
from outlay.pipeline.verdicts import Answered
from outlay.schema.table import Columns

WINDOW: Final = 2
"""Chunks that are walked through at a time."""
_AHEAD: Final = 2
KEEP_EVERY = 16_000_000
"""Rows after which it is kept where a walk stands."""
WALK: Final = "walk-"
_WORDS_A_USER: Final = 120
_WORDS_A_ROW: Final = 1.5
"""What users' states come to, roughly: a little over what was seen."""


def can_walk(taken: Taken, config: Config, room: int) -> bool:
    """Return whether an input can be walked through: in time order, by states that likely fit."""
    if taken.register is None or not taken.is_in_time or config.history != "past":
        return False
    words = _WORDS_A_USER * len(taken.register.users) + _WORDS_A_ROW * taken.total
    return 8 * words <= room


class Given(NamedTuple):
    """What is read of a chunk."""

    at: int
    payments: Records
    met: NDArray[np.float64]
    transactions: pl.DataFrame


Walked = tuple[Given, pl.DataFrame]
"""What was read of a chunk, and its transactions with their features."""


class Walker:
    """Goes through an input.

    Parameters
    ----------
    population
        The prior of users without a past.
    taken
        The input.
    room
        Bytes that the users' states may take.
    """

    def __init__(self, population: Population, taken: Taken, room: int) -> None:
        self._taken = taken
        self.walk = Walk(population, taken.who, room)
        self._sections: list[range] = []
        self._tables: Ahead[Walked] | None = None

    def move(self) -> Iterator[int]:
        """Move the users on and judge nothing; yield how many rows are done."""
        done = 0
        for at in range(len(self._taken.chunks)):
            payments = self._taken.walked(at)
            self.walk.move([payments])
            done += payments.size
            yield done

    def set_off(self, walked: Callable[[], object]) -> None:
        """Begin to walk, from where it is kept that somebody stood; there are soon a few chunks.

        ``walked`` is called when the users stand where they will, while the last are still judged.
        """
        begin = max(kept_walks(self._taken.folder), default=0)
        if begin:
            self.walk.resume(_walk_path(self._taken.folder, begin))
        self._sections = self._cut(begin)
        self._tables = Ahead(self._walked(walked))

    def close(self) -> None:
        """Go no further; who walks has the walker, so that it would not end by itself."""
        if self._tables is not None:
            self._tables.close()

    def _cut(self, begin: int) -> list[range]:
        """Return the chunks between which it is kept where the walk stands."""
        starts, last = self._taken.starts, len(self._taken.chunks)
        edges = [begin]
        for after in range(begin + WINDOW, last, WINDOW):
            if starts[after] - starts[edges[-1]] >= KEEP_EVERY:
                edges.append(after)
        return [range(*edge) for edge in pairwise([*edges, last])]

    def _walked(self, walked: Callable[[], object]) -> Iterator[Walked]:
        """Yield each chunk's transactions with their features; some chunks are walked at a time."""
        keep_before = {chunks.stop for chunks in self._sections[:-1]}
        read = Ahead(map(self._read, chain.from_iterable(self._sections)), _AHEAD)
        while window := list(islice(read, WINDOW)):
            tables, met = [given.payments for given in window], [given.met for given in window]
            for given, features in zip(window, self.walk.steps(tables, met), strict=True):
                yield given, given.transactions.hstack(features)
            if (after := window[-1].at + 1) in keep_before:
                self.walk.keep(_fresh(_walk_path(self._taken.folder, after)))
        walked()

    def judge(self, model: Model, draft: Draft, say: Progress) -> None:
        """Ask the detectors of what is walked through, and write what can be said of it at once.

        Now and then it is kept where the walk stands, so that a job that was stopped goes on there.
        """
        folder, starts, begin = self._taken.folder, self._taken.starts, self._sections[0].start
        with (
            shares_path(folder).open("r+b" if begin else "wb") as shares,
            closing(Ahead(self._answered(model))) as tables,
        ):
            shares.truncate(8 * int(starts[begin]))
            shares.seek(0, os.SEEK_END)
            for chunks in self._sections:
                with draft.section(chunks) as add:
                    for given, table, found in islice(tables, len(chunks)):
                        _note(folder, given.at)  # all before is done, and kept is how it stood then
                        if found:
                            write_array(shares, found.share)
                            add(given.at, table, found)
                        say.rows(int(starts[given.at + 1]), self._taken.total)
            next(tables, None)  # there are no more, but it may not be over

    def _answered(self, model: Model) -> Iterator[tuple[Given, pl.DataFrame, Answered | None]]:
        """Yield what is walked through and what the detectors say, of a chunk of duplicates nothing."""
        tables, self._tables = self._tables or (), None
        for given, table in tables:
            yield given, table, answered(model, Columns.of(table)) if table.height else None

    def _read(self, at: int) -> Given:
        taken = self._taken
        payments = taken.walked(at)
        met = met_in_time(taken.folder, at, payments.size)
        return Given(at, payments, met, kept(taken.chunk(at, coded=True)))

    def states(self) -> Iterator[pl.DataFrame]:
        """Yield where the users stand, in the order of their ids; see `States.to_frame`."""
        return (states.to_frame() for states in self.walk.states())

    def part(self, min_history: int, paid: NDArray[np.bool_] | None = None, seen: int = 0) -> Part:
        """Return how many users there are, and how many have no such history.

        Not all that have a state need have ``paid``; ``seen`` is as in `Part`.
        """
        counts = self.walk.payments_of_users(paid)
        cold = int((counts - 1 < min_history).sum())
        return Part([], counts.size, cold, seen)


def keep_met(folder: Path, at: int, met: NDArray[np.float64]) -> None:
    """Write the counterparties' features of a chunk's rows, (2, rows)."""
    keep_array(_met_path(folder, at), met)


def met_in_time(folder: Path, at: int, rows: int) -> NDArray[np.float64]:
    """Return what `keep_met` wrote."""
    return np.fromfile(_met_path(folder, at), np.float64).reshape(len(COLUMNS), rows)


def _met_path(folder: Path, at: int) -> Path:
    return folder / f"met-in-time-{at:05}"


def kept_walks(folder: Path) -> list[int]:
    """Return before which chunks it is kept how a walk stood."""
    return sorted(int(path.stem.removeprefix(WALK)) for path in folder.glob(f"{WALK}?????.npz"))


def _walk_path(folder: Path, at: int) -> Path:
    return folder / f"{WALK}{at:05}.npz"


def _fresh(path: Path) -> Path:
    return path.with_name(f"new-{path.name}")


def _note(folder: Path, at: int) -> None:
    path = _walk_path(folder, at)
    if _fresh(path).is_file():
        _fresh(path).replace(path)
        for older in kept_walks(folder)[:-1]:
            _walk_path(folder, older).unlink()
