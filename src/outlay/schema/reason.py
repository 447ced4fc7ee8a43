"""Why a transaction stands out."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Reason:
    """One ground of a decision.

    Parameters
    ----------
    code
        The rule's code, or the feature's name in the catalogue.
    text
        A sentence in human units. Empty where the detector only credits a feature: the pipeline
        then words it from the catalogue.
    weight
        How much it counts, in [0, 1]; reasons are shown heaviest first.
    detector
        Who says so: ``rules``, ``isolation_forest``, ``fuzzy``.
    """

    code: str
    text: str
    weight: float
    detector: str


class Words(NamedTuple):
    """Reasons side by side, one entry each: by row, and of one row the weightiest first."""

    rows: NDArray[np.intp]
    weights: NDArray[np.float64]
    texts: list[str]
    codes: list[str]


class Told(NamedTuple):
    """Reasons of many rows side by side, one entry each, in any order of rows, as a column of texts."""

    rows: NDArray[np.intp]
    weights: NDArray[np.float64]
    texts: pl.Series
