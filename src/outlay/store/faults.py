"""What must agree between the tables, whatever the bytes in them mean."""

from collections.abc import Iterator
from typing import Final

from outlay.store.ledger import HEAD
from outlay.store.records import Kind
from outlay.store.session import Session
from outlay.store.states import TABLES

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
    "ids in the ledger have no checkpoint": """
        SELECT DISTINCT e.id FROM ledger l JOIN ENTITIES e ON e.id = l.COLUMN
        LEFT JOIN CHECKPOINTS c ON c.key = e.key WHERE c.key IS NULL""",
    "checkpoints have no ledger row": """
        SELECT e.id FROM CHECKPOINTS c JOIN ENTITIES e ON e.key = c.key
        WHERE NOT EXISTS (SELECT 1 FROM ledger WHERE COLUMN = e.id)""",
    "checkpoints are nobody's": """
        SELECT c.key FROM CHECKPOINTS c LEFT JOIN ENTITIES e ON e.key = c.key
        WHERE e.key IS NULL""",
}
_ENDS: Final = "SELECT count(*), min(seq), max(seq) FROM ledger"


def faults(session: Session) -> Iterator[str]:
    """Yield what does not agree, in plain words."""
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
