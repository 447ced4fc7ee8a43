"""The check finds what is damaged and says where; rebuilding the states mends what can be mended."""

# ruff: noqa: S608 - the tables and columns are named here

import pytest

from outlay.errors import NotFoundError, StoreDamagedError
from outlay.pipeline.live.base import begin
from outlay.pipeline.live.check import MOST_TOLD, check
from outlay.pipeline.live.payment import content_of, hash_of, payment_of
from outlay.pipeline.live.rebuild import rebuild
from outlay.pipeline.live.replay import replay, replay_period
from outlay.pipeline.live.states import books_of, books_to_bytes, to_bytes, to_words
from outlay.store import open_store
from tests.pipeline.live.damage import flipped, look, run
from tests.pipeline.live.test_engine import decided, pieces

NOW = 1_900_000_000_000_000


@pytest.fixture(scope="module")
def filled(model, later, tmp_path_factory):
    """Return the bytes of a store that decided two hundred payments, some of them late."""
    path = tmp_path_factory.mktemp("filled") / "store.db"
    some = [
        *later[:190],
        *({**each, "transaction_id": f"L{k}"} for k, each in enumerate(later[:10])),
    ]
    with open_store(str(path)) as store:
        engine = begin(model, store, clock=lambda: NOW)
        for piece in pieces(some, 17):
            decided(engine, *piece)
    return path.read_bytes()


@pytest.fixture
def path(filled, tmp_path):
    """Return the path of a store of one's own, to be damaged."""
    file = tmp_path / "store.db"
    file.write_bytes(filled)
    return file


def faults(path):
    """Return what the check says of a store."""
    with open_store(str(path)) as store:
        return check(store).faults


def replayed(path):
    """Return what a replay of the whole ledger says."""
    with open_store(str(path)) as store:
        return replay_period(store)


def test_nothing_is_wrong_with_a_sound_store(path):
    """Everything is counted, and nothing is found; every decision comes out as it was."""
    with open_store(str(path)) as store:
        found = check(store)
        again = replay_period(store)

    assert found.faults == []
    assert found.is_clean
    assert found.rows == again.decisions == again.equal == 200
    assert found.folded["users"] > 10
    assert found.folded["counterparties"] > 10
    assert found.untouched["counterparties"] > 0
    assert again.is_clean


@pytest.mark.parametrize("table", ["users", "counterparties"])
@pytest.mark.parametrize("bit", [0, 777, 64 * 3 - 1])
def test_one_flipped_bit_of_a_state_is_found_and_mended(path, table, bit):
    """Whosever state, whichever bit; the check names it, and the state is made anew from the ledger."""
    whose, key = _touched(path, table)
    state = look(path, f"SELECT state FROM {table} WHERE key = ?", key)
    run(path, f"UPDATE {table} SET state = ? WHERE key = ?", flipped(state, bit), key)

    told = faults(path)
    with open_store(str(path)) as store:
        done = rebuild(store)

    assert any(repr(whose) in each and "not the fold" in each for each in told)
    assert any("checksum does not fit" in each for each in told)
    assert (done.users_changed, done.counterparties_changed) == (
        (1, 0) if table == "users" else (0, 1)
    )
    assert look(path, f"SELECT state FROM {table} WHERE key = ?", key) == state
    assert faults(path) == []


def _touched(path, table):
    """Return an entity that payments changed."""
    key = look(path, f"SELECT key FROM {table} WHERE last_seq > 0 ORDER BY key")
    return look(path, f"SELECT id FROM {table} WHERE key = ?", key), key


def test_a_state_with_a_checksum_of_its_own_is_found(path):
    """A wrong state is found by the fold even where its checksum fits."""
    whose, key = _touched(path, "users")
    words = to_words(look(path, "SELECT state FROM users WHERE key = ?", key), whose).copy()
    words[1] += 1.0
    run(path, "UPDATE users SET state = ? WHERE key = ?", to_bytes(words), key)

    told = faults(path)

    assert len(told) == 1
    assert f"the state of user {whose!r} is not the fold of" in told[0]


