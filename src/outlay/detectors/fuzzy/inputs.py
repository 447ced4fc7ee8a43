"""From features to the four inputs of the rules: how unusual amount, time, velocity, novelty are.

Each input has one signal, in units that mean something (standard deviations, or surprise in nats),
and a signal's *level* is how far out it lies in training's upper tail: 0 for the lowest value, 0.33
for one in 10, 0.67 for one in 100, 1 for one in 1,000 and rarer. So the rules' terms mean the same
on every data set, and no label is used.
"""

from dataclasses import dataclass
from functools import cache, cached_property
from typing import Final, Self

import numpy as np
import polars as pl

from outlay.detectors.fuzzy._kernels import levels, signals
from outlay.detectors.fuzzy.program import GRID, Floats, Ints
from outlay.detectors.given import features_given, some_rows
from outlay.jit import in_chunks, side_by_side
from outlay.schema.heap import heap
from outlay.schema.table import Columns

WHO: Final = "fuzzy detector"
"""What messages call it."""

INPUTS: Final = ("amount", "time", "velocity", "novelty")
DECADES: Final = 3.0
"""A level of 1 is one in ten to this power."""

NEW: Final = ("new_counterparty", "new_device", "new_country")
FEATURES: Final = (
    "prior_count",
    "amount_oddity",
    "hour_rarity",
    "gap_surprise",
    "burst_1h",
    "burst_24h",
    "type_rarity",
    *NEW,
)
"""What the inputs are made of, in the order in which the kernel takes them."""
CHUNK: Final = 1 << 12
"""Rows at a time: what is made of them stays in the cache."""


@dataclass(frozen=True)
class Inputs:
    """What training says about the inputs.

    Parameters
    ----------
    surprise
        How surprising each kind of novelty is, in nats: -ln of its share in training.
    knots
        For each input the signal at each level of the grid; NaN where training knew none.
    """

    surprise: Floats
    knots: Floats

    @classmethod
    def fit(cls, table: pl.DataFrame) -> Self:
        """Learn from a training table, whatever the order of its rows."""
        columns = Columns.of(table)
        features = dict(zip(FEATURES, features_given(columns, FEATURES, WHO), strict=True))
        surprise = np.array([_surprise(features[name]) for name in NEW])
        signal = np.empty((len(INPUTS), table.height))

        def part(start: int, stop: int) -> None:
            signal[:, start:stop] = signals(gathered(columns, start, stop), surprise)

        in_chunks(part, table.height)
        knots = side_by_side(lambda number: _knots(signal[number]), len(INPUTS))
        return cls(surprise, np.array(knots))

    def levels(self, table: Columns, names: tuple[str, ...]) -> Floats:
        """Return the levels of ``names``, an input a row; NaN where a row does not tell."""
        out = np.empty((len(names), table.height))
        levels(gathered(table, 0, table.height), *self.learned(names), out)
        return out

    def learned(self, names: tuple[str, ...]) -> tuple[Floats, Ints, Floats, Floats]:
        """Return what the kernel takes for the levels of ``names``."""
        return self.surprise, _places(names), self._trees, self.knots

    @cached_property
    def _trees(self) -> Floats:
        return np.array([heap(knots) for knots in self.knots])

    def damage(self) -> str:
        """Return what is wrong with what was read from a file, or nothing."""
        if self.surprise.shape != (len(NEW),) or self.knots.shape != (len(INPUTS), len(GRID)):
            return "its arrays have other shapes than its inputs"
        if not np.isfinite(self.surprise).all() or np.isinf(self.knots).any():
            return "its arrays hold numbers that are not finite"
        known = self.knots[~np.isnan(self.knots).any(axis=1)]
        if (np.diff(known, axis=1) < 0).any():
            return "its levels do not rise"
        return ""


@cache
def _places(names: tuple[str, ...]) -> Ints:
    return np.array([INPUTS.index(name) for name in names], np.int64)


def gathered(table: Columns, start: int, stop: int) -> Floats:
    """Return some rows of the features, a feature a row."""
    return some_rows(features_given(table, FEATURES, WHO), start, stop)


def _surprise(flags: Floats) -> float:
    """Return -ln of the share of ones, as if one more payment of each kind had been seen."""
    known = flags[~np.isnan(flags)]
    return float(-np.log((known.sum() + 1) / (len(known) + 2)))


def _knots(signal: Floats) -> Floats:
    """Return the signal at each level of the grid."""
    known = signal[np.isfinite(signal)]
    if not len(known):
        return np.full_like(GRID, np.nan)
    above = len(known) * 10.0 ** (-DECADES * GRID)
    places = len(known) - np.maximum(above.round(), 1).astype(np.int64)
    knots: Floats = np.sort(known)[places]  # a fifth of the time of finding so many places alone
    return knots
