"""``outlay store`` and ``outlay replay``: what the service keeps, proven and looked after."""

import json
import shutil
import sqlite3
from contextlib import closing
from itertools import repeat

import pytest

import outlay
from outlay.pipeline.live.base import begin
from outlay.store import open_store
from tests.pipeline.live.damage import flipped, look, run
from tests.pipeline.live.wire import read, sent

NOW = 1_750_000_000_000_000
DAY = 86_400_000_000


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """Return the path of a store that decided sixty payments, twenty a day."""
    wallet = outlay.synth(users=8, days=30, seed=2).sort("timestamp")
    model = outlay.train(
        wallet.head(wallet.height - 60), forest={"n_trees": 20, "max_samples": 64}
    )._core
    path = tmp_path_factory.mktemp("served") / "store.db"
    rows = wallet.tail(60)
    with open_store(str(path)) as store:
        for day in range(3):
            engine = begin(model, store, clock=repeat(NOW + day * DAY).__next__)
            engine.process(read(engine, sent(rows[20 * day : 20 * day + 20])))
    return path, rows["transaction_id"].to_list()


@pytest.fixture
def path(served, tmp_path):
    """Return a store of one's own."""
    return shutil.copy(served[0], tmp_path / "store.db")


def damaged(path, sql):
    """Change a store's file by hand."""
    assert run(path, sql) >= 1


def test_check_of_a_sound_store(call, path):
    """It counts what it looked at, says that nothing is wrong, and ends with 0."""
    answer = call("store", "check", path)
    told = json.loads(call("store", "check", path, "--json").out)

    assert answer.code == 0
    assert answer.out.startswith("60 decisions and ")
    assert answer.out.endswith("nothing is wrong\n")
    assert (told["rows"], told["n_faults"], told["faults"]) == (60, 0, [])


def test_check_and_rebuild_of_a_damaged_store(call, path):
    """Check names the damage and ends with 1; rebuild mends it."""
    key = look(path, "SELECT min(key) FROM users WHERE last_seq > 0")
    state = look(path, "SELECT state FROM users WHERE key = ?", key)
    run(path, "UPDATE users SET state = ? WHERE key = ?", flipped(state, 70), key)

    found = call("store", "check", path)
    done = call("store", "rebuild", path)
    again = call("store", "check", path)

    assert found.code == 1
    assert "is not the fold of" in found.out
    assert found.out.rstrip().endswith("faults")
    assert done.code == 0
    assert "users: " in done.out
    assert " 0 of them changed" not in done.out.splitlines()[0]
    assert again.code == 0


def test_rebuild_refuses_a_damaged_ledger(call, path):
    """What is made anew from a changed row would be wrong: nothing is changed, and it ends with 2."""
    damaged(path, "UPDATE ledger SET content_hash = x'00' WHERE seq = 7")

    answer = call("store", "rebuild", path, "--json")

    assert (answer.code, answer.out) == (2, "")
    assert "The states cannot be made anew: the row of transaction" in " ".join(answer.err.split())


def test_retain_lets_old_payments_leave(call, path, served, monkeypatch):
    """By the day on which they came in; what is left is still whole, and replays."""
    monkeypatch.setattr("outlay.pipeline.live.engine.now", lambda: NOW + 3 * DAY)

    answer = call("store", "retain", path, "--days", "1.5")
    again = json.loads(call("store", "retain", path, "--days", "1.5", "--json").out)
    forgotten = call("store", "retain", path, "--days", "1.5", "--forget-answers", "2.5")

    assert answer.code == 0
    assert answer.out == "40 payments left the ledger, 20 in it still\n"
    assert again == {"left": 0, "kept": 20, "answers_forgotten": 0}
    assert forgotten.out.splitlines()[1] == "dropped for good: 20 answers to payments that had left"
    assert call("store", "check", path).code == 0
    assert call("replay", "--store", path).code == 0
    gone = call("replay", served[1][0], "--store", path)
    assert gone.code == 2
    left = call("replay", served[1][30], "--store", path)
    assert "has left the ledger" in " ".join(left.err.split())


def test_replay_of_one_and_of_all(call, path, served):
    """Every decision comes out as it was stored; the counts add up."""
    one = call("replay", served[1][5], "--store", path)
    everything = call("replay", "--store", path)
    told = json.loads(call("replay", "--store", path, "--json").out)

    assert (one.code, everything.code) == (0, 0)
    assert one.out == "1 decision: 1 equal, 0 different, 0 could not be made again\n"
    assert everything.out.startswith("60 decisions: 60 equal")
    assert told["decisions"] == told["equal"] + told["different"] + told["failed"] == 60


def test_replay_of_a_period(call, path):
    """From one moment to another, in the model's zone where none is said."""
    with closing(sqlite3.connect(path)) as connection:
        sql = "SELECT date(timestamp / 1000000, 'unixepoch'), count(*) FROM ledger GROUP BY 1"
        days = dict(connection.execute(sql).fetchall())
    day, n = max(days.items(), key=lambda pair: pair[1])

    answer = call("replay", "--store", path, "--from", day, "--to", f"{day}T23:59:59.999999Z")

    assert answer.out.startswith(f"{n} decisions: {n} equal")
    assert n < 60


def test_replay_names_what_differs(call, path, served):
    """A changed decision is shown as it was stored and as it comes out; it ends with 1."""
    damaged(path, "UPDATE decisions SET outcome = 'block' WHERE seq = 6")

    answer = call("replay", served[1][5], "--store", path)

    assert answer.code == 1
    assert f"transaction {served[1][5]} (row 6)" in answer.out
    assert 'outcome: "block" was stored, "approve" comes out' in answer.out
    assert "1 decision: 0 equal, 1 different, 0 could not be made again" in answer.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["store", "check", "none.db"], "There is no store at none.db"),
        (["replay", "X", "--store", "none.db"], "There is no store at none.db"),
        (["replay", "X", "--store", "store.db"], "'X' is not in the ledger"),
        (["replay", "--store", "store.db", "--from", "soon"], "--from 'soon' is not a moment"),
        (["replay", "X", "--from", "2025-01-01"], "not both"),
    ],
)
@pytest.mark.usefixtures("path")
def test_what_cannot_be_looked_at_ends_with_2(call, arguments, words):
    """1 says that something differs; that nothing could be compared is 2."""
    answer = call(*arguments)

    assert (answer.code, answer.out) == (2, "")
    assert words in " ".join(answer.err.split())
