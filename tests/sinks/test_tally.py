"""What a report counts block by block is what it counts at once."""

import math
from itertools import pairwise

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from outlay.sinks.report.build import worst_of
from outlay.sinks.report.exact import ExactSum
from outlay.sinks.report.tally import Tally
from tests.sinks.frames import payments

AMOUNTS = st.lists(st.floats(-1e15, 1e15), max_size=40)


@given(AMOUNTS, AMOUNTS)
def test_sum_is_the_true_one_in_any_split(one: list[float], other: list[float]) -> None:
    """Nothing is rounded on the way: the standard library's exact sum is met to the bit."""
    parts = ExactSum(), ExactSum()
    for part, values in zip(parts, (one, other), strict=True):
        part.add(np.array(values, np.float64))

    assert (parts[0] + parts[1]).value == math.fsum(one + other)


@given(st.lists(st.integers(0, 40), max_size=5))
def test_blocks_count_as_the_whole(cuts: list[int]) -> None:
    """Wherever a table is cut, the counts and the ranked alerts are the same."""
    frame = payments(40, flagged=(3, 7, 8, 30))
    edges = [0, *sorted(cuts), frame.height]
    tally, whole = Tally(0.5), Tally.of(frame, 0.5)
    for begin, end in pairwise(edges):
        tally.add(frame[begin:end])
    tally.add_users(frame)

    assert worst_of(tally).equals(worst_of(whole))
    assert (tally.marks, tally.present, tally.amount.value) == (
        whole.marks,
        whole.present,
        whole.amount.value,
    )
    assert (tally.rows, tally.first, tally.last, tally.users) == (
        whole.rows,
        whole.first,
        whole.last,
        whole.users,
    )
    assert tally.scores.tolist() == whole.scores.tolist()


def test_nothing_is_counted_of_nothing() -> None:
    """An empty block changes no count."""
    frame = payments(5)
    tally = Tally(0.5)
    tally.add(frame.clear())

    assert (tally.rows, tally.first, tally.amount.value) == (0, None, 0.0)
    assert isinstance(worst_of(tally), pl.DataFrame)


def test_alerts_that_are_known_later_count_as_if_they_had_been_known() -> None:
    """First everything but the alerts, then the alerts: the same counts."""
    frame = payments(40, flagged=(3, 7, 8, 30))
    whole, tally = Tally.of(frame, 0.5), Tally(0.5)
    for rows in (frame[:20], frame[20:]):
        tally.count(rows.drop("is_alert", "severity", "outcome", "reasons", strict=False))
    for rows in (frame[:20], frame[20:]):
        tally.settle(rows.filter("is_alert"))

    assert worst_of(tally).equals(worst_of(whole))
    assert tally.marks == whole.marks
    assert tally.rows == whole.rows
