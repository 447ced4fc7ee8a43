"""What the rules that fired say, with the degrees of the statements that decided so.

How far every rule holds is found for all rows at once; what is said of a few is put together row by
row, what is said of a table rule by rule.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from outlay.detectors.fuzzy.language import All, Condition, Is
from outlay.detectors.fuzzy.program import GRID, POINTS, Floats, sampled
from outlay.detectors.fuzzy.rulebase import RuleBase
from outlay.schema.reason import Told, Words
from outlay.schema.writing import Parts, by_number, decimals, joined

LEAST_WEIGHT: Final = 0.05

Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class _Held:
    """How far a condition holds, a row each; and its parts likewise."""

    condition: Condition
    strength: Floats
    parts: tuple["_Held", ...] = ()

    def said(self, row: int) -> list[str]:
        """Return the statements that decided how far it holds in a row."""
        if isinstance(self.condition, Is):
            return [f"{_statement(self.condition)} ({self.strength[row]:.2f})"]
        if isinstance(self.condition, All):
            return [text for part in self.parts for text in part.said(row)]
        return max(self.parts, key=lambda part: part.strength[row]).said(row)

    def told(self, rows: Rows) -> Parts:
        """Return the same of many rows, the statements of each joined by *and*."""
        if isinstance(self.condition, Is):
            degrees = decimals(self.strength[rows], 2, grouped=False)
            return f"{_statement(self.condition)} (", degrees, ")"
        if isinstance(self.condition, All):
            first, *others = (part.told(rows) for part in self.parts)
            return (*first, *(piece for other in others for piece in (" and ", *other)))
        deciding = np.argmax([part.strength[rows] for part in self.parts], axis=0)
        return (by_number(deciding, lambda n, at: joined(self.parts[n].told(rows[at]), at.size)),)


class _Spoken(NamedTuple):
    """Which rules speak of which rows, one entry each; and how far each rule holds."""

    rows: Rows
    weights: Floats
    rules: Rows
    held: list[_Held]


class Speaker:
    """Words what a rule base makes of levels.

    Parameters
    ----------
    base
        The rules.
    """

    def __init__(self, base: RuleBase) -> None:
        self._names = tuple(base.inputs)
        terms = [(name, term) for name, shapes in base.inputs.items() for term in shapes]
        self._terms = {term: number for number, term in enumerate(terms)}
        self._tables = np.array([sampled(base.inputs[name][term]) for name, term in terms])
        self._input_of = np.array([self._names.index(name) for name, _ in terms])
        risk = {name: sampled(shape) for name, shape in base.risk.items()}
        self._weights = {name: float(GRID @ y / y.sum()) for name, y in risk.items()}
        least = min(self._weights.values())
        self._rules = [rule for rule in base.rules if self._weights[rule.risk] > least]
        self._ends = [f" → risk {rule.risk.replace('_', ' ')}" for rule in self._rules]

    def words(self, levels: Floats, most: int | None = None) -> Words:
        """Return, for each row, the rules that argue for more than the least risk, weightiest first.

        The weight is the strength times the risk; the weightiest stands even when it is slight.

        Parameters
        ----------
        levels
            What the rules judge, an input a row.
        most
            At most so many of a row.
        """
        spoken = self._spoken(levels, most)
        chosen = spoken.rules.tolist()
        pairs = zip(chosen, spoken.rows.tolist(), strict=True)
        texts = [
            f"{' and '.join(spoken.held[rule].said(row))}{self._ends[rule]}" for rule, row in pairs
        ]
        return Words(spoken.rows, spoken.weights, texts, [self._rules[n].name for n in chosen])

    def told(self, levels: Floats, most: int | None = None) -> Told:
        """Return the same of many rows, put together rule by rule."""
        rows, weights, rules, held = self._spoken(levels, most)

        def write(rule: int, at: Rows) -> pl.Series:
            return joined((*held[rule].told(rows[at]), self._ends[rule]), at.size)

        return Told(rows, weights, by_number(rules, write))

    def _spoken(self, levels: Floats, most: int | None) -> _Spoken:
        """Return which rules speak of which rows."""
        if not self._rules:
            nothing = np.zeros(0, np.intp)
            return _Spoken(nothing, np.zeros(0), nothing, [])
        degrees = self._degrees(levels)
        held = [self._held(rule.condition, degrees) for rule in self._rules]
        risks = np.array([self._weights[rule.risk] for rule in self._rules])
        weights = np.stack([one.strength for one in held]) * risks[:, None]
        order = np.argsort(-weights, axis=0, kind="stable")[:most]
        sorted_ = np.take_along_axis(weights, order, axis=0)
        kept = (sorted_ > 0) & ((sorted_ >= LEAST_WEIGHT) | (np.arange(len(order)) == 0)[:, None])
        rows, ranks = np.nonzero(kept.T)
        return _Spoken(rows, sorted_[ranks, rows], order[ranks, rows], held)

    def _held(self, condition: Condition, degrees: tuple[Floats, Floats]) -> _Held:
        if isinstance(condition, Is):
            term = self._terms[condition.variable, condition.term]
            return _Held(condition, degrees[condition.negated][term])
        parts = tuple(self._held(part, degrees) for part in condition.parts)
        joined = np.minimum if isinstance(condition, All) else np.maximum
        return _Held(condition, joined.reduce([part.strength for part in parts]), parts)

    def _degrees(self, levels: Floats) -> tuple[Floats, Floats]:
        """Return how far each term holds and how far it does not; of something unknown neither."""
        known = ~np.isnan(levels)
        place = np.minimum(np.maximum(np.where(known, levels, 0.0), 0.0), 1.0) * (POINTS - 1)
        below = np.minimum(place.astype(np.int64), POINTS - 2)
        share, at = (place - below)[self._input_of], below[self._input_of]
        term, known = np.arange(len(at))[:, None], known[self._input_of]
        low = self._tables[term, at]
        degree = low + share * (self._tables[term, at + 1] - low)
        return np.where(known, degree, 0.0), np.where(known, 1.0 - degree, 0.0)


def _statement(one: Is) -> str:
    verb = "is not" if one.negated else "is"
    return f"{one.variable} {verb} {one.term}".replace("_", " ")