def test_a_state_that_nobody_changed_since_is_looked_at(path):
    """Those without a row in the ledger are held to their checksum."""
    key = look(path, "SELECT key FROM counterparties WHERE last_seq = 0 ORDER BY key")
    state = look(path, "SELECT state FROM counterparties WHERE key = ?", key)
    run(path, "UPDATE counterparties SET state = ? WHERE key = ?", flipped(state, 100), key)

    assert ["checksum does not fit" in each for each in faults(path)] == [True]


def test_a_damaged_state_never_reaches_the_kernels(path, model, later):
    """A payment of a user whose state is damaged is refused, and nothing of its batch is kept."""
    whose = later[200]["user_id"]
    state = look(path, "SELECT state FROM users WHERE id = ?", whose)
    run(path, "UPDATE users SET state = ? WHERE id = ?", flipped(state, 64 * 8 + 3), whose)

    with open_store(str(path)) as store:
        engine = begin(model, store, clock=lambda: NOW)
        with pytest.raises(StoreDamagedError, match=f"state of '{whose}' is damaged"):
            decided(engine, *later[199:202])
        with store.reading() as reading:
            assert reading.counts().ledger == 200


def test_a_deleted_decision_is_found(path):
    """A ledger row without its decision is named."""
    name = look(path, "SELECT transaction_id FROM ledger WHERE seq = 40")
    run(path, "DELETE FROM decisions WHERE seq = 40")

    assert any("no decision" in each and repr(name) in each for each in faults(path))


def test_a_deleted_row_is_found(path):
    """A ledger has no gaps."""
    run(path, "DELETE FROM decisions WHERE seq = 41")
    run(path, "DELETE FROM ledger WHERE seq = 41")

    assert any("the ledger should hold rows 1 to 200" in each for each in faults(path))


def test_a_changed_row_is_found_by_check_and_by_replay(path):
    """A ledger row that says something else no longer fits its hash, its state and its decision."""
    name, content = _row(path, 60)
    run(
        path,
        "UPDATE ledger SET content = ? WHERE seq = 60",
        content.replace(b'"amount":', b'"amount":9'),
    )

    told = faults(path)
    again = replayed(path)

    assert any(repr(name) in each and "does not fit its hash" in each for each in told)
    assert any("not the fold" in each for each in told)
    assert again.told[0].transaction_id == name
    assert {field.name for field in again.told[0].fields} >= {"content_hash"}
    assert again.decisions == again.equal + again.different + again.failed == 200
    with open_store(str(path)) as store, pytest.raises(StoreDamagedError, match="was changed"):
        rebuild(store)


def _row(path, seq):
    name = look(path, "SELECT transaction_id FROM ledger WHERE seq = ?", seq)
    return name, look(path, "SELECT content FROM ledger WHERE seq = ?", seq)


def test_a_row_that_was_changed_with_care_is_found(path):
    """Also where the hash was made to fit: the state is another, and so is the decision."""
    name, content = _row(path, 60)
    payment = payment_of(content)
    other = content_of(
        type(payment)(payment.transaction_id, payment.user_id, payment.timestamp, 1.0)
    )
    run(
        path,
        "UPDATE ledger SET content = ?, content_hash = ? WHERE seq = 60",
        other,
        hash_of(other),
    )

    told = faults(path)

    assert any("not the fold" in each and repr(payment.user_id) in each for each in told)
    assert any(repr(name) in each and "another counterparty_id" in each for each in told)
    assert name in [each.transaction_id for each in replayed(path).told]


@pytest.mark.parametrize("column", ["books_before", "books_after"])
def test_changed_books_are_found_by_check_and_by_replay(path, column):
    """Books that do not follow from each other break the chain, and the decision differs."""
    name = look(path, "SELECT transaction_id FROM ledger WHERE seq = 80")
    books = books_of(look(path, f"SELECT {column} FROM decisions WHERE seq = 80"))
    other = books_to_bytes(type(books)(books.rows_per_day, books.owed + 1e-12, books.last))
    run(path, f"UPDATE decisions SET {column} = ? WHERE seq = 80", other)

    told = faults(path)
    again = replayed(path)

    assert any(
        "books before are not those that the decision before it left" in each for each in told
    )
    assert again.broken_chains == 1
    assert not again.is_clean
    assert name in {each.transaction_id for each in again.told}


