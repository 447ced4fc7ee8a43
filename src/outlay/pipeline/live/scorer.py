"""Payments and states to decisions and new states: the batch's kernels and detectors, no table."""

from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from outlay.decision import Books
from outlay.errors import ModelError
from outlay.features.online import Observer
from outlay.pipeline.live.columns import ColumnMaker
from outlay.pipeline.live.decision import Answered
from outlay.pipeline.live.judgement import Judge
from outlay.pipeline.live.payment import Payment, paid_of
from outlay.pipeline.live.states import MOMENTS, NEW, last_seen
from outlay.pipeline.model import Model

Floats = NDArray[np.float64]


class Scored(msgspec.Struct, frozen=True):
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
        users, user_of = _places(map(_user_of, payments))
        others, other_of = _places(map(_other_of, payments))
        before = [states.get(user, NEW) for user in users]
        moments = _moments(others, counterparties)
        rows = self._observer.rows([*map(paid_of, payments)])
        seen = self._observer.observe_many(
            rows, np.array(user_of), before, np.array(other_of), moments
        )
        late = _late(payments, user_of, before)
        columns = self._columns.make(payments, seen.features)
        answers, after = self._judge.judge(payments, columns, late, books)
        return Scored(
            answers,
            after,
            {name: seen.states[place] for name, place in users.items()},
            {name: seen.moments[place] for name, place in others.items()},
        )


_user_of: Final = attrgetter("user_id")
_other_of: Final = attrgetter("counterparty_id")


def _places(named: Iterable[str | None]) -> tuple[dict[str, int], list[int]]:
    """Return the distinct names with their places, and each payment's, -1 where it has no name."""
    places: dict[str, int] = {}
    of = [-1 if name is None else places.setdefault(name, len(places)) for name in named]
    return places, of


def _moments(places: Mapping[str, int], known: Mapping[str, Floats]) -> Floats:
    """Return where counterparties stand, zeros for the unknown."""
    moments = np.zeros((len(places), MOMENTS))
    for name, place in places.items():
        if (own := known.get(name)) is not None:
            moments[place] = own
    return moments


def _late(
    payments: Sequence[Payment], users: Sequence[int], before: Sequence[Floats]
) -> list[bool]:
    """Say which payments are earlier than the last that came of their user."""
    last = [last_seen(state) for state in before]
    late = []
    for place, user in enumerate(users):
        time = payments[place].timestamp
        is_late = time < last[user]
        late.append(is_late)
        if not is_late:
            last[user] = time
    return late
