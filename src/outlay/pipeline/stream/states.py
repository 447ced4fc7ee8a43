"""Where users stand, partition by partition: before a job, and after it."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
import polars as pl

from outlay.features.state import States
from outlay.pipeline.draw import BUCKETS, buckets
from outlay.pipeline.stream.pieces import Span, read_pieces, scan, write_piece

_USERS: Final = 20_000
_SPANS: Final = "before.json"


def split_states(batches: Iterable[pl.DataFrame], folder: Path, partitions: int) -> None:
    """Write where each partition's users stand before the job, batch after batch."""
    spans: list[list[Span]] = [[] for _ in range(partitions)]
    for place in range(partitions):
        _before_path(folder, place).write_bytes(b"")
    for batch in batches:
        owner = buckets(batch["id"]).astype(np.int64) * partitions // BUCKETS
        for place in np.unique(owner).tolist():
            with _before_path(folder, place).open("ab") as file:
                spans[place].append(write_piece(file, batch.filter(pl.Series(owner == place))))
    (folder / _SPANS).write_bytes(msgspec.json.encode(spans))


def states_before(folder: Path, place: int) -> States:
    """Return where a partition's users stood before the job."""
    noted = folder / _SPANS
    if not noted.is_file():
        return States.empty()
    spans = msgspec.json.decode(noted.read_bytes(), type=list[list[Span]])[place]
    pieces = read_pieces(_before_path(folder, place), spans)
    return States.from_frame(pl.concat(pieces)) if pieces else States.empty()


def merged_states(folder: Path, partitions: int) -> Iterator[pl.DataFrame]:
    """Yield where all users stand, in the order of their ids, some thousand at a time."""
    frames = [_partition(folder, place) for place in range(partitions)]
    ids = [frame.select("id").collect()["id"] for frame in frames]
    edges = pl.concat(ids).sort()
    edges = edges.gather(np.arange(_USERS, len(edges), _USERS))
    bounds = [_bounds(own, edges) for own in ids]
    for at in range(len(edges) + 1):
        parts = [
            frame.slice(own[at], own[at + 1] - own[at]).collect()
            for frame, own in zip(frames, bounds, strict=True)
        ]
        yield pl.concat(parts).sort("id")


def _partition(folder: Path, place: int) -> pl.LazyFrame:
    """Return where a partition's users stand, those too who did not pay; in the order of ids."""
    old, after = states_before(folder, place), states_path(folder, place)
    new = scan(after) if after.is_file() else States.empty().to_frame().lazy()
    if not len(old.ids):
        return new
    merged = folder / f"moved-{place:05}"
    old.merged(States.from_frame(new.collect())).to_frame().write_ipc(merged)
    return scan(merged)


def _bounds(ids: pl.Series, edges: pl.Series) -> list[int]:
    return [0, *ids.search_sorted(edges, side="left").to_list(), len(ids)]


def states_path(folder: Path, place: int) -> Path:
    """Return where it is written how a partition's users stand after the job."""
    return folder / f"states-{place:05}"


def _before_path(folder: Path, place: int) -> Path:
    return folder / f"before-{place:05}"
