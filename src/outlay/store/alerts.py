"""Alerts, from the first look to the last word, and the labels that come of them."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec

from outlay.errors import InputError, NotFoundError
from outlay.store import access
from outlay.store.records import (
    Alert,
    AlertChange,
    AlertFilter,
    Change,
    Disposition,
    Label,
    Status,
)
from outlay.store.session import Row, Session

_ADD = """
INSERT INTO alerts (seq, transaction_id, user_id, timestamp, risk, severity, status, disposition,
  note, updated_at, updated_by)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_READ = """
SELECT seq, transaction_id, user_id, timestamp, risk, severity, status, disposition,
  note, updated_at, updated_by
FROM alerts"""
_CHANGE = """
UPDATE alerts SET status = ?, disposition = ?, note = ?, updated_at = ?, updated_by = ?
WHERE transaction_id = ?"""
_CHANGED = ("status", "disposition", "note", "updated_at", "updated_by")
_LABEL = """
INSERT INTO labels (transaction_id, source, is_fraud, at) VALUES (?, ?, ?, ?)
ON CONFLICT (transaction_id, source) DO UPDATE SET is_fraud = excluded.is_fraud, at = excluded.at"""
_LABELS = "SELECT transaction_id, is_fraud, source, at FROM labels"
_SEEN = """
SELECT transaction_id FROM ledger WHERE transaction_id IN ({each})
UNION SELECT transaction_id FROM answers WHERE transaction_id IN ({each})"""
_DIGITS: Final = 18
"""A number of so many digits is in the range of the database's."""
_NARROWING: Final = {
    "status": "status = ?",
    "severity": "severity = ?",
    "user_id": "user_id = ?",
    "since": "timestamp >= ?",
    "until": "timestamp < ?",
}


def add(session: Session, seqs: Iterable[int], alerts: Sequence[Alert]) -> None:
    """Keep new alerts under the numbers of their ledger rows."""
    if alerts:
        plain = (msgspec.to_builtins(alert).values() for alert in alerts)  # enums as text
        session.many(_ADD, [(seq, *row) for seq, row in zip(seqs, plain, strict=True)])


def one(session: Session, alert_id: str) -> Alert | None:
    """Return one alert."""
    found = session.rows(f"{_READ} WHERE transaction_id = ?", alert_id)
    return _alert(found[0]) if found else None


def page(
    session: Session, narrowed: AlertFilter, cursor: str | None, limit: int
) -> tuple[list[Alert], str | None]:
    """Return a page, newest first: the cursor is the last alert's number, so nothing shifts."""
    asked = {k: v for k, v in msgspec.to_builtins(narrowed).items() if v is not None}
    conditions = [_NARROWING[name] for name in asked] + ["seq < ?"]
    found = session.rows(
        f"{_READ} WHERE {' AND '.join(conditions)} ORDER BY seq DESC LIMIT ?",
        *asked.values(),
        _position(cursor),
        limit + 1,
    )
    more = str(found[limit - 1][0]) if len(found) > limit else None
    return [_alert(row) for row in found[:limit]], more


def change(session: Session, alert_id: str, change: AlertChange, by: str, at: int) -> Alert:
    """Change an alert and log how it was and is."""
    before = one(session, alert_id)
    if before is None:
        raise NotFoundError(
            f"There is no alert {alert_id!r}.\n\nHint: An alert has its transaction's id."
        )
    fields = {k: v for k, v in msgspec.structs.asdict(change).items() if v is not msgspec.UNSET}
    after = msgspec.structs.replace(before, **fields, updated_at=at, updated_by=by)
    plain = msgspec.to_builtins(after)
    session.run(_CHANGE, *(plain[name] for name in _CHANGED), alert_id)
    access.log(session, Change(at, by, "alert", alert_id, _json(before), _json(after)))
    return after


def label(session: Session, labels: Sequence[Label], by: str) -> list[str]:
    """Keep labels of transactions that were seen; return the ids that were not."""
    listed = session.dialect.listed(label.transaction_id for label in labels)
    seen = {row[0] for row in session.rows(_SEEN, listed, listed)}
    kept = [label for label in labels if label.transaction_id in seen]
    before = {(old.transaction_id, old.source): old for old in _labels_of(session, listed)}
    for new in kept:
        old = before.get((new.transaction_id, new.source))
        if old is None or old.is_fraud != new.is_fraud:
            session.run(_LABEL, new.transaction_id, new.source, new.is_fraud, new.at)
            was = None if old is None else _json(old)
            access.log(session, Change(new.at, by, "label", new.transaction_id, was, _json(new)))
            before[new.transaction_id, new.source] = new
    return [label.transaction_id for label in labels if label.transaction_id not in seen]


def labels(session: Session, ids: Iterable[str] | None) -> Iterator[Label]:
    """Yield labels, all or those of some transactions."""
    if ids is not None:
        return _labels_of(session, session.dialect.listed(ids))
    return map(_label, session.stream(_LABELS))


def _labels_of(session: Session, listed: object) -> Iterator[Label]:
    return map(_label, session.stream(f"{_LABELS} WHERE transaction_id IN ({{each}})", listed))


def _label(row: Row) -> Label:
    return Label(row[0], bool(row[1]), row[2], row[3])


def _alert(row: Row) -> Alert:
    _, alert_id, user_id, timestamp, risk, severity, status, disposition, *last = row
    found = Disposition(disposition) if disposition is not None else None
    return Alert(alert_id, user_id, timestamp, risk, severity, Status(status), found, *last)


def _position(cursor: str | None) -> int:
    if cursor is None:
        return 2**63 - 1
    if cursor.isascii() and cursor.isdecimal() and len(cursor) <= _DIGITS:
        return int(cursor)
    raise InputError(
        f"The cursor {cursor[:40]!r} is none that this store gave.\n\n"
        "Hint: Pass on next_cursor as the page before had it, or leave it out to start anew."
    )


def _json(record: Alert | Label) -> str:
    return msgspec.json.encode(record).decode()
