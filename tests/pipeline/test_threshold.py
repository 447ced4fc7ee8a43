"""A run meets its budget among all transactions, be they learned from or not."""

from collections import Counter
from random import Random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from outlay.pipeline.threshold import LargestWithRoom


def largest_with_room(parts: list[np.ndarray], room: int) -> float:
    """Return the threshold after all parts; on the way it is never less than in the end."""
    held, most = LargestWithRoom(room), []
    for part in parts:
        held.add(part)
        most.append(held.most)

    assert all(held.value <= bound for bound in most)
    assert most == sorted(most, reverse=True)
    return held.value


SHARES = st.lists(st.sampled_from([1e-300, 1e-6, 0.001, 0.0011, 0.2, 0.5, 1.0]), max_size=30)


def by_counting(shares: list[float], room: int) -> set[float]:
    """Return which shares are inside, value by value from the smallest on."""
    inside: set[float] = set()
    for share, times in sorted(Counter(shares).items()):
        room -= times
        if room < 0:
            break
        inside.add(share)
    return inside


@given(SHARES, st.integers(0, 35), st.lists(st.integers(0, 30), max_size=4), st.randoms())
def test_as_many_as_there_is_room_for(
    shares: list[float], room: int, cuts: list[int], random: Random
) -> None:
    """Smallest first, equal ones together and never more than the room, in any parts and order."""
    shuffled = random.sample(shares, len(shares))
    parts = np.split(np.array(shuffled, np.float64), sorted(cuts))
    threshold = largest_with_room(parts, room)

    assert {share for share in shares if share <= threshold} == by_counting(shares, room)
    assert threshold == largest_with_room([np.array(shares, np.float64)], room)


def test_no_room_is_below_every_share() -> None:
    """Where not one fits, or too many are equal, nothing is inside."""
    assert largest_with_room([np.array([0.0, 0.0])], 1) < 0.0
    assert largest_with_room([np.array([0.25, 0.5])], 0) < 0.25


def test_room_for_all() -> None:
    """Where all fit, so does whatever is no worse than them: the threshold is all there is."""
    assert largest_with_room([np.array([0.25]), np.array([0.5])], 2) == 1.0
    assert largest_with_room([], 0) == 1.0
