"""The states of users and counterparties, as payments read and change them.

A state is changed where it stands. The first row of the ledger that changes it copies it to the
bases before, behind those that were copied earlier: in the order of ids each copy would be put in
the middle of a tree of full pages, and move the pages beside it (measured: three writes for one).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from outlay.store.records import Kind
from outlay.store.session import Session
from outlay.store.tables import TABLES

_READ = "SELECT id, key, base_seq, last_seq, state FROM ENTITIES WHERE id IN ({each})"
_COPY = "INSERT INTO BASES (seq, owner, state) SELECT ?, key, state FROM ENTITIES WHERE key = ?"
_CHANGE = "UPDATE ENTITIES SET base_seq = ?, last_seq = ?, state = ? WHERE key = ?"
_ADD = "INSERT INTO ENTITIES (base_seq, last_seq, state, id) VALUES (?, ?, ?, ?)"
_NO_BASE = "INSERT INTO BASES (seq, owner) SELECT base_seq, key FROM ENTITIES WHERE id = ?"
_SQL: Final = {
    kind: {text: tables.sql(text) for text in (_READ, _COPY, _CHANGE, _ADD, _NO_BASE)}
    for kind, tables in TABLES.items()
}


class Link(NamedTuple):
    """What ties an entity to its rows: its key, where its base is, its last row; 0 for none."""

    key: int = 0
    base_seq: int = 0
    last_seq: int = 0


class States:
    """The states of one kind, within a transaction."""

    def __init__(self, session: Session, kind: Kind) -> None:
        self._session = session
        self._sql = _SQL[kind]
        self._links: dict[str, Link] = {}
        self._first: list[str] = []
        """Whose state changes for the first time with the rows that were linked."""

    def read(self, ids: Iterable[str]) -> dict[str, bytes]:
        """Return the states of those ids that are known; of the others it is known that they are not."""
        ids = list(ids)
        found = self._session.rows(self._sql[_READ], self._session.dialect.listed(ids))
        self._links |= dict.fromkeys(ids, Link())
        self._links |= {row[0]: Link(*row[1:4]) for row in found}
        return {row[0]: row[4] for row in found}

    def link(self, ids: Sequence[str | None], seqs: Iterable[int]) -> list[int]:
        """Put new rows behind their ids' rows; return the number of each one's row before.

        It is 0 where there is none, or no id.
        """
        strange = {name for name in ids if name is not None and name not in self._links}
        if strange:
            self.read(strange)
        return [
            0 if name is None else self._follow(name, seq)
            for name, seq in zip(ids, seqs, strict=True)
        ]

    def write(self, states: Mapping[str, bytes]) -> None:
        """Put the states that the linked rows led to, keeping bases first."""
        linked = {name: self._links[name] for name in states}
        copied = [linked[name] for name in self._first if linked[name].key]
        self._many(_COPY, [(link.base_seq, link.key) for link in copied])
        known = {name: link for name, link in linked.items() if link.key}
        self._many(_CHANGE, [(*at[1:], states[name], at.key) for name, at in known.items()])
        new = {name: link for name, link in linked.items() if not link.key}
        self._many(_ADD, [(*at[1:], states[name], name) for name, at in new.items()])
        self._many(_NO_BASE, [(name,) for name in new])
        self.forget(new)

    def forget(self, ids: Iterable[str]) -> None:
        """Read these anew when they are next asked for."""
        for name in list(ids):
            self._links.pop(name, None)
        self._first.clear()

    def _follow(self, name: str, seq: int) -> int:
        key, base_seq, before = self._links.get(name, Link())
        if not base_seq:
            self._first.append(name)
        self._links[name] = Link(key, base_seq or seq, seq)
        return before

    def _many(self, sql: str, rows: Sequence[Sequence[object]]) -> None:
        if rows:
            self._session.many(self._sql[sql], rows)
