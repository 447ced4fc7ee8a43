"""The flattened forest: scikit-learn's numbers, and credits that add up."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import IsolationForest

from outlay.detectors import _forest_tables
from outlay.detectors._growing import flatten
from outlay.detectors.forest import Forest
from tests.detectors import naive_forest


def as_is(_column, thresholds):
    """Keep the thresholds: these forests are trained on the values they score."""
    return thresholds


def trained(values, *, trees=20, samples=256, seed=0):
    """Return scikit-learn's forest and ours."""
    model = IsolationForest(
        n_estimators=trees, max_samples=min(samples, len(values)), random_state=seed
    )
    model.fit(values.astype(np.float32))
    return model, Forest.of(flatten(model), as_is)


def columns_of(values):
    """Return the values as the kernel takes them: a row a feature."""
    return np.ascontiguousarray(values.T, dtype=np.float64)


def skewed(rows, features, seed=0):
    """Return values like payments': skewed columns, a column of counts, a nearly constant one."""
    rng = np.random.default_rng(seed)
    values = rng.lognormal(0, 2, (rows, features))
    values[:, 0] = rng.poisson(2, rows)
    values[:, -1] = rng.random(rows) < 0.01
    return values


@settings(max_examples=25)
@given(
    rows=st.integers(1, 600),
    features=st.integers(1, 6),
    samples=st.integers(1, 400),
    seed=st.integers(0, 10_000),
)
def test_scores_are_scikit_learns_to_the_bit(rows, features, samples, seed):
    """Any size of table and of sample gives scikit-learn's scores, turned round, bit for bit."""
    values = skewed(rows, features, seed)
    model, forest = trained(values, trees=5, samples=samples, seed=seed)
    unseen = np.vstack((values, skewed(300, features, seed + 1)))

    ours = forest.score(columns_of(unseen), np.zeros(features))

    np.testing.assert_array_equal(ours, -model.score_samples(unseen.astype(np.float32)))


@pytest.mark.parametrize(
    ("features", "samples", "trees"), [(2, 4096, 3), (5, 1500, 9), (20, 256, 40), (1, 64, 3)]
)
def test_deep_and_wide_forests_are_scikit_learns_too(features, samples, trees):
    """Trees of hundreds of leaves, many features, and one alone: the same bits."""
    values = skewed(6000, features, seed=7)
    model, forest = trained(values, trees=trees, samples=samples)
    unseen = skewed(3000, features, seed=8)

    ours = forest.score(columns_of(unseen), np.zeros(features))

    np.testing.assert_array_equal(ours, -model.score_samples(unseen.astype(np.float32)))


def test_a_forest_of_many_splits_is_looked_up_in_parts(monkeypatch):
    """Where the tables would grow too large there are several, with the same path lengths."""
    values = skewed(2000, 4)
    _, whole = trained(values, trees=30)
    _, parted = trained(values, trees=30)
    columns = columns_of(skewed(500, 4, seed=1))
    at_once = whole.path_lengths(columns, np.zeros(4))
    monkeypatch.setattr(_forest_tables, "_MOST_SPLITS", 100)

    np.testing.assert_array_equal(parted.path_lengths(columns, np.zeros(4)), at_once)
    assert len(parted._sections(4)) > 5
    assert len(whole._sections(4)) == 1


def test_what_no_row_of_training_had_is_scored():
    """Infinite values go where scikit-learn's comparisons would send them."""
    values = skewed(1000, 3)
    model, forest = trained(values)
    far = np.array([[np.inf, 0.0, -np.inf], [-np.inf, 1e300, 0.0], [0.0, -1e300, 1.0]])
    finite = np.clip(far, -3e38, 3e38)

    ours = forest.score(columns_of(far), np.zeros(3))

    np.testing.assert_array_equal(ours, -model.score_samples(finite.astype(np.float32)))


def test_values_on_a_threshold_go_where_scikit_learn_sends_them():
    """Rows placed on each threshold, and one float32 step beside it, score the same bits."""
    values = skewed(2000, 4)
    model, forest = trained(values)
    trees = [estimator.tree_ for estimator in model.estimators_]
    cuts = np.concatenate([tree.threshold[tree.feature >= 0] for tree in trees]).astype(np.float32)
    around = np.concatenate((cuts, np.nextafter(cuts, -np.inf), np.nextafter(cuts, np.inf)))
    rows = np.repeat(around[:, None], 4, axis=1)

    ours = forest.score(columns_of(rows), np.zeros(4))

    np.testing.assert_array_equal(ours, -model.score_samples(rows))


