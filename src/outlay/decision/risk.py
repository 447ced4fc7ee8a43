"""One risk from several witnesses: how rare is so much evidence in training.

Each witness (a detector's score, the amount's own oddity) is first turned into its tail share p in
training. They are combined by the weighted harmonic mean of the shares (Wilson, "The harmonic mean
p-value for combining dependent tests", PNAS 2019): one strong witness is enough, and witnesses that
repeat each other do not add up. The combination's own tail in training gives the risk, so that 99
means: 1 in 100 training transactions looked this bad.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from outlay.jit import in_chunks, side_by_side
from outlay.schema._tail_kernels import inverse_sums, log_shares
from outlay.schema.tail import Points, Tail, packed

Floats = NDArray[np.float64]

WEIGHTS: Final = {
    "isolation_forest": 1.0,
    "fuzzy": 0.02,
    "rules": 0.07,
    "amount_oddity": 0.06,
    "amount_log": 0.02,
}
"""What each witness counts; chosen by measurement (docs/explanation/ranking.md)."""
OTHER_WITNESSES: Final = frozenset({"amount_oddity", "amount_log", "total"})
"""Witnesses that are no detectors, and what the combined evidence is called in a model."""
PLUGGED_WEIGHT: Final = 0.02
"""What a detector from elsewhere counts: as little as the weakest of ours, for nobody measured it. It
has to find something 50 times as rare as the forest does to weigh as much, so it can lift a payment
that is extreme in its eyes and cannot drown the others."""


@dataclass(frozen=True)
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
    def fit(cls, witnesses: Mapping[str, Floats], known: Mapping[str, Tail] | None = None) -> Self:
        """Learn from the training transactions' witnesses, each (n,), high = anomalous.

        Of some the tails may be ``known`` already; see `tails_of`.
        """
        names, found = sorted(witnesses), dict(known or {})
        found |= tails_of({name: witnesses[name] for name in names if name not in found})
        own = packed([found[name] for name in names])
        evidence = _evidence(witnesses, names, own, _weights(names))
        return cls({name: found[name] for name in names}, Tail.fit(evidence))

    def share(self, witnesses: Mapping[str, Floats]) -> Floats:
        """Return the share of training transactions with at least as much evidence, (n,)."""
        return _evidence(witnesses, *self._ready)

    @cached_property
    def _ready(self) -> tuple[list[str], Points, Floats, Points]:
        """Return the witnesses in their order, and all tails as the kernel takes them."""
        names = sorted(self.tails)
        own = packed([self.tails[name] for name in names])
        return names, own, _weights(names), packed([self.total])


def tails_of(witnesses: Mapping[str, Floats]) -> dict[str, Tail]:
    """Return the tails of some witnesses in training."""
    names = list(witnesses)
    found = side_by_side(lambda place: Tail.fit(witnesses[names[place]]), len(names))
    return dict(zip(names, found, strict=True))


def _weights(names: list[str]) -> Floats:
    return np.array([WEIGHTS.get(name, PLUGGED_WEIGHT) for name in names])


def _evidence(
    witnesses: Mapping[str, Floats],
    names: list[str],
    points: Points,
    weights: Floats,
    total: Points | None = None,
) -> Floats:
    """Return the log of the weighted sum of 1 / p; or, of a total, the share of so much."""
    evidence = np.empty((1, len(witnesses[names[0]])))

    def part(start: int, stop: int) -> None:
        own = evidence[:, start:stop]
        asked = [witnesses[name][start:stop] for name in names]
        shares = np.concatenate(asked).reshape(len(names), stop - start)
        log_shares(shares, *points, shares)
        np.exp(shares, shares)
        inverse_sums(shares, weights, own[0])
        np.log(own, own)
        if total:
            log_shares(own, *total, own)
            np.exp(own, own)

    in_chunks(part, evidence.shape[1])
    found: Floats = evidence[0]
    return found
