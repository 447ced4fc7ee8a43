"""Columns of values as people read them: each value as `units.written` writes it alone."""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from outlay.detectors.rules.units import UNKNOWN, Wording, written
from outlay.schema.writing import Parts, amounts, counted, decimals, each_once, joined

Floats = NDArray[np.float64]


def all_written(values: Floats, form: str, wording: Wording) -> Parts:
    """Return `written` of each value.

    >>> joined(all_written(np.array([1250.0, np.nan]), "money", Wording("EUR")), 2).to_list()
    ['1,250 EUR', 'unknown']
    """
    values = values + 0.0  # nobody reads -0
    known = np.isfinite(values)
    if known.all():
        return _finite(values, form, wording)
    count = int(known.sum())
    texts = joined(_finite(values[known], form, wording), count)
    places = np.cumsum(known) - 1
    places[~known] = np.where(np.isnan(values[~known]), count, count + 1)
    others = pl.Series([UNKNOWN, written(np.inf, form, wording)])
    return (pl.concat([texts, others], rechunk=True).gather(places),)


def _finite(values: Floats, form: str, wording: Wording) -> Parts:
    """Return `written` of numbers; those of a format that is not here are written once each."""
    if form in _FORMATS:
        return _FORMATS[form](values, wording)
    return (each_once(values, lambda value: written(value, form, wording)),)


def _percent(values: Floats, _: Wording) -> Parts:
    with np.errstate(over="ignore"):
        return decimals(100 * values, 1, trimmed=True), " %"


def _whole(values: Floats) -> Floats:
    return np.rint(values) + 0.0


def _history(values: Floats, wording: Wording) -> Parts:
    if wording.history == "full":
        return (*counted(_whole(values), " payment", " payments"), " in the file")
    return counted(_whole(values), " earlier payment", " earlier payments")


_FORMATS: Final[Mapping[str, Callable[[Floats, Wording], Parts]]] = {
    "money": lambda values, wording: amounts(values, wording.currency),
    "number": lambda values, _: (decimals(values, 2, trimmed=True),),
    "times": lambda values, _: (decimals(values, 1, trimmed=True), " ×"),
    "percent": _percent,
    "days": lambda values, _: counted(_whole(values), " day", " days"),
    "history": _history,
}
