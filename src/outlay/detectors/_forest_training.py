"""Train the isolation forest and keep what scoring, explaining and reporting need of it."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from outlay.detectors._growing import Order
from outlay.detectors._sampling import canonical_sample
from outlay.detectors.forest import Forest
from outlay.detectors.forest_settings import ForestSettings
from outlay.detectors.grower import grown
from outlay.detectors.surprise import Raw, Surprise, as_float32
from outlay.jit import side_by_side
from outlay.schema.tail import Tail

Floats = NDArray[np.float64]

_ODDEST = 100


@dataclass(frozen=True)
class Learned:
    """A trained forest over raw values.

    Parameters
    ----------
    forest
        The trees.
    fill
        What a missing value of each feature counts as.
    threshold
        The score from which a row counts as anomalous.
    importances
        Each feature's share in what set the oddest training rows apart.
    tail
        How rare a score is in training.
    """

    forest: Forest
    fill: Floats
    threshold: float
    importances: Floats
    tail: Tail

    @cached_property
    def single_fill(self) -> NDArray[np.float32]:
        """Return the fill values as the trees compare."""
        return as_float32(self.fill)

    def damage(self, features: int) -> str:
        """Return what is wrong with parts that were read from a file, or nothing."""
        if self.fill.shape != (features,) or self.importances.shape != (features,):
            return "its arrays do not fit its features"
        if np.isnan(self.fill).any() or not 0 <= self.threshold <= 1:
            return "a fill value or the threshold is out of range"
        return self.tail.damage() or self.forest.damage(features)


def learn(columns: Floats, settings: ForestSettings) -> Learned:
    """Train on a sample of the rows; the columns are feature by row."""
    sample = columns[:, canonical_sample(columns, settings.train_rows, settings.seed)]
    curves = _curves(sample, settings)
    forest = _grow(sample, curves, settings)
    fill = np.array([curve.fill for curve in curves])
    scores = forest.score(sample, fill)
    return Learned(
        forest=forest,
        fill=fill,
        threshold=learned_threshold(scores, settings.contamination),
        importances=_importances(forest, sample, fill, scores),
        tail=Tail.fit(scores),
    )


def learned_threshold(scores: Floats, contamination: float) -> float:
    """Return the lowest score that at most ``contamination`` of the scores reach, or one does.

    Where more than that tie for the highest score, nothing tells them apart and none is anomalous.
    """
    falling = np.sort(scores)[::-1]
    allowed = math.ceil(contamination * len(falling))
    higher = falling[:allowed]
    if allowed < len(falling):
        higher = higher[higher > falling[allowed]]
    return float(higher[-1]) if len(higher) else float(np.nextafter(falling[0], 1.0))


def _curves(sample: Floats, settings: ForestSettings) -> list[Surprise | Raw]:
    """Learn how each feature is to be shown to the trees."""
    names = settings.features

    def learned(place: int) -> Surprise | Raw:
        if settings.transform == "raw":
            return Raw.fit(sample[place])
        side = settings.sides.get(names[place], "upper")
        return Surprise.fit(sample[place], side, settings.transform)

    return side_by_side(learned, len(names))


def _grow(sample: Floats, curves: list[Surprise | Raw], settings: ForestSettings) -> Forest:
    """Let scikit-learn grow the trees, then turn their splits into splits on the raw values."""
    seen = side_by_side(lambda place: curves[place].transform(sample[place]), len(curves))
    order = Order(np.stack(seen, axis=1), settings.n_trees, settings.max_samples, settings.seed)
    return Forest.of(grown(order), lambda column, cuts: curves[column].inverse_threshold(cuts))


def _importances(forest: Forest, sample: Floats, fill: Floats, scores: Floats) -> Floats:
    """Return each feature's mean positive credit over the oddest rows, as shares of 1."""
    oddest = np.argsort(-scores, kind="stable")[: max(_ODDEST, len(scores) // 100)]
    saved = np.maximum(forest.credit(sample[:, oddest], fill), 0.0).mean(axis=1)
    total = saved.sum()
    return saved / total if total > 0 else np.full(len(saved), 1 / len(saved))
