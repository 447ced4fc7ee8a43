"""The states of users and counterparties, now and at the checkpoint."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Final, NamedTuple

from outlay.store.ledger import entry
from outlay.store.records import Entity, History, Kind
from outlay.store.session import Row, Session

_CHUNK: Final = 500
"""Entities whose states are held at once: about two megabytes."""
_END: Final = 2**63 - 1
"""Behind every ledger row."""


class Tables(NamedTuple):
    """Where one kind of entity is kept."""

    entities: str
    checkpoints: str
    column: str
    """The ledger's column with its id."""

    def sql(self, text: str) -> str:
        """Return a statement with the names of these tables for ENTITIES, CHECKPOINTS, COLUMN."""
        return (
            text.replace("ENTITIES", self.entities)
            .replace("CHECKPOINTS", self.checkpoints)
            .replace("COLUMN", self.column)
        )


TABLES: Final = {
    Kind.USER: Tables("users", "user_checkpoints", "user_id"),
    Kind.COUNTERPARTY: Tables("counterparties", "counterparty_checkpoints", "counterparty_id"),
}

_READ = "SELECT id, state FROM ENTITIES WHERE id IN ({each})"
_KEEP_OLD = """
INSERT INTO CHECKPOINTS (key, state)
SELECT key, state FROM ENTITIES WHERE id IN ({each})
ON CONFLICT (key) DO NOTHING"""
_PUT = """
INSERT INTO ENTITIES (id, state) VALUES (?, ?)
ON CONFLICT (id) DO UPDATE SET state = excluded.state"""
_KEEP_NOTHING = """
INSERT INTO CHECKPOINTS (key, state)
SELECT key, NULL FROM ENTITIES WHERE id IN ({each})
ON CONFLICT (key) DO NOTHING"""
_ENTITY = """
SELECT e.key, e.id, e.state, CASE WHEN c.key IS NULL THEN e.state ELSE c.state END
FROM ENTITIES e LEFT JOIN CHECKPOINTS c ON c.key = e.key
WHERE e.id = ?"""
_TOUCHED = """
SELECT e.key, e.id, e.state, c.state
FROM CHECKPOINTS c JOIN ENTITIES e ON e.key = c.key
WHERE c.key > ? ORDER BY c.key LIMIT ?"""
_NAMED = """
SELECT e.key, e.id, e.state, c.state
FROM CHECKPOINTS c JOIN ENTITIES e ON e.key = c.key
WHERE e.id IN ({each})"""
_ROWS = """
SELECT COLUMN, seq, transaction_id, user_id, counterparty_id, timestamp, received_at,
  content, content_hash, late
FROM ledger WHERE COLUMN IN ({each}) AND seq <= ? ORDER BY COLUMN, seq"""


def read(session: Session, kind: Kind, ids: Iterable[str]) -> dict[str, bytes]:
    """Return the states of those ids that are known."""
    listed = session.dialect.listed(ids)
    return dict(session.rows(_SQL[kind, _READ], listed))


def write(session: Session, kind: Kind, states: Mapping[str, bytes]) -> None:
    """Put states, copying what was there before to the checkpoint if it is not there yet."""
    if not states:
        return
    listed = session.dialect.listed(states)
    session.run(_SQL[kind, _KEEP_OLD], listed)
    replace(session, kind, states.items())
    session.run(_SQL[kind, _KEEP_NOTHING], listed)


def replace(session: Session, kind: Kind, states: Iterable[tuple[str, bytes]]) -> None:
    """Put states, and leave the checkpoint alone."""
    session.many(_SQL[kind, _PUT], states)


def clear(session: Session, kind: Kind) -> None:
    """Forget everyone."""
    session.run(TABLES[kind].sql("DELETE FROM CHECKPOINTS"))
    session.run(TABLES[kind].sql("DELETE FROM ENTITIES"))


def entity(session: Session, kind: Kind, entity_id: str) -> Entity | None:
    """Return one entity."""
    found = session.rows(_SQL[kind, _ENTITY], entity_id)
    return _entity(found[0]) if found else None


def histories(session: Session, kind: Kind) -> Iterator[History]:
    """Yield the entities of the checkpoint with their ledger rows, a chunk of entities at a time."""
    key = -1
    while chunk := session.rows(_SQL[kind, _TOUCHED], key, _CHUNK):
        key = chunk[-1][0]
        yield from _chunk(session, kind, chunk, _END)


def histories_of(
    session: Session, kind: Kind, ids: Sequence[str], until_seq: int
) -> Iterator[History]:
    """Yield these entities with their ledger rows up to ``until_seq``."""
    for start in range(0, len(ids), _CHUNK):
        listed = session.dialect.listed(ids[start : start + _CHUNK])
        yield from _chunk(session, kind, session.rows(_SQL[kind, _NAMED], listed), until_seq)


def _chunk(session: Session, kind: Kind, chunk: Sequence[Row], until_seq: int) -> Iterator[History]:
    entities = {row[1]: _entity(row) for row in chunk}
    rows = session.stream(_SQL[kind, _ROWS], session.dialect.listed(entities), until_seq)
    for entity_id, own in groupby(rows, itemgetter(0)):
        yield History(entities.pop(entity_id), ((row[1], entry(row[2:])) for row in own))
    for rest in entities.values():
        yield History(rest, iter(()))


def _entity(row: Row) -> Entity:
    return Entity(row[1], row[2], row[3])


_SQL: Final = {
    (kind, text): tables.sql(text)
    for kind, tables in TABLES.items()
    for text in (_READ, _KEEP_OLD, _PUT, _KEEP_NOTHING, _ENTITY, _TOUCHED, _NAMED, _ROWS)
}
