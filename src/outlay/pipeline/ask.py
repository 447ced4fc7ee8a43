"""Asking the detectors: the three that every decision has, and what a package plugged in."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from outlay.detectors.base import Detector
from outlay.errors import ConfigError
from outlay.pipeline.settings import DETECTORS
from outlay.schema.catalog import NAMES
from outlay.schema.columns import DECISION, OPTIONAL, REQUIRED
from outlay.schema.table import Columns

Floats = NDArray[np.float64]

_TAKEN: Final = frozenset({*REQUIRED, *OPTIONAL, *NAMES, *DECISION})
"""Columns that a detector from elsewhere cannot add: they mean something already."""


SCORES: Final = {
    "isolation_forest": "anomaly_score",
    "fuzzy": "fuzzy_risk_score",
    "rules": "rule_confidence",
}
"""Where each built-in detector's answer has its score."""
WITNESSES: Final = ("amount_oddity", "amount_log")
"""Features that speak of a transaction's risk beside the detectors."""


@dataclass(frozen=True, slots=True)
class Plugged:
    """What a detector from elsewhere says: its scores, and the columns that it adds."""

    score: Floats
    detail: pl.DataFrame


class Answers(msgspec.Struct, frozen=True):
    """What all detectors say of some rows.

    Parameters
    ----------
    given
        The built-in detectors' answers by column, codes in the place of words.
    plugged
        The others', by detector.
    """

    given: dict[str, NDArray[Any]]
    plugged: dict[str, Plugged]

    @classmethod
    def together(cls, parts: Iterable[Self]) -> Self:
        """Return what different detectors say of the same rows."""
        whole = cls({}, {})
        for part in parts:
            whole.given.update(part.given)
            whole.plugged.update(part.plugged)
        return whole

    def framed(self, detectors: Mapping[str, Detector]) -> pl.DataFrame:
        """Return the built-in detectors' answers as the scored table's columns, in words."""
        own: list[Any] = [detectors[name] for name in DETECTORS]
        parts: list[pl.DataFrame] = [one.framed(self.given) for one in own]
        return pl.concat(parts, how="horizontal")

    def flagged(self, detectors: Mapping[str, Detector]) -> dict[str, NDArray[np.bool_]]:
        """Return which rows each of the others calls anomalies."""
        return {name: one.score >= detectors[name].threshold for name, one in self.plugged.items()}


def ask(detectors: Mapping[str, Detector], columns: Columns) -> Answers:
    """Return what detectors say of rows that have their features; rows do not see each other."""
    given: dict[str, NDArray[Any]] = {}
    plugged: dict[str, Plugged] = {}
    for name, detector in detectors.items():
        if name in DETECTORS:
            own: Any = detector
            given |= own.answers(columns)
        else:
            plugged[name] = _asked(name, detector, columns.frame())
    return Answers(given, plugged)


def looked_at(detectors: Mapping[str, Detector]) -> frozenset[str] | None:
    """Return the columns that `ask` and `witnesses` look at; nothing where that is not known."""
    if detectors.keys() - {*DETECTORS}:
        return None  # one from elsewhere sees the whole table
    own: list[Any] = list(detectors.values())
    return frozenset(WITNESSES).union(*(one.reads for one in own))


def _asked(name: str, detector: Detector, table: pl.DataFrame) -> Plugged:
    """Ask a detector from elsewhere, and refuse what would spoil the decision."""
    score = np.asarray(detector.score(table), np.float64)
    if score.shape != (table.height,):
        raise _breach(name, f"gives {score.shape} scores for {table.height:,} rows")
    if not ((score >= 0.0) & (score <= 1.0)).all():
        raise _breach(name, "gives a score that is not in [0, 1]")
    detail = detector.detail(table)
    if detail.height != table.height and detail.width:
        raise _breach(name, f"gives {detail.height:,} rows of detail for {table.height:,}")
    if taken := [column for column in detail.columns if column in _TAKEN]:
        raise _breach(name, f"adds the column {taken[0]!r}, which means something else already")
    return Plugged(score, detail)


def _breach(name: str, what: str) -> ConfigError:
    return ConfigError(
        f"The detector {name!r} {what}.\n\n"
        "Hint: outlay.detectors.checks.check_detector says what a detector has to keep to."
    )


def with_plugged(table: pl.DataFrame, answers: Answers) -> pl.DataFrame:
    """Return a table with the columns that detectors from elsewhere add, in the place of older ones."""
    added = [one.detail for one in answers.plugged.values() if one.detail.width]
    old = {name for detail in added for name in detail.columns}
    kept = table.select(name for name in table.columns if name not in old)
    return pl.concat([kept, *added], how="horizontal") if added else table


def witnesses(columns: Columns, answers: Answers) -> dict[str, Floats]:
    """Return what speaks of a transaction's risk, each (n,), high = anomalous.

    Of detectors that did not answer nothing is said.
    """
    given = answers.given
    found: dict[str, Floats] = {
        name: given[score] for name, score in SCORES.items() if score in given
    }
    for name in WITNESSES:
        found[name] = columns.number(name)
    for name, one in answers.plugged.items():
        found[name] = one.score
    return found
