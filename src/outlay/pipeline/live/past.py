"""Where a user or a counterparty stood just before a ledger row."""

from collections import OrderedDict
from itertools import islice
from typing import Final

import numpy as np
from numpy.typing import NDArray

from outlay.pipeline.live.fold import ROWS, Folder
from outlay.pipeline.live.payment import payment_of
from outlay.pipeline.live.states import to_moments, to_words
from outlay.store import Kind, Reading

Floats = NDArray[np.float64]

_MOST: Final = 50_000
"""Entities whose states are held at once: a good hundred megabytes."""


class Past:
    """Knows where entities stand while somebody goes through the ledger row by row.

    Who is met for the first time (or was forgotten for room) is folded from the base on.

    Parameters
    ----------
    reading
        The store.
    kind
        Whose states.
    folder
        Folds them.
    """

    def __init__(self, reading: Reading, kind: Kind, folder: Folder) -> None:
        self._reading = reading
        self._kind = kind
        self._folder = folder
        self._known: OrderedDict[str, Floats] = OrderedDict()

    def before(self, name: str, seq: int) -> Floats:
        """Return the state that row ``seq`` met; rows of those known were all told by `moved`."""
        state = self._known.get(name)
        return self._folded(name, seq) if state is None else state

    def moved(self, name: str, state: Floats) -> None:
        """Keep the state after a row."""
        self._known[name] = state.copy()  # it is a view of a larger buffer
        self._known.move_to_end(name)
        if len(self._known) > _MOST:
            self._known.popitem(last=False)

    def _folded(self, name: str, seq: int) -> Floats:
        is_user = self._kind is Kind.USER
        rows = self._reading.ledger(
            user_id=name if is_user else None,
            counterparty_id=None if is_user else name,
            until_seq=seq - 1,
        )
        payments = (payment_of(row.entry.content) for row in rows)
        state = self._base(name)
        while piece := list(islice(payments, ROWS)):
            state = self._folder.after(self._kind, state, piece)
        return state

    def _base(self, name: str) -> Floats:
        if self._kind is Kind.USER:
            user = self._reading.user(name)
            return to_words(user.base if user else None, name)
        other = self._reading.counterparty(name)
        return to_moments(other.base if other else None, name)
