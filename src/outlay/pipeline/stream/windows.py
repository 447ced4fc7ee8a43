"""All transactions in windows of time: each no later than the next, whatever the input's order."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from outlay.features.arrange import TIE_BREAKERS
from outlay.pipeline.stream.pieces import Span, read_pieces, write_piece
from outlay.pipeline.stream.taken import Taken

_WANTED: Final = ("timestamp", *TIE_BREAKERS, "counterparty_id")
_HELD: Final = 4
"""So many chunks' rows may wait for earlier ones; beyond that rows are sorted on the disk."""
_SLICES: Final = 4
"""Slices of time a chunk, so that even an uneven year has slices that fit."""


def windows(taken: Taken) -> Iterator[pl.DataFrame]:
    """Yield the transactions' times and what breaks ties, with their ``chunk`` and ``place`` in it."""
    return (window for window in _windows(taken) if window.height)


def _windows(taken: Taken) -> Iterator[pl.DataFrame]:
    firsts = [chunk.first for chunk in taken.chunks]
    if _most_held(taken) > _HELD:
        yield from _by_slices(taken)
        return
    waiting = pl.DataFrame()
    for at in range(len(taken.chunks)):
        frame = _of_chunk(taken, at)
        frame = pl.concat([waiting, frame]) if waiting.height else frame
        later = [first for first in firsts[at + 1 :] if first is not None]
        if not later:
            waiting = pl.DataFrame()
            yield frame
            continue
        is_due = frame["timestamp"] < min(later)
        waiting = frame.filter(~is_due)
        if is_due.any():
            yield frame.filter(is_due)


def _most_held(taken: Taken) -> int:
    """Return how many chunks begin, at most, before another one that came earlier has ended."""
    chunks = taken.chunks
    later = np.array([chunk.first.timestamp() for chunk in chunks if chunk.first])
    ends = np.array([chunk.last.timestamp() for chunk in chunks if chunk.last])
    least = np.minimum.accumulate(later[::-1])[::-1]
    held = [int((ends[: at + 1] >= least[at + 1]).sum()) for at in range(len(chunks) - 1)]
    return max(held, default=0)


def _of_chunk(taken: Taken, at: int) -> pl.DataFrame:
    frame = taken.chunk(at)
    wanted = [name for name in dict.fromkeys(_WANTED) if name in frame.columns]
    return frame.select(
        *wanted,
        chunk=pl.lit(at, pl.UInt32),
        place=pl.int_range(frame.height, dtype=pl.UInt32),
    )


def _by_slices(taken: Taken) -> Iterator[pl.DataFrame]:
    """Write the transactions slice of time by slice of time, and read them so."""
    edges = _edges(taken)
    spans: list[list[tuple[Path, Span]]] = [[] for _ in range(len(edges) + 1)]
    for at in range(len(taken.chunks)):
        frame = _of_chunk(taken, at).sort("timestamp")
        bounds = [0, *frame["timestamp"].search_sorted(edges, side="left").to_list(), frame.height]
        path = taken.folder / f"time-{at:05}"
        with path.open("wb") as file:
            for place, (begin, end) in enumerate(pairwise(bounds)):
                if end > begin:
                    spans[place].append((path, write_piece(file, frame[begin:end])))
    for slice_ in spans:
        if slice_:
            yield pl.concat([read_pieces(path, [span])[0] for path, span in slice_])
    for at in range(len(taken.chunks)):
        (taken.folder / f"time-{at:05}").unlink()


def _edges(taken: Taken) -> pl.Series:
    """Return times that cut the transactions into slices of about equal size."""
    every = max(1, len(taken.chunks) // 16)
    some = pl.concat(
        [taken.chunk(at)["timestamp"].gather_every(97) for at in range(0, len(taken.chunks), every)]
    ).sort()
    wanted = min(_SLICES * len(taken.chunks), len(some))
    places = np.linspace(0, len(some), wanted + 1)[1:-1].astype(np.int64)
    return some.gather(places).unique().sort()
