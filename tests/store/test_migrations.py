"""An older store is brought up to date with all it holds; a newer one is left alone."""

import sqlite3
from hashlib import blake2b
from pathlib import Path

import pytest

from outlay.errors import StoreDamagedError, StoreError, StoreVersionError
from outlay.store import AlertFilter, open_store
from outlay.store.base import transaction
from outlay.store.migrations import MIGRATIONS, Migration, apply
from outlay.store.postgres import PostgresSession
from outlay.store.session import Session
from outlay.store.sqlite import SqliteSession
from tests.store.making import Payment, folded, pay

RELEASED = {
    "0001-ledger": "625ad517c1b68da9",
    "0002-alerts": "ae306de82696c746",
    "0003-access": "60fd3b4d6c8ac583",
}
"""A step that users may have behind them must stay as it was."""

OLD_ROWS = """
INSERT INTO users (id, base_seq, last_seq, state) VALUES ('ann', 1, 1, '');
INSERT INTO user_bases (seq, owner, state) SELECT 1, key, NULL FROM users;
INSERT INTO ledger VALUES (1, 'a', 'ann', 0, NULL, 0, 5, 6, FALSE, '', '');
INSERT INTO decisions VALUES (1, 'm', 0.5, 'low', 'approve', FALSE, '', '', '');
INSERT INTO models (digest, added_at, body) VALUES ('m', 1, '');
UPDATE head SET last_seq = 1"""


def connect(where: str) -> Session:
    """Return a connection that makes no tables by itself."""
    if where.startswith("postgresql"):
        session = PostgresSession(where)
        session.run("CREATE SCHEMA IF NOT EXISTS outlay")
        return session
    return SqliteSession(Path(where))


def change(where: str, *statements: str, steps: int = 0) -> None:
    """Make the first tables as they were then, and run SQL in them."""
    session = connect(where)
    with transaction(session, writing=True):
        if steps:
            apply(session, list(MIGRATIONS[:steps]))
        for statement in statements:
            session.run(statement)
    session.close()


@pytest.mark.parametrize("steps", range(1, len(MIGRATIONS) + 1))
def test_an_older_store_is_brought_up_to_date(where: str, steps: int) -> None:
    """What the first tables held is all there, and everything new works beside it."""
    change(where, *OLD_ROWS.split(";"), steps=steps)

    with open_store(where, create=False) as store:
        with store.writing() as writing:
            writing.replace_states({"ann": b"a"}, {})
        assert pay(store, Payment("b", alert=True)) == 2

        assert {name: rows for (_, name), (_, rows) in folded(store).items()} == {
            "ann": [1, 2],
            "shop": [2],
        }
        with store.reading() as reading:
            assert len(reading.alerts(AlertFilter())[0]) == 1
            assert reading.keys() == []


def test_a_newer_store_is_refused(where: str) -> None:
    """The error names the step that is not known, and nothing is changed."""
    open_store(where).close()
    change(where, "INSERT INTO migrations (name, applied_at) VALUES ('9999-future', 1)")

    with pytest.raises(StoreVersionError) as refused:
        open_store(where)
    assert "is newer than this Outlay: it went through the step '9999-future'" in str(refused.value)
    assert "the last one known here is '0003-access'" in str(refused.value)
    assert "\n\nHint: Use the version of Outlay that wrote it" in str(refused.value)


def test_another_program_s_database_is_left_alone(tmp_path: Path) -> None:
    """A SQLite file with other tables is refused, and is to the byte what it was."""
    path = tmp_path / "photos.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE photos (id)")
    connection.close()
    before = path.read_bytes()

    with pytest.raises(StoreDamagedError, match=r"but no store of Outlay: it holds photos\."):
        open_store(str(path))
    assert path.read_bytes() == before


def test_a_step_is_taken_whole_or_not_at_all(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where its last statement fails, its first left nothing, and the next try succeeds."""
    change(where, *OLD_ROWS.split(";"), steps=1)
    half = Migration("0002-alerts", "CREATE TABLE alerts (seq {key}); CREATE TABLE users (x {key})")
    with monkeypatch.context() as patched:
        patched.setattr("outlay.store.migrations.MIGRATIONS", (MIGRATIONS[0], half))
        with pytest.raises(StoreError, match="refused"):
            open_store(where)

    with open_store(where) as store, store.reading() as reading:
        assert reading.counts().alerts == 0


def test_released_steps_stay_as_they_are() -> None:
    """A change of a table is a new step, or stores would differ that count as the same."""
    digests = {s.name: blake2b(s.sql.encode(), digest_size=8).hexdigest() for s in MIGRATIONS}

    assert digests == RELEASED
    assert list(digests) == sorted(digests)
