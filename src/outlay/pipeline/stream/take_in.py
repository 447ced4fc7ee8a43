"""The first pass: read, accept, and lay down chunk by chunk."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np
import polars as pl

from outlay.features import Records, Register
from outlay.pipeline.draw import Places, buckets, buckets_of, counted
from outlay.pipeline.stream.ahead import Ahead, behind
from outlay.pipeline.stream.layout import Layout
from outlay.pipeline.stream.pieces import Span, write_piece
from outlay.pipeline.stream.repeats import Ids
from outlay.pipeline.stream.taken import Taken
from outlay.schema.intake import Accepted, Intake, Raw, Whole, accept
from outlay.schema.intake.account import nothing_left
from outlay.schema.intake.raw import REJECTED, Part
from outlay.sources import Parts

_MOST_REASONS: Final = 100_000
_MOST_WAITING: Final = 2
"""So many chunks may wait for what belongs before them."""
_LEFT: Final = 4
"""Pieces of writing that may wait, three to a chunk."""
_LATE: Final = 16
"""The last sixteenth of what was read waits: a row that comes late belongs to it."""


@dataclass(slots=True)
class Entry:
    """What accepting the input told, beside its transactions.

    Parameters
    ----------
    taken
        The transactions.
    rejected
        Where the rejected rows of each part lie.
    reasons
        How many rows were rejected why.
    ids
        The marks of all transaction ids, where the input has ids.
    mapping, input_columns, currency, notes, n_read
        As in `Accepted`.
    """

    taken: Taken
    rejected: list[Span] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)
    ids: Ids | None = None
    mapping: dict[str, str] = field(default_factory=dict)
    input_columns: list[str] = field(default_factory=list)
    currency: str | None = None
    notes: list[str] = field(default_factory=list)
    n_read: int = 0
    n_rejected: int = 0


def take_in(
    parts: Parts, intake: Intake, layout: Layout, folder: Path, told: Callable[[int], None]
) -> tuple[Entry, Whole, Intake]:
    """Lay down the accepted transactions; `told` hears how many rows have been read.

    Where a later part changes what an earlier one was read by, reading begins anew.
    """
    intake = replace(intake, now=intake.now or datetime.now(UTC))
    whole = Whole()
    while True:
        entry = _taken_in(parts, intake, layout, folder, whole, told)
        if not whole.wavering:
            return entry, whole, intake
        whole = whole.settled()


def accepted_parts(
    parts: Parts, intake: Intake, rows: int, whole: Whole
) -> Iterator[tuple[Raw, Accepted]]:
    """Yield the parts as they were read, and what was accepted of them."""
    for raw in parts.read(rows):
        yield raw, accept(raw, intake, whole)


def _taken_in(  # noqa: PLR0913, PLR0917 - from where, how, to where
    parts: Parts,
    intake: Intake,
    layout: Layout,
    folder: Path,
    whole: Whole,
    told: Callable[[int], None],
) -> Entry:
    last = Raw.of(pl.DataFrame())
    cutter = Cutter(_MOST_WAITING * layout.chunk_rows)
    with (folder / "rejected").open("wb") as aside, behind(_LEFT) as later:
        laying = Laying(folder, intake.timezone, later)
        entry = laying.entry
        for raw, accepted in Ahead(accepted_parts(parts, intake, layout.chunk_rows, whole)):
            _add(entry, accepted, aside, later)
            laying.add(cutter.cut(accepted.transactions), is_in_time=cutter.is_in_time)
            told(entry.n_read)
            last = raw
        laying.add(cutter.rest(), is_in_time=cutter.is_in_time)
    if not entry.taken.chunks:
        raise nothing_left(_all(last, entry, parts), entry.mapping, whole.reasons)
    entry.taken.count()
    return entry


def _add(entry: Entry, accepted: Accepted, aside: BinaryIO, later: Callable[..., None]) -> None:
    entry.n_read += accepted.n_read
    entry.n_rejected += len(accepted.rejected)
    entry.rejected.append(write_piece(aside, accepted.rejected))
    entry.reasons.update(dict(accepted.rejected["reason"].value_counts().iter_rows()))
    if len(entry.reasons) > 2 * _MOST_REASONS:
        entry.reasons = Counter(dict(entry.reasons.most_common(_MOST_REASONS)))
    entry.notes += [note for note in accepted.notes if note]
    entry.mapping, entry.input_columns = accepted.mapping, accepted.input_columns
    entry.currency = accepted.currency
    if "transaction_id" in accepted.mapping and accepted.transactions.height:
        entry.ids = entry.ids or Ids(entry.taken.folder)
        later(entry.ids.add, accepted.transactions["transaction_id"])


class Laying:
    """Lays transactions down, chunk by chunk, and what a walk takes of them.

    Parameters
    ----------
    folder
        Where the files are to lie.
    timezone
        In which hours and weekdays are judged.
    later
        Has the writing done; see `behind`.
    """

    def __init__(self, folder: Path, timezone: str, later: Callable[..., None]) -> None:
        self._register, self._is_in_time = Register(timezone), True
        self.entry = Entry(Taken(folder, register=self._register))
        self._later = later
        self._buckets = np.empty(0, np.uint16)  # of the users, by number

    def add(self, frame: pl.DataFrame, *, is_in_time: bool) -> None:
        """Lay down a chunk; once the input is not in time order there will be no walk."""
        self._is_in_time = self._is_in_time and is_in_time
        if not frame.height:
            return
        frame = frame.rechunk()  # else whoever reads it brings it together anew
        taken = self.entry.taken
        payments = self._register.enter(frame) if self._is_in_time else None
        taken.lay(frame, payments, self._later)
        taken.counts += counted(self._buckets_of(frame, payments))

    def _buckets_of(self, frame: pl.DataFrame, payments: Records | None) -> Places:
        if payments is None:
            return buckets(frame["user_id"])
        new = self._register.users.names()[self._buckets.size :]
        self._buckets = np.concatenate([self._buckets, buckets_of(new)])
        found: Places = self._buckets[payments["user"]]
        return found


class Cutter:
    """Cuts an input in time order, each piece later than the one before.

    Rows may stand a little out of order, as those of several sources do: the last of them wait, so
    that what comes late is still put where it belongs. What is of one moment stays together.

    Parameters
    ----------
    most
        So many rows may wait; where more would have to, the input is not in time order.
    """

    def __init__(self, most: int) -> None:
        self.is_in_time = True
        self._most = most
        self._waiting = pl.DataFrame()
        self._cut: datetime | None = None

    def cut(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return what waited and the next rows, but the last of them, which wait."""
        if not frame.height:
            return frame
        waited, self._waiting = self._waiting, pl.DataFrame()
        frame = pl.concat([waited, frame]) if waited.height else frame
        if not self.is_in_time or not self._is_later(frame):
            self.is_in_time = False
            return frame
        begin = _cut_before(frame["timestamp"], frame.height - frame.height // _LATE)
        self.is_in_time = frame.height - begin <= self._most
        if not self.is_in_time:
            return frame
        self._waiting = frame[begin:]
        if begin:
            self._cut = frame["timestamp"][:begin].max()  # type: ignore[assignment]
        return frame[:begin]

    def _is_later(self, frame: pl.DataFrame) -> bool:
        first = frame["timestamp"].min()
        return self._cut is None or bool(first > self._cut)  # type: ignore[operator]

    def rest(self) -> pl.DataFrame:
        """Return what still waits."""
        return self._waiting


def _cut_before(times: pl.Series, most: int) -> int:
    """Return the last place, ``most`` at most, before which all is earlier than behind it; or 0."""
    moments = times.to_physical().to_numpy()
    latest = np.maximum.accumulate(moments)[:-1]
    earliest = np.minimum.accumulate(moments[::-1])[::-1][1:]
    places = np.flatnonzero(latest[:most] < earliest[:most])
    return int(places[-1]) + 1 if places.size else 0


def _all(last: Raw, entry: Entry, parts: Parts) -> Raw:
    """Return what stands for the whole input in a message."""
    named = tuple(Part(name, (), 0) for name in parts.names)
    unread = pl.DataFrame(
        {"reason": [r for r, n in entry.reasons.most_common(5) for _ in range(min(n, 1000))]}
    )
    rejected = unread.clear() if last.frame.height else unread
    columns = pl.DataFrame(schema=REJECTED)
    return Raw(
        last.frame,
        last.row_number,
        pl.concat([columns, rejected], how="diagonal"),
        entry.n_read,
        named,
    )
