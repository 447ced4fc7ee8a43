"""Entities as a whole: the state now, the base, and the rows of the ledger that lie between."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Final

from outlay.store.ledger import entry
from outlay.store.records import Entity, History, Kind
from outlay.store.session import Row, Session
from outlay.store.tables import BACK, TABLES

_CHUNK: Final = 500
"""Entities whose states are held at once: about four megabytes with their bases."""
_END: Final = 2**63 - 1
"""Behind every ledger row."""

_ENTITY = """
SELECT e.id, e.state, CASE WHEN e.base_seq = 0 THEN e.state ELSE b.state END, e.base_seq
FROM ENTITIES e LEFT JOIN BASES b ON b.seq = e.base_seq
WHERE e.id = ?"""
_CHANGED = """
SELECT e.id, e.state, b.state, b.seq
FROM BASES b JOIN ENTITIES e ON e.key = b.owner
WHERE b.seq > ? ORDER BY b.seq LIMIT ?"""
_NAMED = """
SELECT e.id, e.state, b.state, b.seq
FROM ENTITIES e JOIN BASES b ON b.seq = e.base_seq
WHERE e.id IN ({each})"""
_EVERYONE = """
SELECT e.id, e.state, CASE WHEN e.base_seq = 0 THEN e.state ELSE b.state END, e.key
FROM ENTITIES e LEFT JOIN BASES b ON b.seq = e.base_seq
WHERE e.key > ? ORDER BY e.key LIMIT ?"""
_ROWS = f"""{BACK}
SELECT e.id, l.seq, l.transaction_id, l.user_id, l.counterparty_id, l.timestamp,
  l.received_at, l.content, l.content_hash, l.late
FROM back JOIN ledger l ON l.seq = back.seq JOIN ENTITIES e ON e.key = back.key
WHERE l.seq <= ? ORDER BY back.key, l.seq"""  # noqa: S608  the names are ours
_REPLACE = "UPDATE ENTITIES SET state = ? WHERE id = ?"
_IMPORT = "INSERT INTO ENTITIES (id, base_seq, last_seq, state) VALUES (?, 0, 0, ?)"


def entity(session: Session, kind: Kind, entity_id: str) -> Entity | None:
    """Return one entity."""
    found = session.rows(TABLES[kind].sql(_ENTITY), entity_id)
    return Entity(*found[0][:3]) if found else None


def everyone(session: Session, kind: Kind) -> Iterator[Entity]:
    """Yield all there are, also those whom no payment changed, a chunk of them at a time."""
    key = -1
    while chunk := session.rows(TABLES[kind].sql(_EVERYONE), key, _CHUNK):
        key = chunk[-1][3]
        yield from (Entity(*row[:3]) for row in chunk)


def changed(session: Session, kind: Kind) -> Iterator[History]:
    """Yield all whom payments changed with their ledger rows, a chunk of them at a time."""
    seq = 0
    while chunk := session.rows(TABLES[kind].sql(_CHANGED), seq, _CHUNK):
        seq = chunk[-1][3]
        yield from _chunk(session, kind, chunk, _END)


def named(session: Session, kind: Kind, ids: Sequence[str], until_seq: int) -> Iterator[History]:
    """Yield these entities with their ledger rows up to ``until_seq``."""
    for start in range(0, len(ids), _CHUNK):
        listed = session.dialect.listed(ids[start : start + _CHUNK])
        yield from _chunk(session, kind, session.rows(TABLES[kind].sql(_NAMED), listed), until_seq)


def replace(session: Session, kind: Kind, states: Mapping[str, bytes]) -> None:
    """Put other states in the place of those that payments led to."""
    rows = [(state, name) for name, state in states.items()]
    session.many(TABLES[kind].sql(_REPLACE), rows)


def import_states(session: Session, kind: Kind, states: Mapping[str, bytes]) -> None:
    """Take in those whom the store never saw."""
    session.many(TABLES[kind].sql(_IMPORT), states.items())


def clear(session: Session, kind: Kind) -> None:
    """Forget everyone."""
    session.run(TABLES[kind].sql("DELETE FROM BASES"))
    session.run(TABLES[kind].sql("DELETE FROM ENTITIES"))


def _chunk(session: Session, kind: Kind, chunk: Sequence[Row], until_seq: int) -> Iterator[History]:
    entities = {row[0]: Entity(*row[:3]) for row in chunk}
    listed = session.dialect.listed(entities)
    rows = session.stream(TABLES[kind].sql(_ROWS), listed, until_seq)
    for entity_id, own in groupby(rows, itemgetter(0)):
        yield History(entities.pop(entity_id), ((row[1], entry(row[2:])) for row in own))
    for rest in entities.values():
        yield History(rest, iter(()))
