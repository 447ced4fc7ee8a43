"""What the rules say of every row of a table at once: violated, applying, and how nearly violated."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from outlay.detectors.rules.pack import Combine, Pack, Rule
from outlay.detectors.rules.scope import Kind, Scope

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

_DTYPES: dict[Kind, Any] = {"number": pl.Float64, "text": pl.String, "boolean": pl.Boolean}


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What each of some rules says of each row; arrays have one column a rule."""

    rules: tuple[Rule, ...]
    violated: Bools
    applies: Bools
    scores: Floats

    def confidence(self, combine: Combine) -> Floats:
        """Return one number a row from the scores of the rules that apply to it; 0 with none."""
        # rule by rule, in the order of the file: a row alone and a row in a table end the same
        total: Floats = np.zeros(len(self.scores))
        for score, applies in zip(self.scores.T, self.applies.T, strict=True):
            counted = np.where(applies, score, 0.0)
            if combine == "max":
                total = np.maximum(total, counted)
            elif combine == "any":  # 1 - (1 - a)(1 - b): several weak signs add up, never above 1
                total = total + counted * (1.0 - total)
            else:
                total = total + counted
        if combine == "mean":
            total = total / np.maximum(self.applies.sum(axis=1), 1)
        inside: Floats = np.clip(total, 0.0, 1.0)
        return inside


def judge(rules: Sequence[Rule], scope: Scope, table: pl.DataFrame) -> Verdicts:
    """Return what ``rules`` say of the rows of ``table``; columns it lacks count as missing."""
    reads = frozenset[str]().union(*(rule.reads for rule in rules))
    row = table.select(
        pl.int_range(pl.len()).alias("#"), *(_clean(name, table, scope) for name in sorted(reads))
    )
    parts = [part for i, rule in enumerate(rules) for part in _parts(i, rule)]
    answers = row.with_columns(parts)
    shape = (table.height, len(rules))
    violated = np.zeros(shape, np.bool_, order="F")  # filled and read a rule at a time
    applies, scores = np.zeros_like(violated), np.zeros(shape, order="F")
    taken: dict[str, Bools] = {}
    for i, rule in enumerate(rules):
        applies[:, i] = _free(answers[f"{i} applies"].to_numpy(), rule.group, taken)
        violated[:, i] = answers[f"{i} when"].to_numpy() & applies[:, i]
        score = answers[f"{i} score"].to_numpy()
        # a score that cannot be known is 1 where the rule is violated and 0 elsewhere
        scores[:, i] = np.where(np.isnan(score), violated[:, i], np.clip(score, 0.0, 1.0))
        if not rule.near_misses:
            scores[:, i] *= violated[:, i]
    return Verdicts(tuple(rules), violated, applies, scores)


def not_assessed(pack: Pack, table: pl.DataFrame) -> dict[str, tuple[str, ...]]:
    """Return the rules that could not judge any row: their code and the columns that say nothing.

    A column says nothing when the table does not have it or every value in it is missing.
    """
    empty = {name for rule in pack.rules for name in rule.reads if _says_nothing(name, table)}
    lacking = {rule.code: tuple(sorted(rule.reads & empty)) for rule in pack.rules}
    return {code: columns for code, columns in lacking.items() if columns}


def _parts(i: int, rule: Rule) -> list[pl.Expr]:
    """Return a rule's three answers; a condition that comes out missing does not hold."""
    applies = rule.applies.meaning if rule.applies else pl.lit(value=True)
    score = rule.score.meaning if rule.score else pl.lit(None, pl.Float64)
    return [
        _each_row(applies).fill_null(value=False).alias(f"{i} applies"),
        _each_row(rule.when.meaning).fill_null(value=False).alias(f"{i} when"),
        _each_row(score.cast(pl.Float64)).fill_null(float("nan")).alias(f"{i} score"),
    ]


def _each_row(meaning: pl.Expr) -> pl.Expr:
    """Stretch what comes out as one row over the table.

    Polars does so with literals, not with a branch that it finds to be constant while it runs.
    """
    return pl.when(pl.col("#") >= 0).then(meaning)


def _free(applies: Bools, group: str | None, taken: dict[str, Bools]) -> Bools:
    """Of one group only the first rule that applies judges a row."""
    if group is None:
        return applies
    earlier = taken.get(group, np.zeros(len(applies), np.bool_))
    taken[group] = earlier | applies
    return applies & ~earlier


def _clean(name: str, table: pl.DataFrame, scope: Scope) -> pl.Expr:
    """Return a column as the language knows it: of its kind, with null for all that is missing."""
    kind = scope.columns[name]
    if not _usable(name, table):
        return pl.lit(None, _DTYPES[kind]).alias(name)
    column = pl.col(name).cast(_DTYPES[kind], strict=False)
    return column.fill_nan(None) if kind == "number" else column


def _usable(name: str, table: pl.DataFrame) -> bool:
    dtype = table.schema.get(name)
    return dtype is not None and not (dtype.is_nested() or dtype.is_temporal())


def _says_nothing(name: str, table: pl.DataFrame) -> bool:
    if not _usable(name, table):
        return True
    column = table[name]
    known = column.is_not_null()
    return not (known & column.is_not_nan()).any() if column.dtype.is_float() else not known.any()
