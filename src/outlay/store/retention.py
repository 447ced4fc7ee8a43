"""What leaves the ledger: its rows are folded into the bases first, its answers stay."""

from collections.abc import Iterable, Mapping
from typing import Final

from outlay.errors import StoreError
from outlay.store.records import Kind
from outlay.store.session import Session
from outlay.store.tables import TABLES

_LEAVING = "SELECT DISTINCT COLUMN FROM ledger WHERE seq <= ? AND COLUMN IS NOT NULL"
_MOVE_BASE = "UPDATE BASES SET state = ? WHERE seq = (SELECT base_seq FROM ENTITIES WHERE id = ?)"
_DROP_BASES = """
DELETE FROM BASES WHERE seq IN (
  SELECT base_seq FROM ENTITIES WHERE id IN ({each}) AND last_seq <= ?)"""
_NO_BASE = "UPDATE ENTITIES SET base_seq = 0, last_seq = 0 WHERE id IN ({each}) AND last_seq <= ?"
_KEEP_ANSWERS = """
INSERT INTO answers (transaction_id, received_at, content_hash, answer)
SELECT l.transaction_id, l.received_at, l.content_hash, d.body
FROM ledger l JOIN decisions d ON d.seq = l.seq WHERE l.seq <= ?"""
_DONE_ALERTS: Final = "DELETE FROM alerts WHERE seq <= ? AND status IN ('resolved', 'closed')"


def leaving(session: Session, kind: Kind, until_seq: int) -> list[str]:
    """Return the ids of those who have rows up to there."""
    return [row[0] for row in session.rows(TABLES[kind].sql(_LEAVING), until_seq)]


def move_base(session: Session, kind: Kind, until_seq: int, bases: Mapping[str, bytes]) -> None:
    """Make the states that rows up to ``until_seq`` led to the new bases."""
    short = set(leaving(session, kind, until_seq)) - bases.keys()
    if short:
        raise StoreError(
            f"{len(short)} of those with ledger rows up to {until_seq} would lose their past: "
            f"no base was given for the {kind} {min(short)!r}.\n\n"
            "Hint: Fold every leaving row before it leaves."
        )
    session.many(TABLES[kind].sql(_MOVE_BASE), [(base, name) for name, base in bases.items()])


def drop_rows(session: Session, until_seq: int, *, keep_answers: bool) -> int:
    """Delete rows up to ``until_seq`` and what hangs on them; return how many rows."""
    if keep_answers:
        session.run(_KEEP_ANSWERS, until_seq)
    session.run(_DONE_ALERTS, until_seq)
    session.run("DELETE FROM decisions WHERE seq <= ?", until_seq)
    session.run("UPDATE head SET retained_seq = ?", until_seq)
    return session.run("DELETE FROM ledger WHERE seq <= ?", until_seq)


def drop_bases(session: Session, kind: Kind, until_seq: int, ids: Iterable[str]) -> None:
    """Forget the bases of those who have no rows left: their state says the same."""
    listed = session.dialect.listed(ids)
    session.run(TABLES[kind].sql(_DROP_BASES), listed, until_seq)
    session.run(TABLES[kind].sql(_NO_BASE), listed, until_seq)


def forget_answers(session: Session, before: int) -> int:
    """Drop the answers of left rows received before then."""
    return session.run("DELETE FROM answers WHERE received_at < ?", before)
