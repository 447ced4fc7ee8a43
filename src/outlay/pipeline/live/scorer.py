"""Payments and states to decisions and new states: the batch's kernels and detectors, no table."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from outlay.decision import Books
from outlay.errors import ModelError
from outlay.features.online import Observed, Observer
from outlay.pipeline.live.columns import ColumnMaker
from outlay.pipeline.live.decision import Answered
from outlay.pipeline.live.judgement import Judge
from outlay.pipeline.live.payment import Payment, paid_of
from outlay.pipeline.live.states import MOMENTS, NEW, last_seen
from outlay.pipeline.model import Model

Floats = NDArray[np.float64]


class Scored(NamedTuple):
    """What became of some payments.

    Parameters
    ----------
    answers
        The decisions, in the order of the payments.
    books
        The alert books before each payment, and after the last.
    states, counterparties
        Where their users and counterparties stand now.
    """

    answers: list[Answered]
    books: list[Books]
    states: dict[str, Floats]
    counterparties: dict[str, Floats]


class Scorer:
    """Scores payments in the order in which they come, by one model; it keeps nothing of them.

    Parameters
    ----------
    model
        The model; where its own users stand does not count.
    """

    def __init__(self, model: Model) -> None:
        if model.config.history != "past":
            raise ModelError(
                f"The model judges by the {model.config.history} history, and a payment that just "
                "happens has only a past.\n\n"
                "Hint: train with --history past (the default) for the payment path."
            )
        self.model = model
        self._observer = Observer(model.population, model.config.input.timezone)
        self._columns = ColumnMaker(model)
        self._judge = Judge(model)

    def score(
        self,
        payments: Sequence[Payment],
        states: Mapping[str, Floats],
        counterparties: Mapping[str, Floats],
        books: Books,
    ) -> Scored:
        """Return the decisions on payments, and what they leave.

        Parameters
        ----------
        payments
            In the order of their arrival.
        states, counterparties
            Where their users and counterparties stand; unknown ones may be left out.
        books
            What the payments before left of the alert budget.
        """
        if not payments:
            return Scored([], [books], {}, {})
        users = _Places(payment.user_id for payment in payments)
        others = _Places(payment.counterparty_id for payment in payments)
        before = [states.get(user, NEW) for user in users.names]
        seen = self._observed(payments, users, before, others, counterparties)
        late = _late(payments, users.of, before)
        columns = self._columns.make(payments, seen.features)
        answers, after = self._judge.judge(payments, columns, late, books)
        return Scored(
            answers,
            after,
            dict(zip(users.names, seen.states, strict=True)),
            dict(zip(others.names, seen.moments, strict=True)),
        )

    def _observed(
        self,
        payments: Sequence[Payment],
        users: "_Places",
        before: list[Floats],
        others: "_Places",
        counterparties: Mapping[str, Floats],
    ) -> Observed:
        rows = self._observer.rows([*map(paid_of, payments)])
        moments = np.zeros((len(others.names), MOMENTS))
        for place, name in enumerate(others.names):
            known = counterparties.get(name)
            if known is not None:
                moments[place] = known
        return self._observer.observe_many(
            rows, np.array(users.of), before, np.array(others.of), moments
        )


class _Places:
    """Which of the distinct names each payment has, -1 where it has none."""

    __slots__ = ("names", "of")

    def __init__(self, named: Iterable[str | None]) -> None:
        places: dict[str, int] = {}
        self.of = [-1 if name is None else places.setdefault(name, len(places)) for name in named]
        self.names = list(places)


def _late(
    payments: Sequence[Payment], users: Sequence[int], before: Sequence[Floats]
) -> list[bool]:
    """Say which payments are earlier than the last that came of their user."""
    last = [last_seen(state) for state in before]
    late = []
    for payment, user in zip(payments, users, strict=True):
        late.append(payment.timestamp < last[user])
        last[user] = max(last[user], payment.timestamp)
    return late
