"""Which detectors speak of which rows, how loudly, and how much."""

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from outlay.detectors.fuzzy import CATEGORIES
from outlay.pipeline.model import Model
from outlay.pipeline.settings import DETECTORS
from outlay.pipeline.verdicts import Verdicts

Bools = NDArray[np.bool_]

VOICE: Final = {"rules": 1.0, "isolation_forest": 0.9, "fuzzy": 0.1}
"""How loudly each detector speaks; a rule that somebody wrote goes before what a model credits."""
PLUGGED_VOICE: Final = 0.5
"""A detector from elsewhere is heard after what is plain to see, and before the fuzzy summary."""
MOST: Final = {"rules": 3, "isolation_forest": 4, "fuzzy": 1}
"""Reasons kept of each detector: more would repeat each other."""
MOST_PLUGGED: Final = 2
LAST: Final = -1.0
"""How loudly it is said that too little is known."""


class Flags(NamedTuple):
    """Which rows each detector speaks of, and the figures that are quoted."""

    rules: Bools
    forest: Bools
    fuzzy: Bools
    cold: Bools
    anomaly_score: NDArray[np.float64]
    plugged: Mapping[str, Bools]

    @property
    def are_none(self) -> bool:
        """Return whether nobody has anything to say."""
        some = self.rules.any() or self.forest.any() or self.fuzzy.any()
        return not some and not self.plugged


def flags(model: Model, of: Verdicts) -> Flags:
    """Return the flags of rows that have just been judged."""
    given, alert = of.answers.given, of.verdict.is_alert
    category, score = given["fuzzy_risk_category"], given["anomaly_score"]
    flagged = of.verdict.is_anomaly | alert
    return Flags(
        rules=given["rule_is_anomaly"],
        forest=(score >= model.forest_threshold) | alert,
        fuzzy=(category == CATEGORIES.index("high")) | (alert & (category > 0)),
        cold=flagged & ~of.verdict.assessed,
        anomaly_score=score,
        plugged=of.answers.flagged(model.detectors),
    )


def flags_of(model: Model, rows: pl.DataFrame) -> Flags:
    """Return the flags of rows of a scored table."""
    alert, category = rows["is_alert"].to_numpy(), rows["fuzzy_risk_category"]
    score = rows["anomaly_score"].to_numpy()
    flagged = rows["is_anomaly"].to_numpy() | alert
    return Flags(
        rules=rows["rule_is_anomaly"].to_numpy(),
        forest=(score >= model.forest_threshold) | alert,
        fuzzy=(category == "high").to_numpy() | (alert & (category != "low").to_numpy()),
        cold=flagged & ~rows["assessed"].to_numpy(),
        anomaly_score=score,
        plugged={
            name: one.score(rows) >= one.threshold
            for name, one in model.detectors.items()
            if name not in DETECTORS
        },
    )


def newcomer(n: float) -> str:
    """Say of a user how little is known: the payments are judged against the population."""
    plural = "" if n == 1 else "s"
    earlier = f"only {n:,.0f} earlier payment{plural}" if n else "no earlier payment"
    return f"{earlier} of this user: judged against all users"
