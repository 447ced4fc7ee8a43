"""Where all users stand after some of them went on: two files in the order of ids, made one."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from outlay.pipeline.stream.scoring_in_time import moved_states

users = st.dictionaries(st.text(max_size=3), st.lists(st.floats(allow_nan=False), max_size=3))


def batches(states: dict[str, list[float]], size: int) -> list[pl.DataFrame]:
    """Return states as they lie in a file: by id, some at a time."""
    frame = pl.DataFrame(
        {"id": list(states), "state": list(states.values())},
        schema={"id": pl.String, "state": pl.List(pl.Float64)},
    ).sort("id")
    return [frame[at : at + size] for at in range(0, frame.height, size)]


@given(users, users, st.integers(1, 4), st.integers(1, 4))
def test_moved_states_are_those_of_a_dictionary(
    before: dict[str, list[float]], after: dict[str, list[float]], many: int, few: int
) -> None:
    """Each user once, in the order of ids; of two states the later counts."""
    found = list(moved_states(batches(before, many), batches(after, few)))

    expected = batches(before | after, 10**6)
    assert sum(batch.height for batch in found) == len(before | after)
    if expected:
        assert pl.concat(found).rows() == expected[0].rows()
