"""What must agree between the tables, whatever the bytes in them mean."""

from collections.abc import Iterator
from typing import Final

from outlay.store.ledger import HEAD
from outlay.store.records import Kind
from outlay.store.session import Session
from outlay.store.tables import TABLES

_ROWS: Final = {
    "ledger rows have no decision": """
        SELECT l.transaction_id FROM ledger l LEFT JOIN decisions d ON d.seq = l.seq
        WHERE d.seq IS NULL ORDER BY l.seq""",
    "decisions have no ledger row": """
        SELECT d.seq FROM decisions d LEFT JOIN ledger l ON l.seq = d.seq
        WHERE l.seq IS NULL ORDER BY d.seq""",
    "decisions are alerts without an alert": """
        SELECT d.seq FROM decisions d LEFT JOIN alerts a ON a.seq = d.seq
        WHERE d.is_alert AND a.seq IS NULL ORDER BY d.seq""",
    "alerts have no decision that says so": """
        SELECT a.transaction_id
        FROM alerts a LEFT JOIN decisions d ON d.seq = a.seq AND d.is_alert
        WHERE d.seq IS NULL AND a.seq > (SELECT retained_seq FROM head) ORDER BY a.seq""",
    "alerts are of another transaction than their ledger row": """
        SELECT a.transaction_id FROM alerts a JOIN ledger l ON l.seq = a.seq
        WHERE l.transaction_id <> a.transaction_id ORDER BY a.seq""",
    "transactions are in the ledger and have left it": """
        SELECT l.transaction_id FROM ledger l
        JOIN answers a ON a.transaction_id = l.transaction_id ORDER BY l.seq""",
    "models are named by decisions and not kept": """
        SELECT DISTINCT model_digest FROM decisions
        WHERE model_digest NOT IN (SELECT digest FROM models)""",
}
_ENTITIES: Final = {
    "ids in the ledger have no state": """
        SELECT DISTINCT l.COLUMN FROM ledger l LEFT JOIN ENTITIES e ON e.id = l.COLUMN
        WHERE l.COLUMN IS NOT NULL AND e.id IS NULL""",
    "states do not know the last of their ledger rows": """
        SELECT e.id FROM ENTITIES e
        LEFT JOIN (SELECT COLUMN AS id, max(seq) AS seq FROM ledger GROUP BY COLUMN) l
          ON l.id = e.id
        WHERE COALESCE(l.seq, 0) <> e.last_seq""",
    "states have no base": """
        SELECT e.id FROM ENTITIES e LEFT JOIN BASES b ON b.seq = e.base_seq AND b.owner = e.key
        WHERE e.last_seq > 0 AND b.seq IS NULL""",
    "bases are nobody's": """
        SELECT b.seq FROM BASES b LEFT JOIN ENTITIES e ON e.key = b.owner AND e.base_seq = b.seq
        WHERE e.key IS NULL""",
    "ledger rows do not know the row before": """
        SELECT transaction_id FROM (
          SELECT transaction_id, seq, BEFORE AS kept,
            COALESCE(lag(seq) OVER (PARTITION BY COLUMN ORDER BY seq), 0) AS wanted
          FROM ledger WHERE COLUMN IS NOT NULL
        ) AS linked, head
        WHERE CASE WHEN kept > retained_seq THEN kept ELSE 0 END <> wanted""",
}
_ENDS: Final = "SELECT count(*), min(seq), max(seq) FROM ledger"


def faults(session: Session) -> Iterator[str]:
    """Yield what does not agree, in plain words."""
    yield from (f"damage in the file: {words}" for words in session.damage())
    yield from _gaps(session)
    for text, sql in _ROWS.items():
        yield from _found(session, text, sql)
    for kind in Kind:
        for text, sql in _ENTITIES.items():
            yield from _found(session, f"{kind} {text}", TABLES[kind].sql(sql))


def _gaps(session: Session) -> Iterator[str]:
    last, retained, _ = session.rows(HEAD)[0]
    found = session.rows(_ENDS)[0]
    wanted = (last - retained, retained + 1, last) if last > retained else (0, None, None)
    if found != wanted:
        n, start, end = found
        yield (
            f"the ledger should hold rows {retained + 1} to {last}, and holds {n} rows"
            + (f" from {start} to {end}" if n else "")
        )


def _found(session: Session, text: str, sql: str) -> Iterator[str]:
    n, example = 0, None
    for n, (found,) in enumerate(session.stream(sql), 1):
        example = found if n == 1 else example
    if n:
        yield f"{n} {text}, for example {example!r}"
