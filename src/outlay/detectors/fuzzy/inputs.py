"""From features to the four inputs of the rules: how unusual amount, time, velocity, novelty are.

Each input has one signal, in units that mean something (standard deviations, or surprise in nats),
and a signal's *level* is how far out it lies in training's upper tail: 0 for the lowest value, 0.33
for one in 10, 0.67 for one in 100, 1 for one in 1,000 and rarer. So the rules' terms mean the same
on every data set, and no label is used.
"""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import polars as pl

from outlay.detectors.fuzzy._kernels import levels
from outlay.detectors.fuzzy.program import GRID, Floats
from outlay.errors import InputError, nearest

INPUTS: Final = ("amount", "time", "velocity", "novelty")
DECADES: Final = 3.0
"""A level of 1 is one in ten to this power."""

NEW: Final = ("new_counterparty", "new_device", "new_country")
FEATURES: Final = (
    "prior_count",
    "amount_zscore",
    "amount_type_zscore",
    "hour_rarity",
    "gap_surprise",
    "burst_1h",
    "burst_24h",
    *NEW,
    "type_rarity",
)
HALF_TRUSTED: Final = 10.0
"""With so many earlier payments something new counts half: to a newcomer everything is new."""


@dataclass(frozen=True, slots=True)
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
        surprise = np.array([_surprise(column) for column in _features(table).select(NEW)])
        return cls(surprise, np.array([_knots(s) for s in _signals(table, surprise)]))

    def levels(self, table: pl.DataFrame, names: tuple[str, ...] = INPUTS) -> Floats:
        """Return the levels of ``names``, an input a row; NaN where a row does not tell."""
        signals = _signals(table, self.surprise)
        out = np.empty((len(names), table.height))
        for row, name in enumerate(names):
            number = INPUTS.index(name)
            levels(signals[number], self.knots[number], out[row])
        return out

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


def _features(table: pl.DataFrame) -> pl.DataFrame:
    """Return the features the inputs are made of, unknown as null."""
    for name in FEATURES:
        if name not in table.columns:
            raise InputError(
                f"The fuzzy detector looks at {name!r}, and the table has no such column."
                f"{nearest(name, table.columns)}\n\nHint: it needs {', '.join(FEATURES)}."
            )
    return table.select(pl.col(FEATURES).cast(pl.Float64).fill_nan(None))


def _signals(table: pl.DataFrame, surprise: Floats) -> list[Floats]:
    """Return the signal of each input."""
    trust = pl.col("prior_count") / (pl.col("prior_count") + HALF_TRUSTED)
    nats = [pl.col(name) * weight * trust for name, weight in zip(NEW, surprise, strict=True)]
    kinds = [*nats, pl.col("type_rarity")]
    none = pl.all_horizontal(kind.is_null() for kind in kinds)
    signals = _features(table).select(
        amount=pl.mean_horizontal("amount_zscore", "amount_type_zscore"),
        time=pl.max_horizontal("hour_rarity", "gap_surprise"),
        velocity=pl.max_horizontal("burst_1h", "burst_24h"),
        novelty=pl.when(~none).then(pl.sum_horizontal(kinds)),
    )
    return [signals[name].fill_null(np.nan).to_numpy() for name in INPUTS]


def _surprise(column: pl.Series) -> float:
    """Return -ln of the share of ones, as if one more payment of each kind had been seen."""
    known = column.drop_nulls().to_numpy()
    return float(-np.log((known.sum() + 1) / (len(known) + 2)))


def _knots(signal: Floats) -> Floats:
    """Return the signal at each level of the grid."""
    known = signal[np.isfinite(signal)]
    if not len(known):
        return np.full_like(GRID, np.nan)
    above = len(known) * 10.0 ** (-DECADES * GRID)
    places = len(known) - np.maximum(above.round(), 1).astype(np.int64)
    knots: Floats = np.partition(known, np.unique(places))[places]
    return knots
