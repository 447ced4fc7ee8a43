"""A few payments, in the order of their arrival, to their features: no table on the way."""

from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from outlay.features._kernels import (
    FIXED,
    N_FEATURES,
    N_OWN,
    PAYMENT,
    PER_PAYMENT,
    ROW,
    Floats,
    Ints,
    Records,
    observe,
)
from outlay.features.clock import Clock
from outlay.features.marks import fingerprint
from outlay.features.population import Population

Texts = Sequence[str | None]


class Observed(NamedTuple):
    """What a few payments leave: their features, and the states after them."""

    features: Floats  # (features, payments), in the order of the catalogue
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

    def rows(  # noqa: PLR0913, PLR0917 - one a column
        self,
        times: Sequence[int],
        amounts: Sequence[float],
        types: Texts,
        counterparties: Texts,
        devices: Texts,
        countries: Texts,
    ) -> Records:
        """Return payments as the kernel takes them, from the values that the schema accepts.

        Parameters
        ----------
        times
            Microseconds since 1970, UTC.
        amounts
            In the currency of the model.
        types, counterparties, devices, countries
            None where missing.
        """
        kinds, unknown = self._kinds, len(self._kinds)
        columns = zip(times, amounts, types, counterparties, devices, countries, strict=True)
        rows = np.empty(len(times), PAYMENT)
        for row, (time, amount, kind, counterparty, device, country) in enumerate(columns):
            rows[row] = (
                time,
                amount,
                fingerprint("transaction_type", kind),
                fingerprint("counterparty_id", counterparty),
                fingerprint("device_id", device),
                fingerprint("country", country),
                kinds.get(kind, unknown),
                *self._clock.one(time),
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
            amounts; zeros for a new one. Left as it is.
        """
        sizes = [state.size for state in states]
        offsets = np.array([0, *accumulate(sizes)], np.int64)
        words = np.concatenate(states) if states else np.empty(0)
        after = moments.copy()
        own = np.empty((users.size, N_OWN))
        features = np.empty((N_FEATURES, users.size))
        ends = np.zeros(offsets.size, np.int64)
        kept = np.empty(words.size + FIXED * len(sizes) + PER_PAYMENT * users.size)
        observe(
            rows,
            users,
            offsets,
            words,
            counterparties,
            after,
            self._prior,
            own.view(ROW)[:, 0],
            features[N_OWN:],
            ends,
            kept,
        )
        features[:N_OWN] = own.T
        bounds = ends.tolist()
        new = [kept[bounds[k] : bounds[k + 1]] for k in range(len(sizes))]
        return Observed(features, new, after)
