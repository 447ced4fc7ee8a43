"""One risk from several witnesses: how rare is so much evidence in training.

Each witness (a detector's score, the amount's own oddity) is first turned into its tail share p in
training. They are combined by the weighted harmonic mean of the shares (Wilson, "The harmonic mean
p-value for combining dependent tests", PNAS 2019): one strong witness is enough, and witnesses that
repeat each other do not add up. The combination's own tail in training gives the risk, so that 99
means: 1 in 100 training transactions looked this bad.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from outlay.schema.tail import Tail

Floats = NDArray[np.float64]

WEIGHTS: Final = {
    "isolation_forest": 1.0,
    "fuzzy": 0.02,
    "rules": 0.07,
    "amount_oddity": 0.06,
    "amount_log": 0.02,
}
"""What each witness counts; chosen by measurement (docs/explanation/ranking.md)."""


@dataclass(frozen=True, slots=True)
class Risk:
    """What training learned of the witnesses.

    Parameters
    ----------
    tails
        Each witness's tail in training.
    total
        The tail of the combined evidence.
    """

    tails: Mapping[str, Tail]
    total: Tail

    @classmethod
    def fit(cls, witnesses: Mapping[str, Floats]) -> Self:
        """Learn from the training transactions' witnesses, each (n,), high = anomalous."""
        tails = {name: Tail.fit(values) for name, values in witnesses.items()}
        return cls(tails, Tail.fit(_evidence(tails, witnesses)))

    def share(self, witnesses: Mapping[str, Floats]) -> Floats:
        """Return the share of training transactions with at least as much evidence, (n,)."""
        return self.total.share(_evidence(self.tails, witnesses))


def _evidence(tails: Mapping[str, Tail], witnesses: Mapping[str, Floats]) -> Floats:
    """Return the log of the weighted sum of 1 / p."""
    inverse = sum(WEIGHTS[name] / tails[name].share(witnesses[name]) for name in sorted(tails))
    evidence: Floats = np.log(np.asarray(inverse))
    return evidence


def as_risk(share: Floats) -> Floats:
    """Return the risk, 0 to 100, of tail shares."""
    return 100.0 * (1.0 - share)
