"""The training sample: chosen by what rows hold, not by where they stand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from outlay.detectors._sampling import canonical_sample
from tests.detectors import naive_sampling

few_values = st.sampled_from([0.0, -0.0, 1.0, np.nan, -2.5])
tables = st.integers(1, 40).flatmap(
    lambda rows: hnp.arrays(np.float64, (2, rows), elements=few_values)
)


@given(columns=tables, limit=st.integers(1, 50), seed=st.integers(0, 2**32))
def test_the_sample_is_that_of_the_slow_twin(columns, limit, seed):
    """Equal rows, either zero and missing values are told apart as they are by hand."""
    chosen = canonical_sample(columns, limit, seed)

    np.testing.assert_array_equal(chosen, naive_sampling.canonical_sample(columns, limit, seed))


def test_a_large_sample_is_that_of_the_slow_twin_too():
    """Over many chunks, with as many equal rows as payments have, infinite values among them."""
    columns = np.random.default_rng(5).integers(-40, 40, (3, 90_000)) / 3.0
    columns[1, ::7], columns[2, ::11], columns[0, ::13] = np.nan, np.inf, -0.0

    chosen = canonical_sample(columns, 30_000, 7)

    np.testing.assert_array_equal(chosen, naive_sampling.canonical_sample(columns, 30_000, 7))


@given(columns=tables, limit=st.integers(1, 50), data=st.data())
def test_reordered_rows_give_the_same_sample(columns, limit, data):
    """The same rows in another order give the same sample, in the same order, ties and all."""
    order = data.draw(st.permutations(range(columns.shape[1])))
    turned = columns[:, order]

    first = columns[:, canonical_sample(columns, limit, 3)]
    second = turned[:, canonical_sample(turned, limit, 3)]

    np.testing.assert_array_equal(first, second)


@given(columns=tables, limit=st.integers(1, 50))
def test_a_sample_holds_each_row_once_at_most(columns, limit):
    """The sample has as many rows as allowed, or all, and none twice."""
    chosen = canonical_sample(columns, limit, 0)

    assert len(chosen) == min(limit, columns.shape[1])
    assert len(set(chosen.tolist())) == len(chosen)


def test_equal_rows_are_drawn_like_any_other():
    """A value that fills 30 % of the rows fills about 30 % of the sample, not all or nothing."""
    columns = np.random.default_rng(0).random((3, 20_000))
    columns[:, :6_000] = 0.5

    chosen = canonical_sample(columns, 4_000, 0)

    assert (columns[0, chosen] == 0.5).mean() == pytest.approx(0.3, abs=0.03)


def test_every_value_is_drawn_alike():
    """The sample is spread as the table is: a row's values do not favour it."""
    columns = np.random.default_rng(1).gamma(1, 1, (2, 100_000))

    chosen = canonical_sample(columns, 10_000, 0)

    quantiles = [0.01, 0.25, 0.5, 0.75, 0.99]
    got, want = (np.quantile(x, quantiles) for x in (columns[1, chosen], columns[1]))
    np.testing.assert_allclose(got, want, rtol=0.15)


def test_another_seed_draws_other_rows():
    """The seed decides which rows are drawn."""
    columns = np.random.default_rng(2).random((2, 10_000))

    common = set(canonical_sample(columns, 1000, 0)) & set(canonical_sample(columns, 1000, 1))

    assert len(common) < 200


def test_equal_values_are_one_value():
    """The sign of zero and the bits of a NaN do not decide whether a row is drawn."""
    rng = np.random.default_rng(3)
    columns = rng.choice([0.0, np.nan, 1.0], (12, 2000))
    other_bits = np.where(columns == 0, -0.0, columns)
    other_bits[np.isnan(columns)] = -np.float64(np.nan)

    np.testing.assert_array_equal(
        canonical_sample(columns, 300, 0), canonical_sample(other_bits, 300, 0)
    )
