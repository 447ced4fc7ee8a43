"""An input that is nearly in time order is cut so that each piece is later than the one before."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from outlay.pipeline.stream.take_in import Cutter

START = datetime(2025, 1, 1, tzinfo=UTC)


def frame(minutes):
    """Return rows of these moments, numbered as they come."""
    times = [START + timedelta(minutes=minute) for minute in minutes]
    return pl.DataFrame({"timestamp": times}, schema={"timestamp": pl.Datetime("us", "UTC")})


def pieces(parts, most):
    """Return the pieces that parts are cut into, and whether they are in time order."""
    cutter = Cutter(most)
    found = [cutter.cut(frame(part)) for part in parts]
    found.append(cutter.rest())
    return [piece for piece in found if piece.height], cutter.is_in_time


parts_of_minutes = st.lists(st.lists(st.integers(0, 60), max_size=12), max_size=6)


@given(parts_of_minutes, st.integers(0, 40))
def test_no_row_is_lost_and_pieces_follow_each_other_in_time(parts, most):
    """Whatever comes, all rows are there in their order; said to be in time, the pieces are."""
    found, in_time = pieces(parts, most)
    times = [time for piece in found for time in piece["timestamp"]]

    assert times == frame([minute for part in parts for minute in part])["timestamp"].to_list()
    for earlier, later in pairwise(found):
        assert not in_time or earlier["timestamp"].max() < later["timestamp"].min()


@given(st.lists(st.integers(0, 10**4), min_size=1, max_size=300), st.integers(1, 50))
def test_what_is_in_order_stays_cuttable(minutes, size):
    """Sorted rows are in time order, read in parts of any size."""
    ordered = sorted(minutes)
    _, in_time = pieces([ordered[k : k + size] for k in range(0, len(ordered), size)], 10**6)

    assert in_time


def test_rows_a_little_late_are_put_where_they_belong():
    """Two parts that overlap by less than what waits are no hindrance; by more they are."""
    first = [*range(320)]

    assert pieces([first, [*range(310, 640)]], 10**6)[1]
    assert not pieces([first, [*range(200, 640)]], 10**6)[1]


def test_too_many_rows_of_one_moment_are_not_held():
    """What would have to wait without end is no order in time."""
    assert pieces([[5] * 30, [6] * 30], 30)[1]
    assert not pieces([[5] * 30, [5] * 30], 30)[1]
