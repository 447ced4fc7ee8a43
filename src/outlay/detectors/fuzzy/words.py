"""What the rules that fired say, with the degrees of the statements that decided so.

How far every rule holds is found for all rows at once; only what is said is put together row by row.
"""

from collections.abc import Mapping
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
        self._tables: dict[tuple[str, str], Floats] = {
            (name, term): sampled(shape)
            for name, shapes in base.inputs.items()
            for term, shape in shapes.items()
        }
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
        by_name = dict(zip(self._names, levels, strict=True))
        held = [self._held(rule.condition, by_name) for rule in self._rules]
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

    def _held(self, condition: Condition, levels: Mapping[str, Floats]) -> _Held:
        if isinstance(condition, Is):
            return _Held(condition, self._degree(condition, levels[condition.variable]))
        parts = tuple(self._held(part, levels) for part in condition.parts)
        joined = np.minimum if isinstance(condition, All) else np.maximum
        return _Held(condition, joined.reduce([part.strength for part in parts]), parts)

    def _degree(self, one: Is, level: Floats) -> Floats:
        """Return how far a statement holds; about something unknown not at all."""
        table, known = self._tables[one.variable, one.term], ~np.isnan(level)
        place = np.clip(np.where(known, level, 0.0), 0.0, 1.0) * (POINTS - 1)
        below = np.minimum(place.astype(np.int64), POINTS - 2)
        degree = table[below] + (place - below) * (table[below + 1] - table[below])
        return np.where(known, 1.0 - degree if one.negated else degree, 0.0)


def _text(rule: FuzzyRule, held: _Held, row: int) -> str:
    return f"{' and '.join(held.said(row))} → risk {rule.risk.replace('_', ' ')}"
