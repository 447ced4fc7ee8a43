"""Decided payments as the store's records."""

from collections.abc import Sequence
from typing import Final, NamedTuple, Self

from outlay.pipeline.live import decision as answers
from outlay.pipeline.live.payment import Payment, content_of, hash_of
from outlay.pipeline.live.scorer import Scored
from outlay.pipeline.live.states import books_to_bytes
from outlay.store import Alert, Decision, Entry, Status

US: Final = "outlay"
"""Who opens an alert."""


class Sent(NamedTuple):
    """A payment that came in, with the content that a repeat is compared by."""

    payment: Payment
    content: bytes
    hash: bytes

    @classmethod
    def of(cls, payment: Payment) -> Self:
        """Return the payment with its content."""
        content = content_of(payment)
        return cls(payment, content, hash_of(content))


class Records(NamedTuple):
    """One batch, as the store takes it."""

    entries: list[Entry]
    decisions: list[Decision]
    alerts: list[Alert]


def recorded(sent: Sequence[Sent], scored: Scored, received_at: int) -> Records:
    """Return the records of scored payments."""
    books = [books_to_bytes(each) for each in scored.books]
    records = Records([], [], [])
    for k, (each, answer) in enumerate(zip(sent, scored.answers, strict=True)):
        payment = each.payment
        records.entries.append(
            Entry(
                payment.transaction_id, payment.user_id, payment.counterparty_id,
                payment.timestamp, received_at, each.content, each.hash, answer.late,
            )
        )  # fmt: skip
        records.decisions.append(
            Decision(
                payment.transaction_id, answer.model, answers.encode(answer),
                answer.risk, answer.severity, answer.outcome, answer.is_alert,
                books[k], books[k + 1],
            )
        )  # fmt: skip
        if answer.is_alert:
            records.alerts.append(
                Alert(
                    payment.transaction_id, payment.user_id, payment.timestamp, answer.risk,
                    answer.severity, Status.OPEN, None, "", received_at, US,
                )
            )  # fmt: skip
    return records
