"""From a table's columns to what a program reads: numbers, and texts by number with their answers."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import polars as pl
from polars.exceptions import PolarsError

from outlay.detectors.rules import _kernels as k
from outlay.detectors.rules.meaning import Input
from outlay.detectors.rules.program import Program
from outlay.detectors.rules.texts import Atom
from outlay.errors import InputError
from outlay.schema.table import Columns

FEW: Final = 64
"""For so few rows it is not worth while to look for equal texts."""
_MISSING: Final = np.full(1, np.nan)
_NO_TEXT: Final = [None]


def numbers(source: Input | Atom, columns: Columns) -> k.Floats:
    """Return what a program reads as numbers, (height,); all missing where there is no such column."""
    if isinstance(source, Atom):
        one, other = (_strings(columns, name.column) for name in source.names)
        return np.array(source.answers_of_two(one, other), np.float64)
    if columns.is_number(source.column):
        found = columns.number(source.column)
        return _flags(found) if source.kind == "boolean" else found
    if not columns.has(source.column):
        return np.broadcast_to(_MISSING, columns.height)
    return _read(columns, source)


def _flags(values: k.Floats) -> k.Floats:
    """Return 1 for what is not 0."""
    return np.where(np.isnan(values), np.nan, values != 0.0)


def _read(columns: Columns, source: Input) -> k.Floats:
    """Return the numbers, or true and false, that stand in a column of texts."""
    try:
        texts = columns.text(source.column)
    except PolarsError:  # lists and the like are no values at all
        return np.broadcast_to(_MISSING, columns.height)
    if source.kind == "boolean":
        words = {"true": 1.0, "false": 0.0}
        return np.array([words.get((text or "").lower(), np.nan) for text in texts], np.float64)
    return texts.cast(pl.Float64, strict=False).to_numpy()


def texts(program: Program, columns: Columns) -> tuple[k.Ints, k.Ints, k.Floats]:
    """Return the texts as numbers; where each question's answers begin; the answers."""
    coded = np.empty((len(program.texts), columns.height), np.int32)
    atoms: list[tuple[int, int]] = []
    answers: list[float] = []
    for at, (name, questions) in enumerate(program.texts):
        known = _coded(columns, name, coded[at])
        for question in questions:
            atoms.append((at, len(answers)))
            answers += question(known)
    return coded, np.array(atoms, np.int32).reshape(-1, 2), np.array(answers)


def _coded(columns: Columns, name: str, codes: k.Ints) -> Sequence[str | None]:
    """Return a column's texts, each once where there are many rows; ``codes`` says which is where."""
    if not columns.has(name):
        codes[:] = 0
        return _NO_TEXT
    if columns.height <= FEW:
        codes[:] = np.arange(columns.height)
        return _strings(columns, name)
    return _distinct(columns, name, codes)


def _strings(columns: Columns, name: str) -> Sequence[str | None]:
    if not columns.has(name):
        return _NO_TEXT * columns.height
    try:
        return columns.strings(name)
    except (InputError, PolarsError):  # numbers or lists where texts are asked for
        return _NO_TEXT * columns.height


def _distinct(columns: Columns, name: str, codes: k.Ints) -> Sequence[str | None]:
    try:
        column = columns.text(name)
    except (InputError, PolarsError):
        codes[:] = 0
        return _NO_TEXT
    # categories of its own: the numbers of those that others share depend on what these have seen
    numbered = column.cast(pl.Categorical(pl.Categories.random()))
    known = numbered.dtype.categories.to_series().to_list()  # type: ignore[attr-defined]
    codes[:] = numbered.to_physical().fill_null(len(known)).to_numpy()
    return [*known, None]
