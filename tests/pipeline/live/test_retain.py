"""What leaves the ledger leaves nothing behind that could not be proven."""

import pytest

from outlay.pipeline.live.base import begin
from outlay.pipeline.live.check import check
from outlay.pipeline.live.replay import replay_period
from outlay.pipeline.live.retain import retain
from outlay.store import open_store
from tests.pipeline.live.test_engine import decided

DAY = 86_400_000_000


@pytest.fixture
def days(tiny, tmp_path):
    """Return a store with six days of twenty payments each, and its engine."""
    clock = {"now": 0}
    with open_store(str(tmp_path / "store.db")) as store:
        engine = begin(tiny, store, clock=lambda: 1_800_000_000_000_000 + clock["now"])
        for day in range(6):
            clock["now"] = day * DAY
            decided(engine, *(payment(20 * day + k) for k in range(20)))
        yield store, engine


def payment(k):
    """Return the k-th payment, users and counterparties taking turns."""
    return {
        "transaction_id": f"T{k}",
        "user_id": f"U{k % 7}",
        "amount": 10 + k % 11,
        "timestamp": 1_740_000_000 + 3600 * k,
        "transaction_type": "purchase",
        "counterparty_id": f"M{k % 5}",
    }


@pytest.mark.parametrize("at_once", [1, 7, 1000])
def test_rows_leave_in_steps_of_any_size(days, at_once):
    """However many at a time: the same rows leave, states and what is left stay provable."""
    store, engine = days
    before = [engine.process([engine.read(payment(k))])[0] for k in (0, 59, 60)]

    done = retain(store, 1_800_000_000_000_000 + 3 * DAY, at_once=at_once)
    again = [engine.process([engine.read(payment(k))])[0] for k in (0, 59, 60)]

    assert (done.left, done.kept) == (60, 60)
    assert [answer.body for answer in again] == [answer.body for answer in before]
    assert all(answer.repeated for answer in again)
    found = check(store)
    assert found.faults == []
    assert found.rows == 60
    assert replay_period(store).is_clean
    after = decided(engine, payment(120))[0]
    assert not after.repeated
    assert check(store).is_clean


def test_everything_may_leave(days):
    """An empty ledger is whole, and payments go on."""
    store, engine = days

    done = retain(store, 2 * 10**15)

    assert (done.left, done.kept) == (120, 0)
    assert check(store).faults == []
    decided(engine, payment(121))
    found = check(store)
    assert (found.rows, found.faults) == (1, [])
    assert replay_period(store).is_clean


def test_a_forgotten_answer_makes_a_payment_new(days):
    """Once its answer is dropped, a payment that is sent again is decided anew."""
    store, engine = days

    done = retain(store, 1_800_000_000_000_000 + 2 * DAY, forget_before=1_800_000_000_000_000 + DAY)

    assert (done.left, done.answers_forgotten) == (40, 20)
    old, newer = decided(engine, payment(3), payment(30))
    assert (old.repeated, newer.repeated) == (False, True)
    assert old.late
    assert check(store).is_clean


def test_rows_leave_from_the_beginning_only(days):
    """A clock that went back lets no row leave before one that stays."""
    store, engine = days
    engine._clock = lambda: 1_700_000_000_000_000
    decided(engine, payment(122))

    done = retain(store, 1_800_000_000_000_000)

    assert (done.left, done.kept) == (0, 121)
