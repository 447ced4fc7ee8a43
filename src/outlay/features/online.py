"""A few payments, in the order of their arrival, to their features: no table on the way."""

from collections.abc import Sequence
from itertools import accumulate, pairwise

import msgspec
import numpy as np

from outlay.features._kernels import (
    FIXED,
    N_FEATURES,
    PAYMENT,
    PER_PAYMENT,
    Floats,
    Ints,
    Records,
    observe,
)
from outlay.features.clock import Clock
from outlay.features.marks import fingerprint
from outlay.features.population import Population

Text = str | None
Paid = tuple[int, float, Text, Text, Text, Text]
"""A payment: microseconds since 1970 (UTC), amount, type, counterparty, device, country."""


class Observed(msgspec.Struct, frozen=True):
    """What a few payments leave: their features, and the states after them."""

    features: Floats  # (features + 1, payments), in the order of the catalogue; last the amounts
    states: list[Floats]  # one a user
    moments: Floats  # (counterparties, 3)


class Observer:
    """Takes payments as they happen, by the same kernel as `compute`: the same bits.

    It keeps nothing between calls but what the population says, so threads may share one.

    Parameters
    ----------
    population
        The prior of users without a past.
    timezone
        In which hours and weekdays are judged.
    """

    def __init__(self, population: Population, timezone: str = "UTC") -> None:
        self._prior = population.prior()
        self._kinds: dict[str | None, int] = {
            name: place for place, name in enumerate(population.types)
        }
        self._clock = Clock(timezone)

    def rows(self, payments: Sequence[Paid]) -> Records:
        """Return payments as the kernel takes them, from the values that the schema accepts."""
        kinds, unknown, clock = self._kinds, len(self._kinds), self._clock
        rows = np.empty(len(payments), PAYMENT)
        for row, (time, amount, kind, counterparty, device, country) in enumerate(payments):
            rows[row] = (
                time,
                amount,
                fingerprint("transaction_type", kind),
                fingerprint("counterparty_id", counterparty),
                fingerprint("device_id", device),
                fingerprint("country", country),
                kinds.get(kind, unknown),
                *clock.one(time),
            )
        return rows

    def observe_many(
        self,
        rows: Records,
        users: Ints,
        states: Sequence[Floats],
        counterparties: Ints,
        moments: Floats,
    ) -> Observed:
        """Return payments' features, their users' new states and their counterparties'.

        Within a user, and within a counterparty, payments are taken strictly in the order in which
        they stand.

        Parameters
        ----------
        rows
            The payments, in the order of their arrival; see `rows`.
        users
            Whose each payment is: a place in ``states``.
        states
            Each user's state before, as `States.of` gives it; empty for a new user.
        counterparties
            Whom each payment went to: a place in ``moments``, -1 where that is missing.
        moments
            Each counterparty's state before, (m, 3): count, mean and sum of squares of the log
            amounts; zeros for a new one. Moved on in their place.
        """
        sizes = [state.size for state in states]
        offsets = np.array([*accumulate(sizes, initial=0)], np.int64)
        words = np.concatenate(states) if states else np.empty(0)
        features = np.empty((N_FEATURES + 1, users.size))
        ends = np.zeros(offsets.size, np.int64)
        kept = np.empty(words.size + FIXED * len(sizes) + PER_PAYMENT * users.size)
        observe(
            rows,
            users,
            offsets,
            words,
            counterparties,
            moments,
            *self._prior,
            features,
            ends,
            kept,
        )
        new = [kept[begin:end] for begin, end in pairwise(ends.tolist())]
        return Observed(features, new, moments)
