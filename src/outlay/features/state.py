"""The states of users and counterparties, between two runs."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import polars as pl

from outlay.features._kernels import Floats, Ints
from outlay.features._reading import bring

LAST_SEEN = 7
"""Which word of a state says when the user paid last; see `_kernels.dump`."""


@dataclass(frozen=True, slots=True)
class States:
    """Every user's state, one behind the other, in the order of the user ids.

    ``words[offsets[k]:offsets[k + 1]]`` is that of ``ids[k]``; see `_kernels.dump`.
    """

    ids: pl.Series
    offsets: Ints
    words: Floats

    @classmethod
    def empty(cls) -> Self:
        """Return the states of nobody."""
        return cls(pl.Series("id", [], pl.String), np.zeros(1, np.int64), np.empty(0))

    def places(self, ids: pl.Series) -> Ints:
        """Return where each of ``ids`` stands here, -1 for the unknown."""
        return _places(self.ids, ids)

    def last_seen(self, ids: pl.Series) -> Floats:
        """Return when each of ``ids`` paid last, in microseconds since 1970; NaN for the unknown."""
        places = self.places(ids)
        known = places >= 0
        seen = np.full(len(ids), np.nan)
        seen[known] = self.words[self.offsets[places[known]] + LAST_SEEN]
        return seen

    def of(self, user_id: str) -> Floats:
        """Return one user's state, empty for the unknown."""
        place = int(self.places(pl.Series([user_id]))[0])
        return (
            self.words[self.offsets[place] : self.offsets[place + 1]] if place >= 0 else np.empty(0)
        )

    def merged(self, newer: Self) -> Self:
        """Return these states with ``newer`` ones in the place of the same users'."""
        order = _merged(self.ids, newer.ids)
        starts = np.concatenate([self.offsets[:-1], newer.offsets[:-1] + self.words.size])
        lengths = np.concatenate([np.diff(self.offsets), np.diff(newer.offsets)])[order]
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        words = np.empty(int(offsets[-1]))
        bring(self.words, newer.words, starts[order], offsets, words)
        return type(self)(pl.concat([self.ids, newer.ids]).gather(order), offsets, words)

    def to_frame(self) -> pl.DataFrame:
        """Return one row a user: id, state (list of float64)."""
        owner = pl.Series(np.repeat(np.arange(len(self.ids)), np.diff(self.offsets)))
        lists = (
            pl.DataFrame({"owner": owner.cast(pl.Int64).set_sorted(), "state": self.words})
            .group_by("owner", maintain_order=True)
            .agg(pl.col("state").cast(pl.Float64))
        )
        return pl.DataFrame({"id": self.ids.alias("id"), "state": lists["state"]})

    @classmethod
    def from_frame(cls, frame: pl.DataFrame) -> Self:
        """Take up what `to_frame` returned."""
        frame = _sorted(frame)
        offsets = np.concatenate(
            [[0], frame["state"].list.len().cast(pl.Int64).cum_sum().to_numpy()]
        )
        words = (
            frame["state"].explode(empty_as_null=False).to_numpy() if len(frame) else np.empty(0)
        )
        return cls(frame["id"], offsets.astype(np.int64), words.astype(np.float64))


@dataclass(frozen=True, slots=True)
class Counterparties:
    """Every counterparty's state: count, mean and sum of squares of the log amounts, (n, 3)."""

    ids: pl.Series
    moments: Floats

    @classmethod
    def empty(cls) -> Self:
        """Return the states of nobody."""
        return cls(pl.Series("id", [], pl.String), np.empty((0, 3)))

    def taken(self, ids: pl.Series) -> Floats:
        """Return the states of ``ids``, (n, 3), zeros for the unknown."""
        moments = np.zeros((len(ids), 3))
        place = _places(self.ids, ids)
        moments[place >= 0] = self.moments[place[place >= 0]]
        return moments

    def merged(self, newer: Self) -> Self:
        """Return these states with ``newer`` ones in the place of the same counterparties'."""
        order = _merged(self.ids, newer.ids)
        ids = pl.concat([self.ids, newer.ids]).gather(order)
        return type(self)(ids, np.concatenate([self.moments, newer.moments])[order])

    def to_frame(self) -> pl.DataFrame:
        """Return one row a counterparty: id, n, mean, m2."""
        n, mean, m2 = self.moments.T
        return pl.DataFrame({"id": self.ids.alias("id"), "n": n, "mean": mean, "m2": m2})

    @classmethod
    def from_frame(cls, frame: pl.DataFrame) -> Self:
        """Take up what `to_frame` returned."""
        frame = _sorted(frame)
        return cls(frame["id"], frame.select("n", "mean", "m2").to_numpy())


def _sorted(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame in the order of its ids: they are searched by halving."""
    return frame if frame["id"].is_sorted() else frame.sort("id")


def _places(known: pl.Series, ids: pl.Series) -> Ints:
    """Return where each of ``ids`` stands in ``known``, which is sorted; -1 for the unknown."""
    if not len(known):
        return np.full(len(ids), -1)
    places: Ints = known.search_sorted(ids).to_numpy().astype(np.int64)
    near = np.minimum(places, len(known) - 1)
    return np.where((known.gather(near) == ids).to_numpy(), near, -1)


def _merged(older: pl.Series, newer: pl.Series) -> Ints:
    """Return the places, in one behind the other, of all ids in their order; the newer of two."""
    places = _places(older, newer)
    kept = np.delete(np.arange(len(older)), places[places >= 0])
    before = np.searchsorted(kept, older.search_sorted(newer).to_numpy())
    return np.insert(kept, before, len(older) + np.arange(len(newer)))
