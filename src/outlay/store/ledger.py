"""The ledger: every payment in the order of commits, with what was decided about it."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec

from outlay.store.records import Decision, Entry, Head, Kind, Known, Recorded
from outlay.store.session import Row, Session
from outlay.store.tables import BACK, TABLES

HEAD: Final = "SELECT last_seq, retained_seq, books FROM head"
_KNOWN = """
SELECT l.transaction_id, l.content_hash, d.body
FROM ledger l JOIN decisions d ON d.seq = l.seq
WHERE l.transaction_id IN ({each})
UNION ALL
SELECT transaction_id, content_hash, answer FROM answers WHERE transaction_id IN ({each})"""
_ENTRY = """
INSERT INTO ledger (seq, user_before, counterparty_before, transaction_id, user_id, counterparty_id,
  timestamp, received_at, content, content_hash, late)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_DECISION = """
INSERT INTO decisions (seq, model_digest, body, risk, severity, outcome, is_alert,
  books_before, books_after)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_ADVANCE = "UPDATE head SET last_seq = ?, books = ?"
_RECORDED = """
SELECT l.seq, l.transaction_id, l.user_id, l.counterparty_id, l.timestamp, l.received_at,
  l.content, l.content_hash, l.late,
  d.model_digest, d.body, d.risk, d.severity, d.outcome, d.is_alert, d.books_before, d.books_after
FROM ledger l JOIN decisions d ON d.seq = l.seq
"""


def head(session: Session) -> Head:
    """Return where the ledger ends."""
    return Head(*session.rows(HEAD)[0])


def held_head(session: Session) -> Head:
    """Return where the ledger ends, and keep other writers waiting until this one is done."""
    return Head(*session.rows(f"{HEAD} {{hold}}")[0])


def known(session: Session, ids: Iterable[str]) -> dict[str, Known]:
    """Return what those ids stand for, in the ledger or in what left it."""
    listed = session.dialect.listed(ids)
    return {row[0]: Known(row[1], row[2]) for row in session.rows(_KNOWN, listed, listed)}


def append(session: Session, batch: Iterable[tuple[int, int, int, Entry]]) -> None:
    """Put rows behind the ledger: number, user's row before, counterparty's, the payment."""
    session.many(_ENTRY, [(*links, *msgspec.structs.astuple(entry)) for *links, entry in batch])


def decide(session: Session, seqs: Iterable[int], decisions: Iterable[Decision]) -> None:
    """Keep the decisions about the rows with these numbers."""
    rows = ((seq, *msgspec.structs.astuple(d)[1:]) for seq, d in zip(seqs, decisions, strict=True))
    session.many(_DECISION, rows)


def advance(session: Session, last_seq: int, books: bytes) -> None:
    """Move the ledger's end."""
    session.run(_ADVANCE, last_seq, books)


def decision(session: Session, transaction_id: str) -> Recorded | None:
    """Return one row of the ledger."""
    found = session.rows(f"{_RECORDED}WHERE l.transaction_id = ?", transaction_id)
    return _recorded(found[0]) if found else None


def rows(
    session: Session,
    narrowed: Sequence[tuple[str, object]],
    of: tuple[Kind, str] | None = None,
) -> Iterator[Recorded]:
    """Yield the rows for which every one of these SQL conditions holds, by number.

    ``of`` names whose; then only their rows are looked at.
    """
    where = " AND ".join(condition for condition, _ in narrowed)
    values = [value for _, value in narrowed]
    if of is None:
        return map(_recorded, session.stream(f"{_RECORDED}WHERE {where} ORDER BY l.seq", *values))
    back = TABLES[of[0]].sql(BACK)
    sql = f"{back}{_RECORDED}JOIN back ON back.seq = l.seq WHERE {where} ORDER BY l.seq"
    return map(_recorded, session.stream(sql, session.dialect.listed([of[1]]), *values))


def entry(row: Row) -> Entry:
    """Return the payment of the columns that every query names in this order."""
    number, user, counterparty, made, received, content, content_hash, late = row
    return Entry(number, user, counterparty, made, received, content, content_hash, bool(late))


def _recorded(row: Row) -> Recorded:
    model, body, risk, severity, outcome, is_alert, before, after = row[9:]
    return Recorded(
        row[0],
        entry(row[1:9]),
        Decision(row[1], model, body, risk, severity, outcome, bool(is_alert), before, after),
    )
