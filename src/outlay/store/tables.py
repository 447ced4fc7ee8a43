"""Which tables keep the users and which the counterparties; else they are treated alike.

There is no index from an entity to its rows of the ledger. Its state knows the last one, and each
row the one before: that costs nothing, where an index would cost every payment a page of the disk
for its user and one for its counterparty (measured: a third of all that is written).
"""

from typing import Final, NamedTuple

from outlay.store.records import Kind


class Tables(NamedTuple):
    """Where one kind of entity is kept."""

    entities: str
    """Key, id, state, the last row of the ledger, and where the base is."""
    bases: str
    """The states that the oldest rows of the ledger met."""
    column: str
    """The ledger's column with its id."""
    before: str
    """The ledger's column with the number of its row before."""

    def sql(self, text: str) -> str:
        """Return a statement with these names for ENTITIES, BASES, COLUMN and BEFORE."""
        for name, value in zip(("ENTITIES", "BASES", "COLUMN", "BEFORE"), self, strict=True):
            text = text.replace(name, value)
        return text


TABLES: Final = {
    Kind.USER: Tables("users", "user_bases", "user_id", "user_before"),
    Kind.COUNTERPARTY: Tables(
        "counterparties", "counterparty_bases", "counterparty_id", "counterparty_before"
    ),
}

BACK: Final = """
WITH RECURSIVE back (key, seq) AS (
  SELECT key, last_seq FROM ENTITIES WHERE id IN ({each}) AND last_seq > 0
  UNION ALL
  SELECT back.key, l.BEFORE FROM back JOIN ledger l ON l.seq = back.seq WHERE l.BEFORE > 0
)
"""
"""The numbers of the rows of some ids, from each one's last row back. The last number may be that
of a row that left; joining the ledger drops it."""