def test_many_rows_are_each_row_alone():
    """Blocks, chunks and threads leave no mark: any slice of a table has the table's scores."""
    values = skewed(70_000, 3)
    _, forest = trained(values[:3000], trees=2)
    columns, fill = columns_of(values), np.zeros(3)
    whole = forest.score(columns, fill)

    for start, stop in ((0, 1), (255, 257), (32_760, 32_775), (69_999, 70_000)):
        np.testing.assert_array_equal(forest.score(columns[:, start:stop], fill), whole[start:stop])


def test_missing_values_take_the_fill():
    """A missing value scores as the fill value of its column would."""
    values = skewed(500, 3)
    _, forest = trained(values)
    fill = np.array([1.0, 30.0, 0.5])
    holes = values.copy()
    holes[::3, 1] = np.nan
    filled = np.where(np.isnan(holes), fill, holes)

    np.testing.assert_array_equal(
        forest.score(columns_of(holes), fill), forest.score(columns_of(filled), fill)
    )
    assert not np.array_equal(
        forest.score(columns_of(holes), fill), forest.score(columns_of(holes), np.zeros(3))
    )


def test_credits_and_path_length_add_up():
    """For every row, all credits and its path length make the forest's expected path length."""
    values = skewed(1000, 5)
    _, forest = trained(values, trees=100)
    columns, fill = columns_of(values), np.zeros(5)

    total = forest.credit(columns, fill).sum(axis=0) + forest.path_lengths(columns, fill)

    np.testing.assert_allclose(total, forest.base, rtol=1e-13)


def test_credits_are_what_the_definition_says():
    """Each feature's credit is the sum of what its splits saved, tree by tree."""
    values = skewed(400, 4).astype(np.float32)
    model, forest = trained(values, trees=6, samples=64)

    credit = forest.credit(columns_of(values[:25]), np.zeros(4))

    for row, got in zip(values[:25], credit.T, strict=True):
        walks = [naive_forest.walk(estimator.tree_, row) for estimator in model.estimators_]
        want = [sum(saved[f] for _, saved in walks) for f in range(4)]
        np.testing.assert_allclose(got, want, atol=1e-10)


def test_rows_abreast_get_the_credits_of_each_alone():
    """Rows that go down the trees side by side get the very bits that each gets by itself."""
    values = skewed(200, 4).astype(np.float32)
    _, forest = trained(values, trees=20, samples=64)
    fill = np.zeros(4)

    credit = forest.credit(columns_of(values), fill)

    alone = [forest.credit(columns_of(values[at : at + 1]), fill) for at in range(len(values))]
    np.testing.assert_array_equal(credit, np.concatenate(alone, axis=1))


def test_only_the_odd_feature_is_credited():
    """A row that is odd in one feature alone gets its positive credit there."""
    values = np.random.default_rng(0).normal(size=(3000, 4))
    _, forest = trained(values, trees=100)
    odd = np.zeros((1, 4))
    odd[0, 2] = 12

    credit = forest.credit(columns_of(odd), np.zeros(4))[:, 0]

    assert credit[2] > 0
    assert credit[2] > 10 * np.delete(credit, 2).max()


def test_unusual_rows_score_high():
    """High is anomalous: the far point above 0.7, the centre below the middle of 0.5."""
    values = np.random.default_rng(0).normal(size=(3000, 2))
    _, forest = trained(values, trees=100)

    far, centre = forest.score(np.array([[9.0, 0.0], [9.0, 0.0]]), np.zeros(2))

    assert far > 0.7
    assert centre < 0.5


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_tables_of_next_to_nothing_are_scored(rows):
    """No row, one row and two rows have scores too."""
    values = skewed(50, 2)
    _, forest = trained(values)

    scores = forest.score(columns_of(values[:rows]), np.zeros(2))

    assert scores.shape == (rows,)
    assert isinstance(forest, Forest)
