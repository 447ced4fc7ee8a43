"""The ledger: every payment in the order of commits, with what was decided about it."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from outlay.errors import StoreError
from outlay.store import alerts as alert_table
from outlay.store.records import Alert, Decision, Entry, Head, Known, Recorded
from outlay.store.session import Row, Session

HEAD: Final = "SELECT last_seq, retained_seq, books FROM head"
_KNOWN = """
SELECT l.transaction_id, l.content_hash, d.body
FROM ledger l JOIN decisions d ON d.seq = l.seq
WHERE l.transaction_id IN ({each})
UNION ALL
SELECT transaction_id, content_hash, answer FROM answers WHERE transaction_id IN ({each})"""
_ENTRY = """
INSERT INTO ledger (seq, transaction_id, user_id, counterparty_id, timestamp, received_at,
  late, content_hash, content)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_DECISION = """
INSERT INTO decisions (seq, model_digest, risk, severity, outcome, is_alert,
  books_before, books_after, body)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_ADVANCE = "UPDATE head SET last_seq = ?, books = ?"
_RECORDED = """
SELECT l.seq, l.transaction_id, l.user_id, l.counterparty_id, l.timestamp, l.received_at,
  l.content, l.content_hash, l.late,
  d.model_digest, d.body, d.risk, d.severity, d.outcome, d.is_alert, d.books_before, d.books_after
FROM ledger l JOIN decisions d ON d.seq = l.seq
WHERE """


def head(session: Session) -> Head:
    """Return where the ledger ends."""
    return Head(*session.rows(HEAD)[0])


def known(session: Session, ids: Iterable[str]) -> dict[str, Known]:
    """Return what those ids stand for, in the ledger or in what left it."""
    listed = session.dialect.listed(ids)
    return {row[0]: Known(row[1], row[2]) for row in session.rows(_KNOWN, listed, listed)}


def append(
    session: Session,
    last_seq: int,
    entries: Sequence[Entry],
    decisions: Sequence[Decision],
    alerts: Sequence[Alert],
) -> int:
    """Put rows behind the ledger and return the last one's number."""
    seqs = _numbered(last_seq, entries, decisions, alerts)
    session.many(_ENTRY, [_entry_row(seqs[e.transaction_id], e) for e in entries])
    session.many(_DECISION, [_decision_row(seqs[d.transaction_id], d) for d in decisions])
    alert_table.add(session, seqs, alerts)
    return last_seq + len(entries)


def advance(session: Session, last_seq: int, books: bytes) -> None:
    """Move the ledger's end."""
    session.run(_ADVANCE, last_seq, books)


def decision(session: Session, transaction_id: str) -> Recorded | None:
    """Return one row of the ledger."""
    found = session.rows(f"{_RECORDED}l.transaction_id = ?", transaction_id)
    return _recorded(found[0]) if found else None


def rows(session: Session, narrowed: Sequence[tuple[str, object]]) -> Iterator[Recorded]:
    """Yield the rows for which every one of these SQL conditions holds, by number."""
    where = " AND ".join(condition for condition, _ in narrowed)
    values = [value for _, value in narrowed]
    return map(_recorded, session.stream(f"{_RECORDED}{where} ORDER BY l.seq", *values))


def _numbered(
    last_seq: int,
    entries: Sequence[Entry],
    decisions: Sequence[Decision],
    alerts: Sequence[Alert],
) -> dict[str, int]:
    """Return the number of each transaction; what does not belong together never gets in."""
    seqs = {entry.transaction_id: last_seq + k for k, entry in enumerate(entries, 1)}
    flagged = [d.transaction_id for d in decisions if d.is_alert]
    agree = [d.transaction_id for d in decisions] == list(seqs) and len(seqs) == len(entries)
    if not agree or flagged != [alert.id for alert in alerts]:
        raise StoreError(
            "Entries, decisions and alerts of a batch do not belong together: "
            f"{len(entries)}, {len(decisions)} ({len(flagged)} of them alerts) and {len(alerts)}."
            "\n\nHint: Each entry needs one decision in the same place, each alert's its alert."
        )
    return seqs


def _entry_row(seq: int, entry: Entry) -> Row:
    return (
        seq,
        entry.transaction_id,
        entry.user_id,
        entry.counterparty_id,
        entry.timestamp,
        entry.received_at,
        entry.late,
        entry.content_hash,
        entry.content,
    )


def _decision_row(seq: int, decision: Decision) -> Row:
    return (
        seq,
        decision.model_digest,
        decision.risk,
        decision.severity,
        decision.outcome,
        decision.is_alert,
        decision.books_before,
        decision.books_after,
        decision.body,
    )


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
