"""Surprise: what it says about a value, and the exact way back from a split on it."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from outlay.detectors.surprise import Raw, Surprise, as_float32

SIDES = ("upper", "lower", "both")
SHAPES = ("surprise", "exp_surprise")

narrow = st.floats(-1e6, 1e6, width=32)
wide = st.floats(allow_nan=True, allow_infinity=True)
columns = hnp.arrays(np.float64, st.integers(0, 60), elements=narrow | st.just(math.nan))
coarse = hnp.arrays(np.float64, st.integers(1, 60), elements=st.integers(-3, 3).map(float))
asked = hnp.arrays(np.float64, 40, elements=wide)


def naive(seen, value, side):
    """Return the surprise from the definition, by counting."""
    at_least = sum(x >= value for x in seen) / len(seen)
    at_most = sum(x <= value for x in seen) / len(seen)
    upper, lower = -math.log(at_least), math.log(at_most)
    return {"upper": upper, "lower": lower, "both": upper + lower}[side]


@pytest.mark.parametrize("side", SIDES)
@given(column=coarse)
def test_surprise_is_the_logarithm_of_the_counted_tail(side, column):
    """At every value seen in training, the surprise is what counting gives."""
    curve = Surprise.fit(column, side, "surprise")

    want = [naive(column, value, side) for value in column]

    np.testing.assert_allclose(curve.transform(column), want, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("side", SIDES)
@given(column=coarse)
def test_exp_surprise_stretches_the_surprise(side, column):
    """The stretched form is exp(surprise / 3) - 1 on the odd side, mirrored on the other."""
    plain = Surprise.fit(column, side, "surprise").transform(column).astype(float)
    stretched = Surprise.fit(column, side, "exp_surprise").transform(column)

    want = [math.copysign(math.expm1(abs(s) / 3), s) for s in plain]

    np.testing.assert_allclose(stretched, want, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("side", SIDES)
@given(column=columns, values=asked)
def test_surprise_never_falls(side, shape, column, values):
    """A larger value is never less surprising, inside the training's range and beyond."""
    curve = Surprise.fit(column, side, shape)

    rising = np.sort(values[~np.isnan(values)])

    assert (np.diff(curve.transform(rising)) >= 0).all()


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("side", SIDES)
@given(
    column=columns,
    values=asked,
    cuts=hnp.arrays(np.float32, 10, elements=st.floats(-15, 60, width=32)),
)
def test_a_split_on_surprise_is_a_split_on_the_value(side, shape, column, values, cuts):
    """For any split, "at most" decides the same on the surprise and on the value itself."""
    curve = Surprise.fit(column, side, shape)
    near = curve.ends
    values = np.concatenate((values, near, np.nextafter(near, np.float32(np.inf))))
    values = values[as_float32(values) != -np.inf]
    filled = np.where(np.isnan(values), curve.fill, values)
    cuts = np.concatenate((cuts, curve.levels, np.nextafter(curve.levels, np.float32(-np.inf))))

    on_surprise = curve.transform(values)[:, None] <= cuts
    on_value = as_float32(filled)[:, None] <= curve.inverse_threshold(cuts)

    np.testing.assert_array_equal(on_value, on_surprise)


def test_between_two_values_the_side_decides():
    """P(X >= x) between two values is that of the upper one, P(X <= x) that of the lower."""
    upper = Surprise.fit([1, 2, 4], "upper", "surprise")
    lower = Surprise.fit([1, 2, 4], "lower", "surprise")

    assert upper.transform([3])[0] == upper.transform([4])[0]
    assert lower.transform([3])[0] == lower.transform([2])[0]


def test_beyond_the_training_surprise_is_capped():
    """Nothing is more surprising than the largest of n values seen: ln n."""
    curve = Surprise.fit(np.arange(1000), shape="surprise")

    np.testing.assert_allclose(curve.transform([999, 1e9, np.inf]), math.log(1000), rtol=1e-6)


@pytest.mark.parametrize("side", SIDES)
def test_missing_values_count_as_the_median(side):
    """A missing value is as surprising as the lower median of the values that were there."""
    curve = Surprise.fit([5, np.nan, 1, 9, 3, np.nan], side)

    assert curve.fill == 3
    assert curve.transform([np.nan])[0] == curve.transform([3])[0]


@pytest.mark.parametrize("side", SIDES)
def test_infinite_values_take_a_side_at_every_split_a_tree_makes(side):
    """Infinities go where their surprise sends them, wherever a tree can split."""
    curve = Surprise.fit([-np.inf, -3e38, 1, 2, np.inf], side)
    values, cuts = np.array([-np.inf, -3e38, np.inf]), curve.levels[:-1]

    np.testing.assert_array_equal(
        as_float32(values)[:, None] <= curve.inverse_threshold(cuts),
        curve.transform(values)[:, None] <= cuts,
    )


def test_a_column_of_nothing_surprises_nobody():
    """Where every training value is missing, every value is as surprising as any other."""
    curve = Surprise.fit([np.nan, np.nan])

    assert curve.transform([-1, 0, np.nan, np.inf]).tolist() == [0, 0, 0, 0]
    assert curve.inverse_threshold([-1, 0]).tolist() == [-np.inf, np.inf]


@given(column=hnp.arrays(np.float64, st.integers(1, 30), elements=wide), values=asked)
def test_raw_values_keep_their_splits(column, values):
    """Raw values are shown finite, and no split between them decides otherwise than on the value."""
    curve = Raw.fit(column)
    filled = np.where(np.isnan(values), curve.fill, values)
    shown = curve.transform(values)
    cuts = np.concatenate((shown[shown < shown.max()], as_float32([0, -7.5, 3])))

    assert np.isfinite(shown).all()
    np.testing.assert_array_equal(
        as_float32(filled)[:, None] <= curve.inverse_threshold(cuts), shown[:, None] <= cuts
    )
