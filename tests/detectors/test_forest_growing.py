"""The trees are scikit-learn's, node for node."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import IsolationForest
from sklearn.utils.random import sample_without_replacement

from outlay.detectors._forest_growing import drawn, grow

ARRAYS = ("feature", "threshold", "children_left", "children_right", "n_node_samples")


def skewed(rows, features, seed=0):
    """Return values like payments': skewed columns, a column of counts, a nearly constant one."""
    rng = np.random.default_rng(seed)
    values = rng.lognormal(0, 2, (rows, features))
    values[:, 0] = rng.poisson(2, rows)
    values[:, -1] = rng.random(rows) < 0.01
    return values.astype(np.float32)


def assert_same_trees(values, *, trees, samples, seed):
    """Grow both forests over the rows and compare every array of every tree."""
    theirs = IsolationForest(n_estimators=trees, max_samples=samples, random_state=seed).fit(values)
    columns = np.ascontiguousarray(values.T)

    ours = grow(
        lambda chosen: columns[:, chosen], len(values), n_trees=trees, samples=samples, seed=seed
    )

    assert len(ours) == trees
    for tree, estimator in zip(ours, theirs.estimators_, strict=True):
        oracle = estimator.tree_
        for name in ARRAYS:
            np.testing.assert_array_equal(getattr(tree, name), getattr(oracle, name), name)
        np.testing.assert_array_equal(tree.compute_node_depths(), oracle.compute_node_depths())
        assert (tree.max_depth, tree.node_count) == (oracle.max_depth, oracle.node_count)


@settings(max_examples=60)
@given(
    rows=st.integers(1, 700),
    features=st.integers(1, 8),
    samples=st.integers(1, 700),
    seed=st.integers(0, 10_000),
)
def test_trees_are_scikit_learns_node_for_node(rows, features, samples, seed):
    """Any size of table and of sample: the same splits, to the last bit of each threshold."""
    values = skewed(rows, features, seed)

    assert_same_trees(values, trees=4, samples=min(samples, rows), seed=seed)


@pytest.mark.parametrize(("rows", "samples"), [(60_000, 512), (60_000, 4096), (2000, 1990)])
def test_large_tables_are_sampled_as_scikit_learn_does(rows, samples):
    """Each of the three ways in which scikit-learn draws rows leads to the same trees."""
    assert_same_trees(skewed(rows, 5), trees=5, samples=samples, seed=3)


def test_many_alike_rows_are_not_split_further():
    """Where features are constant, or nearly, in a node, the same ones are drawn and passed over."""
    values = skewed(900, 7)
    values[:, :4] = np.round(values[:, :4] / 50)
    values[:, 4] = 1.0 + np.arange(900) % 2 * 1e-8
    values[450:, 5] = 0.0

    assert_same_trees(values, trees=30, samples=256, seed=1)


@given(rows=st.integers(1, 3000), share=st.floats(0.0, 1.0), seed=st.integers(0, 2**31 - 2))
def test_rows_are_drawn_as_scikit_learn_draws_them(rows, share, seed):
    """Few of many rows, most of them, all of them: the same ones."""
    samples = max(1, round(share * rows))

    theirs = sample_without_replacement(rows, samples, random_state=seed)

    np.testing.assert_array_equal(drawn(rows, samples, seed), np.sort(theirs))
