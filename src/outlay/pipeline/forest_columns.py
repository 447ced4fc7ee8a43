"""What the isolation forest credits in a table's rows: the texts of `forest_words`, as a column."""

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from outlay.features.words import SILENT, sentences, spelt
from outlay.pipeline._reason_kernels import chosen
from outlay.pipeline.forest_words import SCORE_WEIGHT, THOUSANDTHS, in_percent
from outlay.pipeline.model import Model
from outlay.pipeline.quantities import each_quantity
from outlay.schema.reason import Told
from outlay.schema.table import Columns
from outlay.schema.writing import by_number, decimals, each_once, joined

Floats = NDArray[np.float64]


def forest_told(
    model: Model, columns: Columns, scores: Floats, spoken_of: NDArray[np.int64], most: int
) -> Told:
    """Return the forest's reasons of all rows of some columns, as `forest_words` does."""
    if not columns.height:
        return Told(np.zeros(0, np.intp), np.zeros(0), pl.Series([], dtype=pl.String))
    forest: Any = model.detectors["isolation_forest"]
    order, shares, kept = forest.ranked(columns)
    said = _sentences(forest.settings.features, columns, spoken_of)
    rows, ranks = chosen(order, kept, said, most - 1)
    texts = by_number(
        said[order[ranks, rows], rows],
        lambda number, mine: spelt(number, columns.taken(rows[mine]), model.currency),
    )
    return Told(
        np.concatenate([rows, np.arange(columns.height)]),
        np.concatenate([shares[ranks, rows], np.full(columns.height, SCORE_WEIGHT)]),
        pl.concat([texts, _scores(forest, scores)]),
    )


def _sentences(
    features: tuple[str, ...], columns: Columns, spoken_of: NDArray[np.int64]
) -> NDArray[np.int16]:
    """Return the sentences on each feature, feature by row; none where a rule spoke of it."""
    said = np.stack([sentences(name, columns) for name in features])
    bits = np.array(each_quantity(features), np.int64)
    said[(bits[:, None] & spoken_of) != 0] = SILENT
    return said


def _scores(forest: Any, scores: Floats) -> pl.Series:
    """Return what each score means before those of training."""
    thousandths = np.floor(THOUSANDTHS * (1 - forest.tail(scores)))
    percent = each_once(thousandths, in_percent)
    said = "anomaly score ", decimals(scores, 2, grouped=False)
    return joined((*said, " is higher than ", percent, " of scores in training"), scores.size)
