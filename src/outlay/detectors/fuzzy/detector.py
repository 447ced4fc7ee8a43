"""The fuzzy detector: a dozen rules in words, a score, a category, and the rules that fired."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Final, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from outlay.detectors.base import Arrays, Parts, Settings
from outlay.detectors.fuzzy._kernels import judge
from outlay.detectors.fuzzy.inputs import CHUNK, FEATURES, INPUTS, WHO, Inputs, gathered
from outlay.detectors.fuzzy.program import Floats, compiled
from outlay.detectors.fuzzy.rulebase import load, read
from outlay.detectors.fuzzy.words import Speaker
from outlay.detectors.saved import damaged, refuse_other
from outlay.errors import ConfigError, InputError, ModelError
from outlay.jit import in_chunks
from outlay.schema.reason import Reason, Told, Words
from outlay.schema.table import Columns
from outlay.schema.words import chosen, spelled

CATEGORIES: Final = ("low", "medium", "high")
_VERSION: Final = 1


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
        self._speaker = Speaker(self.base)

    @property
    def reads(self) -> frozenset[str]:
        """Return the columns that it looks at."""
        return frozenset(FEATURES)

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
        return self._judged(Columns.of(table))[0]

    def answers(self, columns: Columns) -> dict[str, NDArray[Any]]:
        """Return ``fuzzy_risk_score``, and ``fuzzy_risk_category`` as a place in `CATEGORIES`."""
        scores, categories = self._judged(columns)
        return {"fuzzy_risk_score": scores, "fuzzy_risk_category": categories}

    def _judged(self, columns: Columns) -> tuple[Floats, NDArray[np.uint8]]:
        asked = *self.inputs.learned(self._names), *self._program
        height = columns.height
        scores, categories = np.empty(height), np.empty(height, np.uint8)

        def part(start: int, stop: int) -> None:
            features = gathered(columns, start, stop)
            judge(features, *asked, scores[start:stop], categories[start:stop])

        in_chunks(part, height, CHUNK)
        return scores, categories

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
        return spelled(self.framed(self.answers(Columns.of(table))))

    def framed(self, answers: Mapping[str, NDArray[Any]]) -> pl.DataFrame:
        """Return the answers as the columns of a scored table, the category in words."""
        category = chosen(CATEGORIES, answers["fuzzy_risk_category"])
        score = answers["fuzzy_risk_score"]
        return pl.DataFrame({"fuzzy_risk_score": score, "fuzzy_risk_category": category})

    def explain(self, rows: pl.DataFrame) -> list[list[Reason]]:
        """Return the rules that argue for more than the least risk, by strength times risk."""
        said = self.words(Columns.of(rows))
        reasons: list[list[Reason]] = [[] for _ in range(rows.height)]
        for row, weight, text, code in zip(
            said.rows.tolist(), said.weights.tolist(), said.texts, said.codes, strict=True
        ):
            reasons[row].append(Reason(code, text, weight, self.name))
        return reasons

    def words(self, columns: Columns, *, most: int | None = None) -> Words:
        """Return the reasons of all rows side by side, at most ``most`` of each."""
        return self._speaker.words(self.inputs.levels(columns, self._names), most)

    def told(self, columns: Columns, *, most: int | None = None) -> Told:
        """Return the same as a column of texts."""
        return self._speaker.told(self.inputs.levels(columns, self._names), most)

    def to_parts(self) -> Parts:
        """Return the rule base's text and what was learned."""
        settings: Settings = {"version": _VERSION, "rules": self._text}
        arrays: Arrays = {"surprise": self.inputs.surprise, "knots": self.inputs.knots}
        return settings, arrays

    @classmethod
    def from_parts(cls, settings: Settings, arrays: Arrays) -> Self:
        """Return the detector that these parts describe; damaged ones are refused."""
        refuse_other(_VERSION, settings, WHO)
        try:
            detector = cls()
            detector._use(str(settings["rules"]), "the model's rules")
            surprise = np.array(arrays["surprise"], np.float64)
            knots = np.array(arrays["knots"], np.float64, order="C")
        except (KeyError, TypeError, ValueError, ConfigError) as error:
            raise damaged(WHO, f"{type(error).__name__}: {error}") from error
        detector._inputs = Inputs(surprise, knots)
        if damage := detector._inputs.damage():
            raise damaged(WHO, damage)
        return detector
