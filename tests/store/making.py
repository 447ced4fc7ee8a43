"""Payments whose states are easy to check: a state is the ids of the payments it saw."""

from collections.abc import Iterable
from hashlib import blake2b
from typing import NamedTuple

from outlay.store import Alert, Decision, Entity, Entry, Kind, Status, Store, Writing

MODEL = "0123456789abcdef"


class Payment(NamedTuple):
    """What a test says about a payment."""

    id: str
    user: str = "ann"
    counterparty: str | None = "shop"
    at: int = 1_000_000
    alert: bool = False
    severity: str = "low"


def fold(state: bytes | None, ids: Iterable[str]) -> bytes:
    """Return the state after these payments."""
    return b" ".join([*([state] if state else []), *(name.encode() for name in ids)])


def entry(payment: Payment) -> Entry:
    """Return a payment as the ledger keeps it."""
    content = f'{{"id": "{payment.id}"}}'.encode()
    digest = blake2b(content, digest_size=16).digest()
    return Entry(
        payment.id,
        payment.user,
        payment.counterparty,
        payment.at,
        payment.at + 5,
        content,
        digest,
        late=payment.at < 0,
    )


def decision(payment: Payment, books: int) -> Decision:
    """Return what was decided, the books being a number that each payment raises."""
    return Decision(
        payment.id,
        MODEL,
        f"answer {payment.id}".encode(),
        0.1 + 0.2,
        payment.severity,
        "review" if payment.alert else "approve",
        payment.alert,
        f"books {books}".encode(),
        f"books {books + 1}".encode(),
    )


def alert(payment: Payment) -> Alert:
    """Return the alert of a payment, as new ones are."""
    return Alert(
        payment.id,
        payment.user,
        payment.at,
        0.1 + 0.2,
        payment.severity,
        Status.OPEN,
        None,
        "",
        payment.at + 5,
        "outlay",
    )


def put(writing: Writing, *payments: Payment) -> int:
    """Do what the engine does with a batch."""
    writing.put_model(MODEL, b"model", at=1)
    users = writing.states({payment.user for payment in payments})
    others = {payment.counterparty for payment in payments if payment.counterparty is not None}
    counterparties = writing.counterparties(others)
    for payment in payments:
        users[payment.user] = fold(users.get(payment.user), [payment.id])
        if payment.counterparty is not None:
            before = counterparties.get(payment.counterparty)
            counterparties[payment.counterparty] = fold(before, [payment.id])
    start = int((writing.books() or b"books 0").split()[1])
    return writing.append(
        [entry(payment) for payment in payments],
        [decision(payment, start + k) for k, payment in enumerate(payments)],
        [alert(payment) for payment in payments if payment.alert],
        users,
        counterparties,
        f"books {start + len(payments)}".encode(),
    )


def pay(store: Store, *payments: Payment) -> int:
    """Put a batch in a transaction of its own."""
    with store.writing() as writing:
        return put(writing, *payments)


def retain(store: Store, until_seq: int, *, keep_answers: bool = True) -> int:
    """Fold what leaves into the bases and let it leave."""
    with store.writing() as writing:
        bases = {
            kind: {
                entity.id: fold(entity.base, [row.transaction_id for _, row in rows])
                for entity, rows in writing.histories(kind, until_seq=until_seq)
            }
            for kind in Kind
        }
        return writing.retain(
            until_seq, bases[Kind.USER], bases[Kind.COUNTERPARTY], keep_answers=keep_answers
        )


def folded(store: Store) -> dict[tuple[Kind, str], tuple[Entity, list[int]]]:
    """Return everyone with the numbers of their rows, having checked that state = fold."""
    found = {}
    with store.reading() as reading:
        for kind in Kind:
            for entity, rows in reading.histories(kind):
                own = list(rows)
                assert entity.state == fold(entity.base, [row.transaction_id for _, row in own])
                found[kind, entity.id] = entity, [seq for seq, _ in own]
        assert reading.faults() == []
    return found
