"""Features and detectors' answers as one narrow table, to lie on the disk, and back."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from outlay.pipeline.ask import Answers, Plugged
from outlay.pipeline.verdicts import Answered

_GIVEN, _SCORE, _DETAIL, _SHARE = "given:", "score:", "detail:", "share:"
_KINDS: Final = (_GIVEN, _SCORE, _DETAIL, _SHARE)


def packed(features: pl.DataFrame, of: Answered) -> pl.DataFrame:
    """Return one table with all that was found of some rows, floats as short as they can be."""
    columns = [_narrow(column) for column in features.iter_columns()]
    columns += [_narrow(pl.Series(_SHARE, of.share))]
    for name, values in of.answers.given.items():
        for at, row in enumerate(np.atleast_2d(values)):  # bits come in several words, (words, n)
            columns.append(_narrow(pl.Series(f"{_GIVEN}{name}:{at}", np.ascontiguousarray(row))))
    for name, plugged in of.answers.plugged.items():
        columns.append(pl.Series(f"{_SCORE}{name}", plugged.score))
        detail = plugged.detail
        columns += [column.alias(f"{_DETAIL}{name}:{column.name}") for column in detail]
    return pl.DataFrame(columns)


def some(of: Answered, at: NDArray[np.intp] | slice) -> Answered:
    """Return what was found of the rows at these places."""
    given = {name: values[..., at] for name, values in of.answers.given.items()}
    plugged = {
        name: Plugged(one.score[at], one.detail[at]) for name, one in of.answers.plugged.items()
    }
    return Answered(Answers(given, plugged), of.share[at])


def _narrow(column: pl.Series) -> pl.Series:
    """Return a float column in half the bytes, where that loses nothing."""
    if column.dtype != pl.Float64 or column.null_count():
        return column
    values = column.to_numpy()
    with np.errstate(over="ignore"):
        short = values.astype(np.float32)
    same = (short == values) | np.isnan(values)
    return pl.Series(column.name, short) if same.all() else column


def unpacked(parts: Sequence[pl.DataFrame]) -> tuple[pl.DataFrame, Answered]:
    """Return the features and the answers of several `packed` tables, one after the other."""
    wide = [part.with_columns(pl.selectors.by_dtype(pl.Float32).cast(pl.Float64)) for part in parts]
    table = pl.concat(wide, rechunk=True)
    features = table.select([name for name in table.columns if not name.startswith(_KINDS)])
    answers = Answers(_given(table), _plugged(table))
    return features, Answered(answers, table[_SHARE].to_numpy())


def _given(table: pl.DataFrame) -> dict[str, NDArray[Any]]:
    found: dict[str, list[NDArray[Any]]] = {}
    for name in table.columns:
        if name.startswith(_GIVEN):
            own = name.removeprefix(_GIVEN).rpartition(":")[0]
            found.setdefault(own, []).append(table[name].to_numpy())
    return {
        name: np.stack(values) if name in _WIDE else values[0] for name, values in found.items()
    }


_WIDE: Final = ("rule_violations",)
"""Answers that have several numbers a row, be it one."""


def _plugged(table: pl.DataFrame) -> dict[str, Plugged]:
    names = [name.removeprefix(_SCORE) for name in table.columns if name.startswith(_SCORE)]
    return {
        name: Plugged(table[f"{_SCORE}{name}"].to_numpy(), _detail(table, name)) for name in names
    }


def _detail(table: pl.DataFrame, name: str) -> pl.DataFrame:
    start = f"{_DETAIL}{name}:"
    own = {
        column: column.removeprefix(start) for column in table.columns if column.startswith(start)
    }
    return table.select(own).rename(own)
