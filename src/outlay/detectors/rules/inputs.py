"""From a table's columns to what a program reads: numbers, and texts by number with their answers."""

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray
from polars.exceptions import PolarsError

from outlay.detectors.rules import _kernels as k
from outlay.detectors.rules.meaning import Input
from outlay.detectors.rules.program import Program
from outlay.detectors.rules.texts import Atom
from outlay.errors import InputError
from outlay.schema.table import Columns, Texts

FEW: Final = 64
"""For so few rows it is not worth while to look for equal texts."""
_MISSING: Final = np.full(1, np.nan)
_NO_TEXT: Final = [None]


def numbers(source: Input | Atom, columns: Columns) -> k.Floats:
    """Return what a program reads as numbers, (height,); all missing where there is no such column."""
    if isinstance(source, Atom):
        one, other = (strings(columns, name.column) for name in source.names)
        return np.array(source.answers_of_two(one, other), np.float64)
    if not columns.has(source.column):
        return _missing(columns.height)
    try:
        found = columns.number(source.column)
    except InputError:  # texts, and perhaps numbers in them
        return _read(columns, source)
    return _flags(found) if source.kind == "boolean" else found


def _missing(height: int) -> k.Floats:
    return _MISSING if height == 1 else np.broadcast_to(_MISSING, height)


def _flags(values: k.Floats) -> k.Floats:
    """Return 1 for what is not 0."""
    return np.where(np.isnan(values), np.nan, values != 0.0)


def _read(columns: Columns, source: Input) -> k.Floats:
    """Return the numbers, or true and false, that stand in a column of texts."""
    try:
        texts = columns.text(source.column)
    except PolarsError:  # lists and the like are no values at all
        return _missing(columns.height)
    if source.kind == "boolean":
        words = {"true": 1.0, "false": 0.0}
        return np.array([words.get((text or "").lower(), np.nan) for text in texts], np.float64)
    return texts.cast(pl.Float64, strict=False).to_numpy()


def texts(program: Program, columns: Columns) -> tuple[k.Ints, k.Ints, k.Floats]:
    """Return the texts as numbers; where each question's answers begin; the answers."""
    if columns.height == 1:
        return _of_one(program, columns)
    if columns.height <= FEW:
        return _of_few(program, columns)
    coded = np.empty((len(program.texts), columns.height), np.int32)
    starts: list[int] = []
    answers: list[float] = []
    for codes, (name, questions) in zip(coded, program.texts, strict=True):
        known = _distinct(columns, name, codes)
        for question in questions:
            starts.append(len(answers))
            answers += question(known)
    return coded, np.array(starts, np.int32), np.array(answers)


def _of_few(program: Program, columns: Columns) -> tuple[k.Ints, k.Ints, k.Floats]:
    """Return the same for rows that each have their own number."""
    answers: list[float] = []
    for name, questions in program.texts:
        said = strings(columns, name)
        for question in questions:
            answers += question(said)
    coded = np.empty((len(program.texts), columns.height), np.int32)
    coded[:] = np.arange(columns.height)
    return coded, program.starts_of_one * columns.height, np.array(answers)


def _of_one(program: Program, columns: Columns) -> tuple[k.Ints, k.Ints, k.Floats]:
    """Return the same for a single row."""
    answers: list[float] = []
    for name, of in program.answers_of_one:
        answers += of(strings(columns, name)[0])
    return program.texts_of_one, program.starts_of_one, np.array(answers)


def strings(columns: Columns, name: str, rows: NDArray[np.intp] | None = None) -> Texts:
    """Return a column's texts, or those of some rows; None where there are none."""
    height = columns.height if rows is None else rows.size
    if not columns.has(name):
        return _NO_TEXT * height
    try:
        if rows is None:
            return columns.strings(name)
        if columns.height > FEW:
            return columns.text(name, rows).to_list()
        said = columns.strings(name)
    except (InputError, PolarsError):  # numbers or lists where texts are asked for
        return _NO_TEXT * height
    return [said[row] for row in rows.tolist()]


def _distinct(columns: Columns, name: str, codes: k.Ints) -> Texts:
    """Return a column's texts, each once; ``codes`` says which is where."""
    column = columns.enumeration(name)
    if column is not None:
        known = column.dtype.categories.to_list()  # type: ignore[attr-defined]
    else:
        try:
            column = columns.text(name)
        except (InputError, PolarsError):  # there is no such column, or one of lists and the like
            codes[:] = 0
            return _NO_TEXT
        # categories of its own: the numbers of shared ones depend on what these have seen
        column = column.cast(pl.Categorical(pl.Categories.random()))
        known = column.dtype.categories.to_series().to_list()  # type: ignore[attr-defined]
    codes[:] = column.to_physical().cast(pl.Int32).fill_null(len(known)).to_numpy()
    return [*known, None]
