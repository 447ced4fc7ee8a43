"""The tables, as the steps that lead to them: named, in order, each whole or not at all.

A step that a release brought never changes; what comes later is a new step behind it. The database
remembers the names it went through, so an older one is brought up to date and a newer one is known.
"""

import time
from typing import Final, NamedTuple

from outlay.errors import StoreDamagedError, StoreVersionError
from outlay.store.session import Session

_NAMES: Final = """
CREATE TABLE IF NOT EXISTS migrations (
  name TEXT PRIMARY KEY,
  applied_at BIGINT NOT NULL
)"""


class Migration(NamedTuple):
    """One step; its statements end in semicolons."""

    name: str
    sql: str


MIGRATIONS: Final = (
    Migration(
        "0001-ledger",
        """
        -- One row: the writers stand in line for it, so seq has no gaps and is the order of commits.
        CREATE TABLE head (
          id INTEGER PRIMARY KEY CHECK (id = 1),
          last_seq BIGINT NOT NULL,
          retained_seq BIGINT NOT NULL,
          books {blob}
        );
        INSERT INTO head (id, last_seq, retained_seq) VALUES (1, 0, 0);

        CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);

        CREATE TABLE models (digest TEXT PRIMARY KEY, added_at BIGINT NOT NULL, body {blob} NOT NULL);

        -- user_before and counterparty_before: the same one's row before, 0 for none.
        CREATE TABLE ledger (
          seq {key},
          transaction_id TEXT NOT NULL UNIQUE,
          user_id TEXT NOT NULL,
          user_before BIGINT NOT NULL,
          counterparty_id TEXT,
          counterparty_before BIGINT NOT NULL,
          timestamp BIGINT NOT NULL,
          received_at BIGINT NOT NULL,
          late BOOLEAN NOT NULL,
          content_hash {blob} NOT NULL,
          content {blob} NOT NULL
        );

        CREATE TABLE decisions (
          seq {key},
          model_digest TEXT NOT NULL,
          risk DOUBLE PRECISION NOT NULL,
          severity TEXT NOT NULL,
          outcome TEXT NOT NULL,
          is_alert BOOLEAN NOT NULL,
          books_before {blob} NOT NULL,
          books_after {blob} NOT NULL,
          body {blob} NOT NULL
        );

        -- What rows that left the ledger were answered, so that a repeat still gets its answer.
        CREATE TABLE answers (
          transaction_id TEXT PRIMARY KEY,
          received_at BIGINT NOT NULL,
          content_hash {blob} NOT NULL,
          answer {blob} NOT NULL
        );

        -- base_seq: where the base is, last_seq: the last row in the ledger, 0 for none.
        CREATE TABLE users (
          key {new_key},
          id TEXT NOT NULL UNIQUE,
          base_seq BIGINT NOT NULL,
          last_seq BIGINT NOT NULL,
          state {blob} NOT NULL
        );
        CREATE TABLE counterparties (
          key {new_key},
          id TEXT NOT NULL UNIQUE,
          base_seq BIGINT NOT NULL,
          last_seq BIGINT NOT NULL,
          state {blob} NOT NULL
        );

        -- The state that the owner's oldest ledger row met, NULL where it had none, under the
        -- number of the row that first changed it: so bases are only ever put behind each other.
        CREATE TABLE user_bases (
          seq {key},
          owner BIGINT NOT NULL,
          state {blob}
        );
        CREATE TABLE counterparty_bases (
          seq {key},
          owner BIGINT NOT NULL,
          state {blob}
        );
        """,
    ),
    Migration(
        "0002-alerts",
        """
        CREATE TABLE alerts (
          seq {key},
          transaction_id TEXT NOT NULL UNIQUE,
          user_id TEXT NOT NULL,
          timestamp BIGINT NOT NULL,
          risk DOUBLE PRECISION NOT NULL,
          severity TEXT NOT NULL,
          status TEXT NOT NULL,
          disposition TEXT,
          note TEXT NOT NULL,
          updated_at BIGINT NOT NULL,
          updated_by TEXT NOT NULL
        );
        CREATE INDEX alerts_status ON alerts (status, seq);
        CREATE INDEX alerts_user ON alerts (user_id, seq);

        CREATE TABLE labels (
          transaction_id TEXT NOT NULL,
          source TEXT NOT NULL,
          is_fraud BOOLEAN NOT NULL,
          at BIGINT NOT NULL,
          PRIMARY KEY (transaction_id, source)
        );
        """,
    ),
    Migration(
        "0003-access",
        """
        CREATE TABLE keys (
          name TEXT PRIMARY KEY,
          role TEXT NOT NULL,
          hash {blob} NOT NULL UNIQUE,
          created_at BIGINT NOT NULL,
          revoked_at BIGINT
        );
        CREATE TABLE audit (
          id {new_key},
          at BIGINT NOT NULL,
          who TEXT NOT NULL,
          what TEXT NOT NULL,
          subject TEXT NOT NULL,
          before TEXT,
          after TEXT
        );
        CREATE INDEX audit_subject ON audit (subject, id);
        """,
    ),
)


def missing(done: list[str], where: str) -> list[Migration]:
    """Return the steps that a database with these behind it has before it.

    Raises StoreVersionError where it went through steps that are not known here.
    """
    names = [step.name for step in MIGRATIONS]
    if done != names[: len(done)]:
        strange = next(name for name in done if name not in names[: len(done)])
        raise StoreVersionError(
            f"The store {where} is newer than this Outlay: it went through the step {strange!r}, "
            f"and the last one known here is {names[-1]!r}.\n\n"
            "Hint: Use the version of Outlay that wrote it, or a later one."
        )
    return list(MIGRATIONS[len(done) :])


def apply(session: Session, steps: list[Migration]) -> None:
    """Take the steps, within the transaction that is open."""
    session.run(_NAMES)
    for step in steps:
        for statement in filter(str.strip, step.sql.split(";")):
            session.run(statement)
        session.run(
            "INSERT INTO migrations (name, applied_at) VALUES (?, ?)",
            step.name,
            time.time_ns() // 1000,
        )


def done(session: Session, tables: set[str], where: str) -> list[str]:
    """Return the steps behind a database with these tables, none for an empty one.

    Raises StoreDamagedError for a database that holds something else.
    """
    if "migrations" in tables:
        return [row[0] for row in session.rows("SELECT name FROM migrations ORDER BY name")]
    if tables:
        raise StoreDamagedError(
            f"{where} is a database, but no store of Outlay: it holds {', '.join(sorted(tables))}."
            "\n\nHint: Name another file; a new store is made there."
        )
    return []
