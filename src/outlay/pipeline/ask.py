"""Asking the detectors: the three that every decision has, and what a package plugged in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from outlay.detectors.base import Detector
from outlay.schema.table import Columns

Floats = NDArray[np.float64]

BUILT_IN: Final = ("rules", "isolation_forest", "fuzzy")
"""What the scored table's own columns come from: no decision is without them."""


@dataclass(frozen=True, slots=True)
class Plugged:
    """What a detector from elsewhere says: its scores, and the columns that it adds."""

    score: Floats
    detail: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Answers:
    """What all detectors say of some rows.

    Parameters
    ----------
    given
        The built-in detectors' answers by column, codes in the place of words.
    plugged
        The others', by detector.
    """

    given: dict[str, NDArray[Any]]
    plugged: dict[str, Plugged] = field(default_factory=dict)

    def framed(self, detectors: Mapping[str, Detector]) -> pl.DataFrame:
        """Return the built-in detectors' answers as the scored table's columns, in words."""
        own: list[Any] = [detectors[name] for name in BUILT_IN]
        parts: list[pl.DataFrame] = [one.framed(self.given) for one in own]
        return pl.concat(parts, how="horizontal")


def ask(detectors: Mapping[str, Detector], columns: Columns) -> Answers:
    """Return what detectors say of rows that have their features; rows do not see each other."""
    given: dict[str, NDArray[Any]] = {}
    plugged: dict[str, Plugged] = {}
    for name, detector in detectors.items():
        if name in BUILT_IN:
            own: Any = detector
            given |= own.answers(columns)
        else:
            table = columns.frame()
            plugged[name] = Plugged(detector.score(table), detector.detail(table))
    return Answers(given, plugged)


def witnesses(columns: Columns, answers: Answers) -> dict[str, Floats]:
    """Return what speaks of a transaction's risk, each (n,), high = anomalous."""
    return {
        "isolation_forest": answers.given["anomaly_score"],
        "fuzzy": answers.given["fuzzy_risk_score"],
        "rules": answers.given["rule_confidence"],
        "amount_oddity": columns.number("amount_oddity"),
        "amount_log": columns.number("amount_log"),
        **{name: one.score for name, one in answers.plugged.items()},
    }
