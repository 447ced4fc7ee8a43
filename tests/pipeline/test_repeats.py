"""Marks that come twice are found, in whatever parts they come."""

from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.pipeline.stream import repeats
from outlay.pipeline.stream._repeat_kernels import come_again, split
from outlay.pipeline.stream.repeats import Ids

MARKS = st.lists(
    st.sampled_from([0, 1, 2, 63, 64, 2**56, 2**63, 2**64 - 1]) | st.integers(0, 2**64 - 1)
)


@given(MARKS)
def test_what_comes_again_is_what_a_counter_says(marks: list[int]) -> None:
    """Each mark is found once less than it came, be it zero, be the table nearly full."""
    given_, found = np.array(marks, np.uint64), np.empty(len(marks), np.uint64)
    table = np.zeros(1 << len(marks).bit_length(), np.uint64)
    n = come_again(given_, table, found)

    assert Counter(found[:n].tolist()) == Counter(marks) - Counter(set(marks))


@given(MARKS)
def test_ranges_hold_what_begins_alike_in_its_order(marks: list[int]) -> None:
    """A stable sort by the first bits gives the same."""
    given_, out = np.array(marks, np.uint64), np.empty(len(marks), np.uint64)
    bounds = np.zeros(257, np.int64)
    split(given_, 56, bounds, out)

    assert out.tolist() == sorted(marks, key=lambda mark: mark >> 56)
    assert bounds.tolist() == [sum(m >> 56 < at for m in marks) for at in range(257)]


@pytest.mark.parametrize("most", [1, 40, 10**6])
@given(st.lists(st.lists(st.integers(0, 300), min_size=1, max_size=200), min_size=1, max_size=4))
def test_ids_that_come_twice_are_found(most: int, parts: list[list[int]]) -> None:
    """Those of all parts, whatever is compared at a time."""
    texts = [pl.Series([f"T{n}" for n in part]) for part in parts]
    counts = Counter(text for part in texts for text in part)
    twice = pl.Series([text for text, n in counts.items() if n > 1], dtype=pl.String)
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(repeats, "_MOST", most)
        ids = Ids(Path(folder))
        for part in texts:
            ids.add(part)
        found = ids.repeated()

    assert found.tolist() == sorted(twice.hash(seed=1).to_list())
