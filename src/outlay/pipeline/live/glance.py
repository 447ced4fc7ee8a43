"""What a user's state says of the user: figures that a person can read, straight from its words."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from outlay.features._kernels import (
    BIN_WIDTH,
    FIXED,
    HEAD,
    LOG_MIN,
    N_BINS,
    N_BINS_WORD,
    N_SEEN_WORD,
    N_TYPES_WORD,
    N_WINDOWS,
)
from outlay.features.marks import fingerprint

Floats = NDArray[np.float64]

_HOURS: Final = 24
_WEEKDAYS: Final = 7
_MOST_OF: Final = 0.9
"""The share of payments that the usual hours hold."""


@dataclass(frozen=True, slots=True)
class Glance:
    """One user's state, read.

    Parameters
    ----------
    n
        Payments so far.
    bins
        How many of them fell into each of the amounts' logarithmic bins.
    types
        The fingerprints of the types, and how many payments were of each.
    met
        Counterparties, devices and countries met so far, together.
    """

    n: int
    amount_mean: float
    amount_min: float
    amount_max: float
    first_seen: int
    last_seen: int
    hours: tuple[int, ...]
    weekdays: tuple[int, ...]
    bins: NDArray[np.int64]
    types: dict[int, int]
    met: int

    @classmethod
    def of(cls, state: Floats) -> Self:
        """Read a state, which is not empty."""
        words = state.tolist()
        n_types, n_bins = int(words[N_TYPES_WORD]), int(words[N_BINS_WORD])
        hours = HEAD + 2 * N_WINDOWS
        days = hours + _HOURS
        counted = np.zeros(N_BINS, np.int64)
        packed = state[FIXED + 4 * n_types : FIXED + 4 * n_types + n_bins].astype(np.int64)
        counted[packed % N_BINS] = packed // N_BINS
        kinds = words[FIXED : FIXED + 2 * n_types]
        return cls(
            n=int(words[0]),
            amount_mean=words[1] / words[0],
            amount_min=words[2],
            amount_max=words[3],
            first_seen=int(words[6]),
            last_seen=int(words[7]),
            hours=tuple(map(int, words[hours:days])),
            weekdays=tuple(map(int, words[days : days + _WEEKDAYS])),
            bins=counted,
            types={int(k): int(n) for k, n in zip(kinds[:n_types], kinds[n_types:], strict=True)},
            met=int(words[N_SEEN_WORD]),
        )

    def amount(self, q: float) -> float:
        """Return the q-quantile of the amounts, as exactly as their bins tell (about 1 %)."""
        position = q * (self.n - 1)
        low = self._ranked(int(position))
        if position == int(position):
            return low
        return low + (position - int(position)) * (self._ranked(int(position) + 1) - low)

    def _ranked(self, rank: int) -> float:
        upto = np.cumsum(self.bins)
        place = int(np.searchsorted(upto, rank, side="right"))
        below = int(upto[place] - self.bins[place])
        inside = (rank - below + 0.5) / int(self.bins[place])
        amount = exp(LOG_MIN + (place + inside) * BIN_WIDTH)
        return min(max(amount, self.amount_min), self.amount_max)

    def usual_hours(self) -> tuple[int, int] | None:
        """Return the shortest stretch of the day that holds nine payments in ten: from, until.

        None where that is most of the day.
        """
        wanted = _MOST_OF * sum(self.hours)
        twice = (*self.hours, *self.hours)
        for length in range(1, 3 * _HOURS // 4 + 1):
            start = max(range(_HOURS), key=lambda hour: sum(twice[hour : hour + length]))
            if sum(twice[start : start + length]) >= wanted:
                return start, (start + length) % _HOURS
        return None

    def named_types(self, names: Sequence[str]) -> dict[str, int]:
        """Return payments by type, most frequent first; those of no known name count as ``other``."""
        by_mark = {fingerprint("transaction_type", name): name for name in names}
        counts: dict[str, int] = {}
        for mark, n in self.types.items():
            name = by_mark.get(mark, "other")
            counts[name] = counts.get(name, 0) + n
        return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))
