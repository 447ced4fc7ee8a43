"""The payment path: one batch, one database transaction, and answers only after its commit.

The order of commits is the order of everything: writers stand in line at the store, each reads the
states, the books and the known ids inside its own transaction, and nothing of a batch is kept in
memory. So an error leaves no trace, a call may be made again, and several workers may share a store.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from outlay.pipeline.live import decision as answers
from outlay.pipeline.live.payment import FieldError, Payment
from outlay.pipeline.live.reader import Reader
from outlay.pipeline.live.records import Sent, recorded
from outlay.pipeline.live.scorer import Scorer
from outlay.pipeline.live.states import stored_books, to_bytes, to_moments, to_words
from outlay.pipeline.model import Model
from outlay.schema.intake import Intake
from outlay.store import Known, Store, Writing


def now() -> int:
    """Return the present moment in microseconds since 1970, UTC."""
    return time.time_ns() // 1000


class Decided(msgspec.Struct, frozen=True, gc=False):
    """The decision on a payment, now or when it came first.

    Parameters
    ----------
    body
        Its JSON, to be sent as it is.
    repeated
        Whether this very payment had been decided before.
    """

    body: bytes
    repeated: bool
    late: bool
    outcome: str
    is_alert: bool


class Conflict(msgspec.Struct, frozen=True, gc=False):
    """Another payment has this id already."""

    transaction_id: str
    reason: str


Answer = Decided | Conflict


class Engine:
    """Decides payments as they come, and keeps what it decided in a store.

    Parameters
    ----------
    model
        Decides; it is in the store.
    store
        Keeps ledger, decisions, alerts, states and books; it has a base. See `begin`.
    intake
        How payments are read.
    clock
        The present moment in microseconds since 1970, UTC.
    """

    def __init__(
        self,
        model: Model,
        store: Store,
        *,
        intake: Intake | None = None,
        clock: Callable[[], int] = now,
    ) -> None:
        self.model = model
        self.store = store
        self._clock = clock
        self._reader = Reader.of(model, clock, intake)
        self._scorer = Scorer(model)

    @property
    def digest(self) -> str:
        """What identifies the model."""
        return self.model.digest

    @property
    def currency(self) -> str | None:
        """What amounts are counted in, where that is known."""
        return self._reader.currency

    def read(self, said: Mapping[str, Any]) -> Payment | list[FieldError]:
        """Return the payment that a JSON object describes, or all that is wrong with it."""
        return self._reader.read(said)

    def process(self, payments: Sequence[Payment]) -> list[Answer]:
        """Decide payments in their order, all in one database transaction.

        Raises `StoreUnavailableError` where the store cannot be written to just now: nothing of
        the batch was kept, and the same call may be made again.
        """
        sent = [Sent.of(payment) for payment in payments]
        firsts: dict[str, Sent] = {}
        for each in sent:
            firsts.setdefault(each.payment.transaction_id, each)
        with self.store.writing() as writing:
            known = writing.known(firsts)
            fresh = [each for name, each in firsts.items() if name not in known]
            decided = self._decide(writing, fresh) if fresh else {}
        for each in fresh:
            known[each.payment.transaction_id] = Known(each.hash, b"")
        return [_answer(each, known, decided, firsts) for each in sent]

    def _decide(self, writing: Writing, fresh: Sequence[Sent]) -> dict[str, Decided]:
        """Score payments that came for the first time, and append them to the ledger."""
        payments = [each.payment for each in fresh]
        users = dict.fromkeys(payment.user_id for payment in payments)
        others = dict.fromkeys(p.counterparty_id for p in payments if p.counterparty_id is not None)
        scored = self._scorer.score(
            payments,
            {name: to_words(kept, name) for name, kept in writing.states(users).items()},
            {name: to_moments(kept, name) for name, kept in writing.counterparties(others).items()},
            stored_books(writing.books(), self.model),
        )
        batch = recorded(fresh, scored, self._clock())
        writing.append(
            batch.entries,
            batch.decisions,
            batch.alerts,
            {name: to_bytes(words) for name, words in scored.states.items()},
            {name: to_bytes(words) for name, words in scored.counterparties.items()},
            batch.decisions[-1].books_after,
        )
        return {
            decision.transaction_id: Decided(
                decision.body,
                repeated=False,
                late=entry.late,
                outcome=decision.outcome,
                is_alert=decision.is_alert,
            )
            for entry, decision in zip(batch.entries, batch.decisions, strict=True)
        }

    def warm(self) -> None:
        """Decide a payment that nobody made, so that whatever is compiled or loaded late is there."""
        payment = Payment("-", "-", self._clock(), 1.0, "unknown", "-")
        self._scorer.score([payment], {}, {}, self.model.books)


def _answer(
    sent: Sent,
    known: Mapping[str, Known],
    decided: Mapping[str, Decided],
    firsts: Mapping[str, Sent],
) -> Answer:
    name = sent.payment.transaction_id
    first = known[name]
    if first.content_hash != sent.hash:
        return Conflict(name, f"transaction_id {name!r} is that of another payment")
    if name in decided:
        new = decided[name]
        return new if firsts[name] is sent else msgspec.structs.replace(new, repeated=True)
    said = answers.decode(first.answer)
    return Decided(
        first.answer, repeated=True, late=said.late, outcome=said.outcome, is_alert=said.is_alert
    )
