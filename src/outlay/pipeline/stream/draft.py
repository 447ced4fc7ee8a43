"""The scored table of a walk: what is known of a transaction at once, and in the end the rest.

Which transactions become alerts depends on how bad the worst of all are. So the columns that say so
are written last, behind the others in the same file. Until then the transactions that may still
become alerts are kept: the longer the walk, the fewer of those that it meets.
"""

import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from outlay.pipeline.model import Model
from outlay.pipeline.progress import Progress
from outlay.pipeline.stream.ahead import Ahead, behind
from outlay.pipeline.stream.merging import Thresholds, scored_block
from outlay.pipeline.stream.packing import packed, some, unpacked
from outlay.pipeline.stream.pieces import read_whole, write_whole
from outlay.pipeline.stream.taken import Taken
from outlay.pipeline.threshold import Threshold, threshold_of
from outlay.pipeline.verdicts import Answered
from outlay.schema.words import spelled
from outlay.sinks.files import to_disk_meanwhile
from outlay.sinks.growing import GrowingParquet
from outlay.sinks.report.tally import Tally
from outlay.sinks.stitching import Image, row_groups, stitch

PENDING: Final = ("severity", "outcome", "is_alert", "reasons")
"""What depends on the threshold; the reasons, since an alert has more of them."""
_NOBODY: Final = -1.0
"""A threshold that no tail share reaches."""
_ALWAYS: Final = "rule_always_alert"
_PLACE: Final = "place"
_AT_ONCE: Final = 8
"""Chunks whose alerts are put into words at a time: some thousand."""


class Kept(NamedTuple):
    """What is kept of a chunk: its pending columns, and all that is known of likely alerts."""

    chunk: int
    pending: pl.DataFrame
    contenders: pl.DataFrame
    answers: pl.DataFrame


_KINDS: Final = Kept._fields[1:]


class Section(NamedTuple):
    """The chunks up to ``after``, and where in the file their columns lie."""

    after: int
    image: Image


