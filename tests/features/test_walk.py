"""A walk through tables in time order gives what the whole table gives at once."""

from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.features import NoRoomError, Population, Register, Walk, compute
from outlay.features.counterparties import CounterpartyWalk
from outlay.features.state import States
from outlay.schema.catalog import NAMES
from tests.strategies import frame, numbered, transaction, transactions

ROOM = 1 << 20


def tables(table, cuts):
    """Return the rows in tables, each later than the one before: cut where the time changes."""
    times = table["timestamp"]
    edges = sorted({0, *(times.search_sorted(times[c % len(table)]) for c in cuts), len(table)})
    return [table[a:b] for a, b in pairwise(edges)]


def entered(parts):
    """Return a register, and what it makes of the tables."""
    register = Register("UTC")
    return register, [register.enter(part) for part in parts]


def assert_same_users(states, expected):
    """Compare where all users stand."""
    assert [name for part in states for name in part.ids] == expected.ids.to_list()
    words = np.concatenate([part.words for part in states])
    np.testing.assert_array_equal(words, expected.words)


@given(transactions, st.lists(st.integers(0, 50), max_size=6))
def test_a_walk_is_what_the_whole_table_gives(rows, cuts):
    """Features, users' and counterparties' states are the same bits, wherever the table is cut."""
    table = frame(rows)
    population = Population.fit(table)
    expected, pasts = compute(table, population)
    register, records = entered(tables(table, cuts))
    walk = Walk(population, register, ROOM)
    others = CounterpartyWalk(population, register)
    met = [others.step(part) for part in records]
    found = list(walk.steps(records[:1], met[:1]))
    found += walk.steps(records[1:3], met[1:3]) if records[1:] else []
    found += walk.steps(records[3:], met[3:]) if records[3:] else []

    np.testing.assert_array_equal(pl.concat(found).to_numpy(), expected.to_numpy())
    assert_same_users(list(walk.states()), pasts.users)
    assert others.states().to_frame().equals(pasts.counterparties.to_frame())
    assert walk.payments_of_users().sum() == len(table)


@given(transactions, st.integers(0, 60))
def test_a_walk_goes_on_from_where_users_stand(rows, cut):
    """Taken up, the states of an earlier table give the bits of the whole; who is not in it is left."""
    table = frame(rows)
    population = Population.fit(table)
    earlier, *later = tables(table, [cut])
    _, before = compute(earlier, population)
    expected, after = compute(pl.concat(later), population, before) if later else (None, before)
    register, records = entered(later)
    walk = Walk(population, register, ROOM)
    others = CounterpartyWalk(population, register, before.counterparties)

    walk.take_up(before.users)
    last = walk.last_seen()
    met = [others.step(part) for part in records]
    found = list(walk.steps(records, met)) if records else []

    names = register.users.names()
    known = before.users.last_seen(names)
    np.testing.assert_array_equal(last, np.where(np.isnan(known), -np.inf, known))
    if expected is not None:
        np.testing.assert_array_equal(pl.concat(found).to_numpy(), expected.to_numpy())
        assert_same_users(list(walk.states()), after.users)
        assert others.states().to_frame().equals(after.counterparties.to_frame())


def test_states_that_are_too_many_are_not_taken_up():
    """Who has no room for where users stand says so before the first payment."""
    table = frame([{"user_id": "u", "timestamp": 1, "amount": 1.0, "row_number": 1}])
    population = Population.fit(table)
    _, before = compute(table, population)
    register, _ = entered([table])

    with pytest.raises(NoRoomError, match="more memory than they may take"):
        Walk(population, register, 8).take_up(before.users)


@given(st.lists(transaction, min_size=1, max_size=30).map(numbered))
def test_equal_moments_are_taken_by_content(rows):
    """Rows of one moment may stand in any order: their features come in that order."""
    table = frame(rows)
    population = Population.fit(table)
    expected, _ = compute(table, population)
    register, records = entered([table])

    met = [CounterpartyWalk(population, register).step(records[0])]
    (found,) = Walk(population, register, ROOM).steps(records, met)
    np.testing.assert_array_equal(found.to_numpy(), expected.to_numpy())


@given(transactions, st.integers(0, 5), st.sets(st.sampled_from(NAMES)))
def test_a_walk_goes_on_where_it_was_kept(tmp_path_factory, rows, after, wanted):
    """What was kept and taken up again moves on as if it had never stopped."""
    table = frame(rows)
    population = Population.fit(table)
    expected, pasts = compute(table, population)
    register, records = entered([table[at : at + 1] for at in range(len(table))])
    path = tmp_path_factory.mktemp("kept") / "walk.npz"
    first, second = Walk(population, register, ROOM), Walk(population, register, ROOM)
    others = CounterpartyWalk(population, register)
    met = [others.step(part) for part in records]
    found = list(first.steps(records[:after], met[:after], wanted)) if after else []
    first.keep(path)
    second.resume(path)
    for part, theirs in zip(records[after:], met[after:], strict=True):
        found += second.steps([part], [theirs], wanted)
    some = pl.concat(found)

    assert wanted <= set(some.columns)
    assert_same_users(list(second.states()), pasts.users)
    np.testing.assert_array_equal(some.to_numpy(), expected.select(some.columns).to_numpy())


@given(transactions)
def test_memory_that_is_still_looked_at_is_not_used_again(rows):
    """A table of features that somebody holds stays what it was."""
    table = frame(rows)
    population = Population.fit(table)
    expected, _ = compute(table, population)
    register, records = entered([table[at : at + 1] for at in range(len(table))])
    walk = Walk(population, register, ROOM)
    others = CounterpartyWalk(population, register)
    steps = (next(walk.steps([part], [others.step(part)])) for part in records)
    held = [part for at, part in enumerate(steps) if at % 3 == 0]

    assert pl.concat(held).to_numpy().tobytes() == expected.gather_every(3).to_numpy().tobytes()


def test_states_that_do_not_fit_are_said_to_be_too_many():
    """Where the users need more memory than they may take, nothing is overwritten."""
    rows = [{"user_id": f"u{n}", "timestamp": n, "amount": 1.0, "row_number": n} for n in range(9)]
    table = frame(rows)
    register, records = entered([table])

    with pytest.raises(NoRoomError, match="more memory than they may take"):
        Walk(Population.fit(table), register, 500).move(records)


def test_nobody_leaves_no_states():
    """A walk that went nowhere has no users to tell of."""
    table = frame(numbered([]))
    register, _ = entered([table]) if len(table) else (Register("UTC"), [])
    population = Population.fit(frame([{"user_id": "a", "amount": 1.0, "timestamp": 0}]))

    assert not list(Walk(population, register, ROOM).states())
    assert not len(States.empty().ids)
