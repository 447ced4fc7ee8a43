"""Where users stand, partition by partition: before a job, and after it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from outlay.features.state import States
from outlay.pipeline.draw import BUCKETS, buckets

_USERS: Final = 20_000


def split_states(states: States, folder: Path, partitions: int) -> None:
    """Write where each partition's users stand before the job."""
    frame = states.to_frame()
    owner = buckets(frame["id"]).astype(np.int64) * partitions // BUCKETS
    for place in np.unique(owner).tolist():
        frame.filter(pl.Series(owner == place)).write_ipc(_before_path(folder, place))


def states_before(folder: Path, place: int) -> States:
    """Return where a partition's users stood before the job."""
    path = _before_path(folder, place)
    return States.from_frame(pl.read_ipc(path)) if path.is_file() else States.empty()


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
    before, after = _before_path(folder, place), states_path(folder, place)
    if not before.is_file():
        return pl.scan_ipc(after) if after.is_file() else States.empty().to_frame().lazy()
    old = States.from_frame(pl.read_ipc(before))
    if not after.is_file():
        return old.to_frame().sort("id").lazy()
    merged = folder / f"moved-{place:05}"
    old.merged(States.from_frame(pl.read_ipc(after))).to_frame().write_ipc(merged)
    return pl.scan_ipc(merged)


def _bounds(ids: pl.Series, edges: pl.Series) -> list[int]:
    return [0, *ids.search_sorted(edges, side="left").to_list(), len(ids)]


def states_path(folder: Path, place: int) -> Path:
    """Return where it is written how a partition's users stand after the job."""
    return folder / f"states-{place:05}"


def _before_path(folder: Path, place: int) -> Path:
    return folder / f"before-{place:05}"
