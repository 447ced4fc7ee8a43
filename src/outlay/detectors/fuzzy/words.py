"""What the rules that fired say, with the degrees of the statements that decided so.

How far every rule holds is found for all rows at once; only what is said is put together row by row.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from outlay.detectors.fuzzy.language import All, Condition, Is
from outlay.detectors.fuzzy.program import GRID, POINTS, Floats, sampled
from outlay.detectors.fuzzy.rulebase import FuzzyRule, RuleBase

LEAST_WEIGHT: Final = 0.05


class Words(NamedTuple):
    """Reasons side by side, one entry each: by row, and of one row the weightiest first."""

    rows: NDArray[np.intp]
    weights: Floats
    texts: list[str]
    codes: list[str]


@dataclass(frozen=True, slots=True)
class _Held:
    """How far a condition holds, a row each; and its parts likewise."""

    condition: Condition
    strength: Floats
    parts: tuple["_Held", ...] = ()

    def said(self, row: int) -> list[str]:
        """Return the statements that decided how far it holds in a row."""
        if isinstance(self.condition, Is):
            one = self.condition
            verb = "is not" if one.negated else "is"
            words = f"{one.variable} {verb} {one.term}".replace("_", " ")
            return [f"{words} ({self.strength[row]:.2f})"]
        if isinstance(self.condition, All):
            return [text for part in self.parts for text in part.said(row)]
        return max(self.parts, key=lambda part: part.strength[row]).said(row)


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
        if not self._rules:
            return Words(np.zeros(0, np.intp), np.zeros(0), [], [])
        degrees = self._degrees(levels)
        held = [self._held(rule.condition, degrees) for rule in self._rules]
        risks = np.array([self._weights[rule.risk] for rule in self._rules])
        weights = np.stack([one.strength for one in held]) * risks[:, None]
        order = np.argsort(-weights, axis=0, kind="stable")[:most]
        sorted_ = np.take_along_axis(weights, order, axis=0)
        kept = (sorted_ > 0) & ((sorted_ >= LEAST_WEIGHT) | (np.arange(len(order)) == 0)[:, None])
        rows, ranks = np.nonzero(kept.T)
        chosen = order[ranks, rows].tolist()
        spoken = zip(chosen, rows.tolist(), strict=True)
        texts = [_text(self._rules[rule], held[rule], row) for rule, row in spoken]
        return Words(rows, sorted_[ranks, rows], texts, [self._rules[n].name for n in chosen])

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


def _text(rule: FuzzyRule, held: _Held, row: int) -> str:
    return f"{' and '.join(held.said(row))} → risk {rule.risk.replace('_', ' ')}"
