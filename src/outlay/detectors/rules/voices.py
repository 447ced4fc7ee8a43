"""Which violated rules speak of which rows, and how much that counts; their words are put elsewhere."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from outlay.detectors.rules import _kernels as k
from outlay.detectors.rules.judge import Verdicts
from outlay.detectors.rules.pack import SEVERITIES, Severity

WEIGHTS: Final[Mapping[Severity, float]] = {"critical": 1.0, "high": 0.8, "medium": 0.6, "low": 0.4}
"""How much a violation counts among the reasons."""
NOBODY: Final = -1
"""Stands for the rule where no single one speaks: several near misses together."""

_WEIGHTS: Final = np.array([WEIGHTS[word] for word in SEVERITIES])

Rows = NDArray[np.intp]


class Voices(NamedTuple):
    """Who speaks of which row, one entry each."""

    rows: Rows
    rules: Rows
    severities: Rows
    weights: k.Floats

    def chosen(self, which: Any) -> "Voices":
        """Return some of them."""
        return Voices(*(column[which] for column in self))

    @property
    def order(self) -> Rows:
        """Return the entries by row, of one row the weightiest first."""
        return np.lexsort((self.rules, -self.weights, self.rows))

    def by_row(self, most: int | None) -> "Voices":
        """Return at most so many of each row, by row and weight."""
        return self.chosen(self.first(most))

    def by_rule(self, most: int | None) -> "Voices":
        """Return the same ones as they stand here: rule by rule."""
        if most is None:
            return self
        crowded = np.flatnonzero(np.bincount(self.rows, minlength=1)[self.rows] > most)
        kept = np.ones(self.rows.size, np.bool_)
        kept[crowded] = False
        kept[crowded[self.chosen(crowded).first(most)]] = True
        return self.chosen(kept)

    def first(self, most: int | None) -> Rows:
        """Return the places of at most so many entries of each row, by row and weight."""
        order = self.order
        if most is None:
            return order
        rows = self.rows[order]
        return order[np.arange(rows.size) - np.searchsorted(rows, rows) < most]


def voices(verdicts: Verdicts) -> Voices:
    """Return which rules speak of which rows, rule by rule; where only near misses do, last."""
    found = [_violations(verdicts, number) for number in verdicts.any_violated()]
    near = np.flatnonzero(verdicts.anomalies & ~verdicts.bits.any(axis=0))
    confidence = np.minimum(verdicts.confidence[near], WEIGHTS["medium"])
    nobody = np.full(near.size, NOBODY)
    found.append(Voices(near, nobody, nobody, confidence))
    return Voices(*(np.concatenate(column) for column in zip(*found, strict=True)))


def _violations(verdicts: Verdicts, number: int) -> Voices:
    """Return the rows that violate one rule, with its weight there."""
    rule = verdicts.rules[number]
    rows = np.flatnonzero(verdicts.violated(number))
    scores = verdicts.each[k.SCORE, number, rows]
    severities = np.full(rows.size, SEVERITIES.index("low"))
    for least, word in reversed(rule.severity):
        severities[scores >= least] = SEVERITIES.index(word)
    return Voices(rows, np.full(rows.size, number), severities, _WEIGHTS[severities])
