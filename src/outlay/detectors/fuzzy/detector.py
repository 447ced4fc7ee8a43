"""The fuzzy detector: a dozen rules in words, a score, a category, and the rules that fired."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Final, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from outlay.detectors.base import Arrays, Parts, Settings
from outlay.detectors.fuzzy._kernels import infer
from outlay.detectors.fuzzy.inputs import CHUNK, INPUTS, Inputs
from outlay.detectors.fuzzy.language import All, Condition, Is
from outlay.detectors.fuzzy.program import GRID, POINTS, Floats, compiled, sampled
from outlay.detectors.fuzzy.rulebase import load, read
from outlay.errors import ConfigError, InputError, ModelError
from outlay.jit import in_chunks
from outlay.schema.reason import Reason
from outlay.schema.table import Columns

CATEGORIES: Final = ("low", "medium", "high")
_VERSION: Final = 1
_LEAST_WEIGHT: Final = 0.05


class FuzzyDetector:
    """Judges a payment by rules in words over how unusual its amount, time, pace and novelty are.

    Mamdani inference: ``and`` is the minimum, ``or`` the maximum, ``not`` 1 - x; each rule clips
    its term of the risk, the highest of the clipped terms counts, and the score is the centroid of
    what is below, on a grid of 101 points. A statement about an input that is not known holds to
    degree 0, negated or not. Where no rule fires the score is 0.

    Parameters
    ----------
    rules
        The path of a rule base in TOML; by default the one that comes with the package.
    """

    name: ClassVar[str] = "fuzzy"

    def __init__(self, *, rules: str | Path | None = None) -> None:
        self._use(read(rules), str(rules) if rules is not None else "rules.toml")
        self._inputs: Inputs | None = None

    def _use(self, text: str, source: str) -> None:
        self._text = text
        self.base = load(text, INPUTS, source)
        self._program = compiled(self.base)
        self._names = tuple(self.base.inputs)
        self._tables: dict[tuple[str, str], list[float]] = {
            (name, term): sampled(shape).tolist()
            for name, shapes in self.base.inputs.items()
            for term, shape in shapes.items()
        }
        risk = {name: sampled(shape) for name, shape in self.base.risk.items()}
        self._weights = {name: float(GRID @ y / y.sum()) for name, y in risk.items()}

    @property
    def threshold(self) -> float:
        """Return the score from which the category is high."""
        return self.base.high

    def fit(self, table: pl.DataFrame) -> Self:
        """Learn what amounts, times, paces and novelties are rare; labels are not looked at."""
        if not table.height:
            raise InputError(
                "The fuzzy detector cannot be trained on a table without rows.\n\n"
                "Hint: train on at least a few hundred payments."
            )
        self._inputs = Inputs.fit(table)
        return self

    def score(self, table: pl.DataFrame) -> Floats:
        """Return each row's risk in [0, 1]."""
        return self._scores(Columns.of(table))

    def answers(self, columns: Columns) -> dict[str, NDArray[Any]]:
        """Return ``fuzzy_risk_score``, and ``fuzzy_risk_category`` as a place in `CATEGORIES`."""
        scores = self._scores(columns)
        category = (scores >= self.base.medium).astype(np.uint8)
        category += scores >= self.base.high
        return {"fuzzy_risk_score": scores, "fuzzy_risk_category": category}

    def _scores(self, columns: Columns) -> Floats:
        scores, inputs = np.empty(columns.height), self.inputs

        def part(start: int, stop: int) -> None:
            levels = inputs.levels(columns, self._names, start, stop)
            infer(levels, *self._program, scores[start:stop])

        in_chunks(part, columns.height, CHUNK)
        return scores

    def levels(self, table: pl.DataFrame) -> Floats:
        """Return what the rules judge, an input a row: how far out in training's tail it lies."""
        return self.inputs.levels(Columns.of(table), self._names)

    @property
    def inputs(self) -> Inputs:
        """Return what training left behind."""
        if self._inputs is None:
            raise ModelError(
                "The fuzzy detector has not been trained.\n\n"
                "Hint: call fit(table), or load a trained one with from_parts()."
            )
        return self._inputs

    def detail(self, table: pl.DataFrame) -> pl.DataFrame:
        """Return the columns ``fuzzy_risk_score`` and ``fuzzy_risk_category``."""
        return self.framed(self.answers(Columns.of(table)))

    def framed(self, answers: Mapping[str, NDArray[Any]]) -> pl.DataFrame:
        """Return the answers as the columns of a scored table, the category in words."""
        category = pl.Series(CATEGORIES).gather(answers["fuzzy_risk_category"])
        score = answers["fuzzy_risk_score"]
        return pl.DataFrame({"fuzzy_risk_score": score, "fuzzy_risk_category": category})

    def explain(self, rows: pl.DataFrame) -> list[list[Reason]]:
        """Return the rules that argue for more than the least risk, by strength times risk."""
        at: list[list[float]] = self.levels(rows).T.tolist()
        return [self._reasons(dict(zip(self._names, row, strict=True))) for row in at]

    def _reasons(self, levels: dict[str, float]) -> list[Reason]:
        """Word the rules that fired; the weightiest stands even when it is slight."""
        least = min(self._weights.values())
        reasons = []
        for rule in self.base.rules:
            strength, said = self._fired(rule.condition, levels)
            weight = strength * self._weights[rule.risk]
            if weight > 0 and self._weights[rule.risk] > least:
                text = f"{' and '.join(said)} → risk {rule.risk.replace('_', ' ')}"
                reasons.append(Reason(rule.name, text, weight, self.name))
        reasons.sort(key=lambda reason: -reason.weight)
        return [r for n, r in enumerate(reasons) if n == 0 or r.weight >= _LEAST_WEIGHT]

    def _fired(self, condition: Condition, levels: dict[str, float]) -> tuple[float, list[str]]:
        """Return how far a condition holds, and the statements that decided so."""
        if isinstance(condition, Is):
            return self._said(condition, levels[condition.variable])
        parts = [self._fired(part, levels) for part in condition.parts]
        if isinstance(condition, All):
            return min(strength for strength, _ in parts), [t for _, said in parts for t in said]
        return max(parts, key=lambda part: part[0])

    def _said(self, one: Is, level: float) -> tuple[float, list[str]]:
        degree = self._degree(one, level)
        verb = "is not" if one.negated else "is"
        words = f"{one.variable} {verb} {one.term}".replace("_", " ")
        return degree, [f"{words} ({degree:.2f})"]

    def _degree(self, one: Is, level: float) -> float:
        if math.isnan(level):
            return 0.0
        place = min(max(level, 0.0), 1.0) * (POINTS - 1)
        below = min(int(place), POINTS - 2)
        table = self._tables[one.variable, one.term]
        degree = table[below] + (place - below) * (table[below + 1] - table[below])
        return 1.0 - degree if one.negated else degree

    def to_parts(self) -> Parts:
        """Return the rule base's text and what was learned."""
        settings: Settings = {"version": _VERSION, "rules": self._text}
        arrays: Arrays = {"surprise": self.inputs.surprise, "knots": self.inputs.knots}
        return settings, arrays

    @classmethod
    def from_parts(cls, settings: Settings, arrays: Arrays) -> Self:
        """Return the detector that these parts describe; damaged ones are refused."""
        if settings.get("version") != _VERSION:
            raise ModelError(
                f"The fuzzy detector's version is {settings.get('version')!r}, "
                f"this release reads {_VERSION}.\n\nHint: train the model again."
            )
        try:
            detector = cls()
            detector._use(str(settings["rules"]), "the model's rules")
            surprise = np.array(arrays["surprise"], np.float64)
            knots = np.array(arrays["knots"], np.float64, order="C")
        except (KeyError, TypeError, ValueError, ConfigError) as error:
            raise _damaged(f"{type(error).__name__}: {error}") from error
        detector._inputs = Inputs(surprise, knots)
        if damage := detector._inputs.damage():
            raise _damaged(damage)
        return detector


def _damaged(damage: str) -> ModelError:
    """Say that the parts of a model cannot be used."""
    return ModelError(
        f"The fuzzy detector's parts are damaged: {damage}.\n\n"
        "Hint: restore the model's folder or train it again."
    )
