"""The states of users and counterparties, between two runs."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import polars as pl

from outlay.features._kernels import Floats, Ints

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
        if not len(self.ids):
            return np.full(len(ids), -1)
        known = pl.Series(np.arange(len(self.ids)))
        found = ids.replace_strict(self.ids, known, default=-1, return_dtype=pl.Int64)
        return found.to_numpy()

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
        frame = pl.concat([self.to_frame(), newer.to_frame()])
        return self.from_frame(frame.unique("id", keep="last").sort("id"))

    def to_frame(self) -> pl.DataFrame:
        """Return one row a user: id, state (list of float64)."""
        flat = pl.Series(self.words, dtype=pl.Float64)
        lengths = np.diff(self.offsets)
        owner = pl.Series(np.repeat(np.arange(len(self.ids)), lengths), dtype=pl.Int64)
        lists = (
            pl.DataFrame({"owner": owner, "state": flat})
            .group_by("owner", maintain_order=True)
            .agg("state")
        )
        return pl.DataFrame({"id": self.ids.alias("id"), "state": lists["state"]})

    @classmethod
    def from_frame(cls, frame: pl.DataFrame) -> Self:
        """Take up what `to_frame` returned."""
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
        if len(self.ids):
            known = pl.Series(np.arange(len(self.ids)))
            place = ids.replace_strict(
                self.ids, known, default=-1, return_dtype=pl.Int64
            ).to_numpy()
            moments[place >= 0] = self.moments[place[place >= 0]]
        return moments

    def merged(self, newer: Self) -> Self:
        """Return these states with ``newer`` ones in the place of the same counterparties'."""
        frame = pl.concat([self.to_frame(), newer.to_frame()])
        return self.from_frame(frame.unique("id", keep="last").sort("id"))

    def to_frame(self) -> pl.DataFrame:
        """Return one row a counterparty: id, n, mean, m2."""
        n, mean, m2 = self.moments.T
        return pl.DataFrame({"id": self.ids.alias("id"), "n": n, "mean": mean, "m2": m2})

    @classmethod
    def from_frame(cls, frame: pl.DataFrame) -> Self:
        """Take up what `to_frame` returned."""
        return cls(frame["id"], frame.select("n", "mean", "m2").to_numpy())
