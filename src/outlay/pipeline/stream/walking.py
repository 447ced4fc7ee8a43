"""An input in time order, chunk after chunk: no row of it leaves its place.

Twice: first the detectors are asked, so that it is known how bad the worst transactions are; then
everything is decided and worded, and the scored table written. The features are made both times,
which costs less than keeping them.
"""

import os
from collections.abc import Collection, Iterator
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from outlay.features import Records, Register, Walk
from outlay.features.counterparties import COLUMNS
from outlay.pipeline.ask import looked_at
from outlay.pipeline.judge import answered
from outlay.pipeline.model import Model
from outlay.pipeline.progress import Progress
from outlay.pipeline.settings import Config
from outlay.pipeline.stream.ahead import ahead
from outlay.pipeline.stream.judging import Part, kept, shares_path
from outlay.pipeline.stream.merging import Block, Thresholds, scored_block
from outlay.pipeline.stream.packing import packed, unpacked
from outlay.pipeline.stream.pieces import read_whole, write_array, write_whole
from outlay.pipeline.stream.taken import Taken
from outlay.schema.table import Columns

WINDOW: Final = 2
"""Chunks that are walked through at a time."""
_AHEAD: Final = 2
KEEP_EVERY = 16_000_000
"""Rows after which it is kept where a walk stands."""
_WALK: Final = "walk-"
_WORDS_A_USER: Final = 120
_WORDS_A_ROW: Final = 1.5
"""What users' states come to, roughly: a little over what was seen."""


def can_walk(taken: Taken, register: Register | None, config: Config, room: int) -> bool:
    """Return whether an input can be walked through: in time order, by states that likely fit."""
    if register is None or config.history != "past":
        return False
    words = _WORDS_A_USER * len(register.users) + _WORDS_A_ROW * taken.total
    return 8 * words <= room


class Given(NamedTuple):
    """What is read of a chunk."""

    at: int
    payments: Records
    met: NDArray[np.float64]
    transactions: pl.DataFrame
    answers: pl.DataFrame


class Walker:
    """Goes through an input with a model.

    Parameters
    ----------
    model
        Its users' states are not looked at: the walk has them.
    taken, register
        The input.
    room
        Bytes that the users' states may take.
    """

    def __init__(self, model: Model, taken: Taken, register: Register, room: int) -> None:
        self._model, self._taken = model, taken
        self.walk = Walk(model.population, register, room)

    def move(self) -> Iterator[int]:
        """Move the users on and judge nothing; yield how many rows are done."""
        done = 0
        for at in range(len(self._taken.chunks)):
            payments = self._taken.walked(at)
            self.walk.move([payments])
            done += payments.size
            yield done

    def judge(self, say: Progress) -> Part:
        """Ask the detectors of all transactions; return how many users there are.

        Now and then it is kept where the walk stands, so that a job that was stopped goes on there.
        """
        folder, begin = self._taken.folder, 0
        for begin in kept_walks(folder)[-1:]:
            self.walk.resume(_walk_path(folder, begin))
        wanted = looked_at(self._model.detectors)
        with shares_path(folder).open("r+b" if begin else "wb") as shares:
            shares.truncate(8 * int(self._taken.starts[begin]))
            shares.seek(0, os.SEEK_END)
            for given, table in ahead(self._tables(begin, wanted, keep=True)):
                _note(folder, given.at)  # all before is done, and kept is how the walk stood then
                found = answered(self._model, Columns.of(table))
                write_whole(answers_path(folder, given.at), packed(pl.DataFrame(), found))
                write_array(shares, found.share)
                say.rows(int(self._taken.starts[given.at + 1]), self._taken.total)
        return self.part()

    def blocks(self, thresholds: Thresholds, input_columns: list[str]) -> Iterator[Block]:
        """Yield the scored transactions, in the order of the input."""
        for given, table in ahead(self._tables(0, None, answers=True)):
            if not table.height:  # a chunk of duplicates
                continue
            _, found = unpacked([given.answers])
            held = thresholds.of(self._taken, given.at)
            yield Block(scored_block(self._model, table, found, held, input_columns))

    def _tables(
        self,
        begin: int,
        wanted: Collection[str] | None,
        *,
        keep: bool = False,
        answers: bool = False,
    ) -> Iterator[tuple[Given, pl.DataFrame]]:
        """Yield each chunk's transactions with their features; some chunks are walked at a time."""
        starts, since = self._taken.starts, begin
        chunks = range(begin, len(self._taken.chunks))
        read = ahead((self._read(at, wanted, answers=answers) for at in chunks), _AHEAD)
        while window := list(islice(read, WINDOW)):
            tables, met = [given.payments for given in window], [given.met for given in window]
            for given, features in zip(window, self.walk.steps(tables, met, wanted), strict=True):
                yield given, given.transactions.hstack(features)
            after = window[-1].at + 1
            if keep and starts[after] - starts[since] >= KEEP_EVERY:
                self.walk.keep(_fresh(_walk_path(self._taken.folder, after)))
                since = after

    def _read(self, at: int, wanted: Collection[str] | None, *, answers: bool) -> Given:
        taken = self._taken
        payments = taken.walked(at)
        return Given(
            at,
            payments,
            met_in_time(taken.folder, at, payments.size),
            kept(taken.chunk(at, wanted)),
            read_whole(answers_path(taken.folder, at)) if answers else pl.DataFrame(),
        )

    def states(self) -> Iterator[pl.DataFrame]:
        """Yield where the users stand, in the order of their ids; see `States.to_frame`."""
        return (states.to_frame() for states in self.walk.states())

    def part(self) -> Part:
        """Return how many users there are, and how many too little is known of."""
        counts = self.walk.payments_of_users()
        cold = int((counts - 1 < self._model.config.policy.min_history).sum())
        return Part([], counts.size, cold)


def keep_met(folder: Path, at: int, met: NDArray[np.float64]) -> None:
    """Write the counterparties' features of a chunk's rows, (2, rows)."""
    with _met_path(folder, at).open("wb") as file:
        write_array(file, met)


def met_in_time(folder: Path, at: int, rows: int) -> NDArray[np.float64]:
    """Return what `keep_met` wrote."""
    return np.fromfile(_met_path(folder, at), np.float64).reshape(len(COLUMNS), rows)


def _met_path(folder: Path, at: int) -> Path:
    return folder / f"met-in-time-{at:05}"


def answers_path(folder: Path, chunk: int) -> Path:
    """Return where the detectors' answers on a chunk lie."""
    return folder / f"answered-{chunk:05}"


def kept_walks(folder: Path) -> list[int]:
    """Return before which chunks it is kept how a walk stood."""
    return sorted(int(path.stem.removeprefix(_WALK)) for path in folder.glob(f"{_WALK}?????.npz"))


def _walk_path(folder: Path, at: int) -> Path:
    return folder / f"{_WALK}{at:05}.npz"


def _fresh(path: Path) -> Path:
    return path.with_name(f"new-{path.name}")


def _note(folder: Path, at: int) -> None:
    path = _walk_path(folder, at)
    if _fresh(path).is_file():
        _fresh(path).replace(path)
        for older in kept_walks(folder)[:-1]:
            _walk_path(folder, older).unlink()
