"""States are found by id, replaced by newer ones, and survive being written down."""

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from outlay.features.state import Counterparties, States

IDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=3)
USERS = st.dictionaries(IDS, st.lists(st.floats(-1e9, 1e9), max_size=4), max_size=12)


def states(users):
    """Return the states of users as the package keeps them, in the order of their ids."""
    names = sorted(users, key=str.encode)
    words = [np.array(users[name], np.float64) for name in names]
    offsets = np.cumsum([0, *(own.size for own in words)])
    return States(pl.Series("id", names, pl.String), offsets, np.concatenate([*words, []]))


def moments(users):
    """Return counterparties' states, made up from the same."""
    names = sorted(users, key=str.encode)
    made = [[len(users[name]), sum(users[name]), 1.0] for name in names]
    return Counterparties(
        pl.Series("id", names, pl.String), np.array(made, np.float64).reshape(-1, 3)
    )


@given(USERS, USERS)
def test_merged_states_are_those_of_a_dict(older, newer):
    """Newer states take the place of older ones, others are added, all in the order of the ids."""
    merged = states(older).merged(states(newer))

    want = {**older, **newer}
    assert merged.ids.to_list() == sorted(want, key=str.encode)
    for user, words in want.items():
        np.testing.assert_array_equal(merged.of(user), words)


@given(USERS, USERS)
def test_merged_counterparties_are_those_of_a_dict(older, newer):
    """Counterparties' states merge like users'."""
    merged = moments(older).merged(moments(newer))

    assert merged.to_frame().equals(moments({**older, **newer}).to_frame())


@given(USERS, st.lists(IDS, max_size=10))
def test_states_are_found_by_id(users, wanted):
    """Each id has the place at which it stands, in any order of asking; the unknown have none."""
    kept = states(users)

    names = kept.ids.to_list()
    places = [names.index(name) if name in users else -1 for name in wanted]
    assert kept.places(pl.Series(wanted, dtype=pl.String)).tolist() == places
    assert all(kept.of(name).size == 0 for name in wanted if name not in users)


@given(USERS, st.randoms())
def test_states_survive_being_a_table(users, random):
    """A table of states, whatever the order of its rows, is the same states again."""
    full = {name: words or [0.0] for name, words in users.items()}
    frame = states(full).to_frame()
    order = list(range(len(frame)))
    random.shuffle(order)

    again = States.from_frame(frame[order])

    assert frame["state"].to_list() == [full[name] for name in frame["id"]]
    assert again.to_frame().equals(frame)
    np.testing.assert_array_equal(again.offsets, states(full).offsets)
