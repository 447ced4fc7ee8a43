"""What the isolation forest credits, in words, and what its score means before training's."""

import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from outlay.features.words import words
from outlay.pipeline.model import Model
from outlay.pipeline.quantities import each_quantity
from outlay.schema.reason import Words
from outlay.schema.table import Columns

SCORE_WEIGHT: Final = 0.05
SCORE: Final = "anomaly_score"
THOUSANDTHS: Final = 1000 * 100
"""Of a per cent, in the whole."""


def forest_words(
    model: Model,
    columns: Columns,
    scores: NDArray[np.float64],
    spoken_of: NDArray[np.int64],
    most: int,
) -> Words:
    """Return the forest's reasons of all rows of some columns.

    Parameters
    ----------
    model
        The model.
    columns, scores
        The rows to speak of, and what the forest gave them.
    spoken_of
        The quantities that the rules spoke of already, as bits.
    most
        At most so many reasons a row; the last one is the score's.
    """
    if not columns.height:
        return Words(np.zeros(0, np.intp), np.zeros(0), [], [])
    forest: Any = model.detectors["isolation_forest"]
    names: tuple[str, ...] = forest.settings.features
    bits, lists = each_quantity(names), _Lists(columns)
    rows, weights, texts, codes = list[int](), list[float](), list[str](), list[str]()
    told = zip(forest.credits(columns), spoken_of.tolist(), _scores(model, scores), strict=True)
    for row, (credits_, known, score) in enumerate(told):
        own: dict[str, tuple[str, float]] = {}
        for feature, share in credits_:
            if known & bits[feature] or len(own) == most - 1:
                continue
            text = words(names[feature], _Row(lists, row), model.currency)
            if text:
                own.setdefault(text, (names[feature], share))
        own[score] = SCORE, SCORE_WEIGHT
        rows += [row] * len(own)
        for text, (code, weight) in own.items():
            texts.append(text)
            codes.append(code)
            weights.append(weight)
    return Words(np.array(rows, np.intp), np.array(weights), texts, codes)


def _scores(model: Model, scores: NDArray[np.float64]) -> Iterator[str]:
    """Yield what each score means before those of training."""
    forest: Any = model.detectors["isolation_forest"]
    for score, share in zip(scores.tolist(), forest.tail(scores).tolist(), strict=True):
        percent = in_percent(math.floor(THOUSANDTHS * (1 - share)))
        yield f"anomaly score {score:.2f} is higher than {percent} of scores in training"


def in_percent(thousandths: float) -> str:
    """Return thousandths of a per cent, never rounded up to all of them."""
    return f"{min(thousandths / 1000, 99.99):.5g} %"


class _Lists:
    """Columns as plain lists; those that were asked for before are in ``made``."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self.made: dict[str, Any] = {}

    def make(self, name: str) -> Any:
        """Make a column a list, or raise a KeyError."""
        columns = self._columns
        if not columns.has(name):
            raise KeyError(name)
        numbers = columns.is_number(name)
        found = columns.number(name).tolist() if numbers else columns.strings(name)
        self.made[name] = found
        return found


class _Row(Mapping[str, Any]):
    """One row of the lists, as the words read it."""

    __slots__ = ("_lists", "_made", "_row")

    def __init__(self, lists: _Lists, row: int) -> None:
        self._lists, self._made, self._row = lists, lists.made, row

    def __getitem__(self, name: str) -> Any:
        return (self._made.get(name) or self._lists.make(name))[self._row]

    def get(self, name: str, default: Any = None) -> Any:
        """Return a value, or the default where there is no such column."""
        try:
            return (self._made.get(name) or self._lists.make(name))[self._row]
        except KeyError:
            return default

    def __iter__(self) -> Iterator[str]:
        raise NotImplementedError

    def __len__(self) -> int:
        raise NotImplementedError
