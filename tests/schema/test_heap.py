"""The search tree finds what a search in sorted values finds."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from outlay.schema.heap import heap

numbers = hnp.arrays(np.float64, st.integers(0, 70), elements=st.floats(-5, 5, width=16))


def walk(tree, value):
    """Return where the walk ends, less the tree's size."""
    node = 0
    while node < len(tree):
        node = 2 * node + 1 + int(tree[node] < value)
    return node - len(tree)


@given(numbers, st.lists(st.floats(-6, 6, width=16), min_size=1))
def test_a_walk_counts_the_smaller_values(values, asked):
    """A walk down the tree ends at the number of smaller values, for any count of them."""
    rising = np.unique(values)
    tree = heap(rising)

    assert [walk(tree, x) for x in (*asked, *rising)] == [
        int((rising < x).sum()) for x in (*asked, *rising)
    ]


@given(numbers)
def test_the_tree_is_full_and_of_the_same_kind(values):
    """It has a power of two less one nodes, at least as many as values, in their type."""
    rising = np.unique(values.astype(np.float32))
    tree = heap(rising)

    assert (len(tree) + 1) & len(tree) == 0
    assert len(rising) <= len(tree) <= 2 * len(rising)
    assert tree.dtype == np.float32
    np.testing.assert_array_equal(np.sort(tree)[: len(rising)], rising)
