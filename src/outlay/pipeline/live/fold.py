"""States made anew from the ledger: what its oldest row met, and every row since, in their order."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from outlay.errors import StoreDamagedError
from outlay.features.online import Observer
from outlay.pipeline.live.payment import Payment, paid_of, payment_of
from outlay.pipeline.live.states import MOMENTS, last_seen, to_bytes, to_moments, to_words
from outlay.pipeline.model import Model
from outlay.store import Entity, Entry, History, Kind

Floats = NDArray[np.float64]

ROWS: Final = 1024
"""Rows folded in one call."""


class Folded(NamedTuple):
    """One entity's state after its rows.

    ``late`` holds the transactions that were marked late and were not, or the other way round.
    """

    entity: Entity
    state: bytes | None
    rows: int
    late: tuple[str, ...]


class _Piece(NamedTuple):
    """An entity, where it stood, and the rows that came since."""

    entity: Entity
    state: Floats
    rows: list[tuple[Entry, Payment]]


class Folder:
    """Folds ledger rows into states by the kernel that scored them.

    A state does not depend on what a model learned, only on the zone in which it tells hours.

    Parameters
    ----------
    model
        Any model of the store's zone.
    """

    def __init__(self, model: Model) -> None:
        self._observer = Observer(model.population, model.config.input.timezone)

    def folded(self, kind: Kind, histories: Iterable[History]) -> Iterator[Folded]:
        """Yield the entities with the states that their rows lead to; a few thousand rows at once.

        Rows whose content cannot be read leave their entity without a state.
        """
        waiting: list[_Piece] = []
        for history in histories:
            rows = ((entry, payment_of(entry.content)) for _, entry in history.rows)
            try:
                piece = list(islice(rows, ROWS))
                start = _start(kind, history.entity)
                if len(piece) == ROWS:
                    yield self._long(kind, history.entity, start, piece, rows)
                    continue
            except (msgspec.DecodeError, StoreDamagedError):
                yield Folded(history.entity, None, 0, ())
                continue
            waiting.append(_Piece(history.entity, start, piece))
            if sum(len(each.rows) for each in waiting) >= ROWS:
                yield from self._short(kind, waiting)
                waiting = []
        yield from self._short(kind, waiting)

    def after(self, kind: Kind, state: Floats, payments: Sequence[Payment]) -> Floats:
        """Return a state after payments that are all of one user, or one counterparty."""
        return self._fold(kind, [state], [payments])[0]

    def _short(self, kind: Kind, pieces: Sequence[_Piece]) -> Iterator[Folded]:
        if not pieces:
            return
        rows = [[payment for _, payment in piece.rows] for piece in pieces]
        states = self._fold(kind, [piece.state for piece in pieces], rows)
        for piece, state in zip(pieces, states, strict=True):
            late = tuple(_late(kind, piece.state, piece.rows))
            yield Folded(piece.entity, to_bytes(state), len(piece.rows), late)

    def _long(
        self,
        kind: Kind,
        entity: Entity,
        state: Floats,
        piece: list[tuple[Entry, Payment]],
        rest: Iterator[tuple[Entry, Payment]],
    ) -> Folded:
        """Fold somebody with more rows than are to be held at once."""
        late: list[str] = []
        n = 0
        while piece:
            late += _late(kind, state, piece)
            state = self.after(kind, state, [payment for _, payment in piece])
            n += len(piece)
            piece = list(islice(rest, ROWS))
        return Folded(entity, to_bytes(state), n, tuple(late))

    def _fold(
        self, kind: Kind, states: Sequence[Floats], payments: Sequence[Sequence[Payment]]
    ) -> Sequence[Floats]:
        """Return the states after the payments; group k's all belong to state k."""
        flat = [payment for group in payments for payment in group]
        place = np.repeat(np.arange(len(states)), [len(group) for group in payments])
        rows = self._observer.rows([*map(paid_of, flat)])
        if kind is Kind.USER:
            nowhere, nothing = np.full(len(flat), -1), np.zeros((0, MOMENTS))
            seen = self._observer.observe_many(rows, place, list(states), nowhere, nothing)
            return seen.states
        nobody = [np.empty(0)] * len(states)  # who paid does not count here
        seen = self._observer.observe_many(rows, place, nobody, place, np.array(states))
        return list(seen.moments)


def _start(kind: Kind, entity: Entity) -> Floats:
    read = to_words if kind is Kind.USER else to_moments
    return read(entity.base, entity.id)


def _late(kind: Kind, state: Floats, rows: Sequence[tuple[Entry, Payment]]) -> list[str]:
    """Return the transactions whose mark ``late`` is wrong; only a user can tell."""
    if kind is not Kind.USER:
        return []
    last, wrong = last_seen(state), []
    for entry, payment in rows:
        if entry.late != (payment.timestamp < last):
            wrong.append(entry.transaction_id)
        last = max(last, payment.timestamp)
    return wrong
