"""Where the users of all partitions stand, as one table in the order of their ids."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from outlay.features import Pasts
from outlay.pipeline.stream.judging import states_path

_USERS: Final = 20_000


def merged_states(folder: Path, partitions: int, before: Pasts) -> Iterator[pl.DataFrame]:
    """Yield the states of all users, some thousand at a time: those of ``before`` who did not pay too."""
    paths = [states_path(folder, place) for place in range(partitions)]
    paths = [path for path in paths if path.is_file()]
    ids = [pl.scan_ipc(path).select("id").collect()["id"] for path in paths]
    moved = pl.concat(ids)
    left = before.users.to_frame()
    left = left.filter(~pl.col("id").is_in(moved.implode()))
    every = pl.concat([moved, left["id"]]).sort()
    edges = every.gather(np.arange(_USERS, len(every), _USERS))
    bounds = [_bounds(own, edges) for own in (*ids, left["id"])]
    for at in range(len(edges) + 1):
        parts = [
            pl.scan_ipc(path).slice(own[at], own[at + 1] - own[at]).collect()
            for path, own in zip(paths, bounds, strict=False)
            if own[at + 1] > own[at]
        ]
        begin, end = bounds[-1][at : at + 2]
        yield pl.concat([*parts, left[begin:end]]).sort("id")


def _bounds(ids: pl.Series, edges: pl.Series) -> list[int]:
    return [0, *ids.search_sorted(edges, side="left").to_list(), len(ids)]
