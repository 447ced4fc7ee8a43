"""The first pass: read, accept, and lay down by user."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np
import polars as pl

from outlay.pipeline.draw import BUCKETS, buckets, counted
from outlay.pipeline.stream.ahead import ahead
from outlay.pipeline.stream.layout import Layout
from outlay.pipeline.stream.pieces import Span, write_piece
from outlay.pipeline.stream.repeats import Ids
from outlay.pipeline.stream.taken import Chunk, Taken
from outlay.schema.intake import Accepted, Intake, Raw, Whole, accept
from outlay.schema.intake.account import nothing_left
from outlay.schema.intake.raw import REJECTED, Part
from outlay.sources import Parts

_MOST_REASONS: Final = 100_000


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
    """Lay down the accepted transactions by user; `told` hears how many rows have been read.

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
    entry, last = Entry(Taken(folder)), Raw.of(pl.DataFrame())
    with (folder / "rejected").open("wb") as aside:
        for raw, accepted in ahead(accepted_parts(parts, intake, layout.chunk_rows, whole)):
            _add(entry, accepted, aside)
            if accepted.transactions.height:
                _lay_down(entry, accepted, layout.partitions)
            told(entry.n_read)
            last = raw
    if not entry.taken.chunks:
        raise nothing_left(_all(last, entry, parts), entry.mapping, whole.reasons)
    entry.taken.count()
    return entry


def _add(entry: Entry, accepted: Accepted, aside: BinaryIO) -> None:
    entry.n_read += accepted.n_read
    entry.n_rejected += len(accepted.rejected)
    entry.rejected.append(write_piece(aside, accepted.rejected))
    entry.reasons.update(dict(accepted.rejected["reason"].value_counts().iter_rows()))
    if len(entry.reasons) > 2 * _MOST_REASONS:
        entry.reasons = Counter(dict(entry.reasons.most_common(_MOST_REASONS)))
    entry.notes += [note for note in accepted.notes if note]
    entry.mapping, entry.input_columns = accepted.mapping, accepted.input_columns
    entry.currency = accepted.currency


def _lay_down(entry: Entry, accepted: Accepted, partitions: int) -> None:
    """Write a part's transactions, those of each partition of users together."""
    taken, frame = entry.taken, accepted.transactions
    places = buckets(frame["user_id"])
    taken.counts += counted(places)
    owner = (places.astype(np.int64) * partitions) // BUCKETS
    order = np.argsort(owner, kind="stable")
    bounds = np.searchsorted(owner[order], np.arange(partitions + 1))
    sorted_ = frame[pl.Series(order)] if partitions > 1 else frame
    name = f"chunk-{len(taken.chunks):05}"
    with (taken.folder / name).open("wb") as file:
        spans = [
            write_piece(file, sorted_[int(begin) : int(end)]) for begin, end in pairwise(bounds)
        ]
    numbers, times = frame["row_number"], frame["timestamp"]
    taken.chunks.append(
        Chunk(name, spans, numbers[0], numbers[-1], times.min(), times.max())  # type: ignore[arg-type]
    )
    taken.schema = dict(frame.schema)
    if "transaction_id" in accepted.mapping:
        entry.ids = entry.ids or Ids(taken.folder)
        entry.ids.add(frame["transaction_id"])


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