def test_the_books_at_the_end_are_those_of_the_last_decision(path):
    """Other ones are found, and put right again."""
    run(path, "UPDATE head SET books = (SELECT books_before FROM decisions WHERE seq = 3)")

    told = faults(path)
    with open_store(str(path)) as store:
        assert rebuild(store).books_changed

    assert told == ["the alert books are not those that the last decision left"]
    assert faults(path) == []


@pytest.mark.parametrize(
    ("sql", "word"),
    [
        ("UPDATE decisions SET risk = risk + 1e-9 WHERE seq = 20", "risk"),
        ("UPDATE decisions SET outcome = 'block' WHERE seq = 20", "outcome"),
        ("UPDATE ledger SET late = NOT late WHERE seq = 20", "late"),
        ("UPDATE ledger SET user_id = 'nobody' WHERE seq = 20", "user_id"),
        ("UPDATE ledger SET timestamp = timestamp + 1 WHERE seq = 20", "timestamp"),
        (
            """UPDATE decisions SET body = CAST(REPLACE(CAST(body AS TEXT),
                '"assessed":true', '"assessed":false') AS BLOB) WHERE seq = 20""",
            "answer.assessed",
        ),
    ],
)
def test_any_changed_value_is_named_by_replay(path, sql, word):
    """Whatever was changed in a row or a decision, its replay says what it is and what it was."""
    assert run(path, sql) == 1
    name = look(path, "SELECT transaction_id FROM ledger WHERE seq = 20")

    with open_store(str(path)) as store:
        told = replay(store, name).told

    assert [each.transaction_id for each in told] == [name]
    assert word in [field.name for field in told[0].fields]
    if word != "answer.assessed":  # only a replay can tell that
        assert any(repr(name) in each or "nobody" in each for each in faults(path))


def test_an_alert_that_says_something_else_is_found(path):
    """An alert's figures are its decision's; an alert too many or too few is found too."""
    seq = look(path, "SELECT min(seq) FROM alerts")
    run(path, "UPDATE alerts SET severity = 'low' WHERE seq = ?", seq)
    first = faults(path)
    run(path, "DELETE FROM alerts WHERE seq = ?", seq)

    assert ["does not say what its decision says" in each for each in first] == [True]
    assert any("alerts without an alert" in each for each in faults(path))


def test_a_model_that_is_damaged_or_gone_is_named(path):
    """Without its model a decision cannot be made again, and that is said."""
    body = look(path, "SELECT body FROM models")
    run(path, "UPDATE models SET body = ?", body[: len(body) // 2])

    told = faults(path)

    assert any("cannot be used" in each for each in told)


def test_one_decision_is_made_again(path):
    """By its id; one that is not there is an error that says so."""
    name = look(path, "SELECT transaction_id FROM ledger WHERE seq = 150")

    with open_store(str(path)) as store:
        found = replay(store, name)
        with pytest.raises(NotFoundError, match="'X' is not in the ledger"):
            replay(store, "X")

    assert (found.decisions, found.equal, found.told) == (1, 1, [])


def test_a_period_is_made_again(path):
    """Only payments of that time count, and those between them are gone through as well."""
    start = look(path, "SELECT timestamp FROM ledger WHERE seq = 50")
    end = look(path, "SELECT timestamp FROM ledger WHERE seq = 120")
    wanted = look(
        path, "SELECT count(*) FROM ledger WHERE timestamp >= ? AND timestamp < ?", start, end
    )

    with open_store(str(path)) as store:
        found = replay_period(store, since=start, until=end)
        nothing = replay_period(store, since=end + 10**15)

    assert wanted > 30
    assert (found.decisions, found.equal) == (wanted, wanted)
    assert nothing.is_clean
    assert nothing.decisions == 0


def test_many_faults_are_counted_and_some_told(path):
    """However much is wrong, the list stays short and the count is right."""
    run(path, "UPDATE decisions SET risk = risk + 1e-9")

    with open_store(str(path)) as store:
        found = check(store)

    assert found.n_faults >= 200
    assert len(found.faults) == MOST_TOLD