class Draft:
    """A scored table that is being written.

    Parameters
    ----------
    model, taken
        With what, and what.
    input_columns
        The input's own columns.
    threshold
        What is known of the tail share that transactions will be held to; by default it is the one
        with which the model meets its budget among them.
    """

    def __init__(
        self,
        model: Model,
        taken: Taken,
        input_columns: list[str],
        threshold: Threshold | None = None,
    ) -> None:
        self._model, self._taken, self._input_columns = model, taken, input_columns
        self.path = taken.folder / "scored.parquet"
        self._notes = taken.folder / "sections.json"
        self._sections = _noted(self._notes)
        self._threshold = threshold or threshold_of(model, taken.total)
        self._tally, self._schema = Tally(model.forest_threshold), pl.Schema()

    @property
    def is_there(self) -> bool:
        """Whether the file has all sections that were noted."""
        end = self._end()
        return not end or (self.path.is_file() and self.path.stat().st_size >= end)

    def clear(self) -> None:
        """Take everything away."""
        for path in (self.path, self._notes):
            path.unlink(missing_ok=True)

    @contextmanager
    def section(self, chunks: range) -> Iterator[Callable[[int, pl.DataFrame, Answered], None]]:
        """Give what adds a chunk's transactions; in the end note that all of the chunks are there."""
        self._sections = [each for each in self._sections if each.after <= chunks.start]
        begin = self._end()
        with self._appended(begin) as table, behind() as later:
            yield partial(self._add, table, later)
        self._sections.append(Section(chunks.stop, Image(begin, self._size())))
        fresh = self._notes.with_suffix(".new")
        fresh.write_text(json.dumps(self._sections), encoding="utf-8")
        fresh.replace(self._notes)

    def _add(
        self,
        table: GrowingParquet,
        later: Callable[..., None],
        chunk: int,
        rows: pl.DataFrame,
        found: Answered,
    ) -> None:
        """Write what is known of a chunk's transactions, and keep what the rest is made of."""
        self._threshold.add(found.share)
        may_be = found.share <= self._threshold.most
        at = np.flatnonzero(may_be | found.answers.given[_ALWAYS])
        held = np.full(found.share.size, _NOBODY)
        scored = scored_block(self._model, rows, found, held, self._input_columns)
        known = scored.drop(PENDING)
        table.write(known)
        # Polars serves who waits in turn: its other work is not to hold up who judges
        later(self._tally.count, known)
        later(self._keep, chunk, scored.select(PENDING), rows, at, found)

    def _keep(
        self,
        chunk: int,
        pending: pl.DataFrame,
        rows: pl.DataFrame,
        at: NDArray[np.intp],
        found: Answered,
    ) -> None:
        """Keep what a chunk's pending columns are, and all that is known of those who may be alerts."""
        answers = packed(pl.DataFrame({_PLACE: at}), some(found, at))
        for kind, table in zip(_KINDS, (pending, rows[at], answers), strict=True):
            write_whole(self._kept(kind, chunk), table)

    def finish(self, thresholds: Thresholds, say: Progress) -> Tally:
        """Write what was not known, and return what is counted of the whole table."""
        with ThreadPoolExecutor(1) as aside:
            known = [aside.submit(row_groups, self.path, each.image) for each in self._sections]
            pending: list[Image] = []
            at = 0
            for after, _ in self._sections:
                begin = self._size() if pending else self._end()
                with self._appended(begin) as table:
                    for chunk, rows in Ahead(self._settled(range(at, after), thresholds), _AT_ONCE):
                        table.write(rows)
                        say.rows(int(self._taken.starts[chunk + 1]), self._taken.total)
                pending.append(Image(begin, self._size()))
                at = after
        sections = [
            (groups.result(), row_groups(self.path, image))
            for groups, image in zip(known, pending, strict=True)
        ]
        stitch(self.path, sections, self._schema)
        return self._tally if self._tally.rows == self._taken.total else self._counted()

    def _settled(self, chunks: range, thresholds: Thresholds) -> Iterator[tuple[int, pl.DataFrame]]:
        """Yield each chunk's columns that depend on the threshold; its alerts are counted."""
        left = [chunk for chunk in chunks if self._taken.rows[chunk].any()]  # not all duplicates
        batches = (left[at : at + _AT_ONCE] for at in range(0, len(left), _AT_ONCE))
        for batch in Ahead(map(self._read, batches)):
            places, alerts = self._alerts(batch, thresholds)
            words, told = alerts.select(PENDING), spelled(alerts)
            self._tally.settle(told)
            self._schema = told.schema
            for kept, at in zip(batch, places, strict=True):
                mine, words = words[: at.size], words[at.size :]
                source = np.arange(kept.pending.height)
                source[at] = kept.pending.height + np.arange(at.size)
                yield kept.chunk, pl.concat([kept.pending, mine], rechunk=True)[source]

    def _read(self, chunks: list[int]) -> list[Kept]:
        paths = [[self._kept(kind, chunk) for kind in _KINDS] for chunk in chunks]
        return [
            Kept(chunk, *map(read_whole, own)) for chunk, own in zip(chunks, paths, strict=True)
        ]

    def _alerts(
        self, batch: list[Kept], thresholds: Thresholds
    ) -> tuple[list[NDArray[np.int64]], pl.DataFrame]:
        """Return where each of some chunks has its alerts, and all that is known of them."""
        places, found = unpacked([kept.answers for kept in batch])
        at, ends = places[_PLACE].to_numpy(), np.cumsum([kept.answers.height for kept in batch])
        held = np.concatenate(
            [
                thresholds.of(self._taken, kept.chunk)[kept.answers[_PLACE].to_numpy()]
                for kept in batch
            ]
        )
        among = np.flatnonzero((found.share <= held) | found.answers.given[_ALWAYS])
        rows = pl.concat([kept.contenders for kept in batch])
        alerts = scored_block(
            self._model, rows[among], some(found, among), held[among], self._input_columns
        )
        return np.split(at[among], np.searchsorted(among, ends[:-1])), alerts

    def blocks(self) -> Iterator[pl.DataFrame]:
        """Yield the finished table, about a chunk at a time."""
        starts, whole = self._taken.starts.tolist(), pl.scan_parquet(self.path, glob=False)
        for begin, end in pairwise(starts):
            yield whole.slice(begin, end - begin).collect()

    def _counted(self) -> Tally:
        """Count a table of which an earlier process wrote some sections."""
        tally = Tally(self._model.forest_threshold)
        for block in self.blocks():
            tally.add(block)
        return tally

    @contextmanager
    def _appended(self, begin: int) -> Iterator[GrowingParquet]:
        """Give a table that grows behind the first bytes of the file; what else lay there is gone."""
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o666)
        with os.fdopen(handle, "r+b", buffering=0) as file:
            if self._size() > begin:  # a file that was ever cut to nothing is flushed when closed
                file.truncate(begin)
            file.seek(begin)
            with to_disk_meanwhile(self.path), GrowingParquet(self.path, into=file) as table:
                yield table

    def _end(self) -> int:
        """Return where the last section ends."""
        return self._sections[-1].image.end if self._sections else 0

    def _size(self) -> int:
        return self.path.stat().st_size

    def _kept(self, kind: str, chunk: int) -> Path:
        return self._taken.folder / f"{kind}-{chunk:05}"


def _noted(path: Path) -> list[Section]:
    if not path.is_file():
        return []
    noted: list[Any] = json.loads(path.read_bytes())
    return [Section(after, Image(*image)) for after, image in noted]
