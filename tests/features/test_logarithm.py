"""The kernels' own logarithm is the library's, to within one unit in the last place."""

import math
import sys

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from outlay.features._kernels import log1p_of, log_of
from outlay.jit import kernel

POSITIVE = st.floats(min_value=0.0, exclude_min=True, allow_infinity=False)
NEAR_ONE = st.floats(0.5, 2.0)


@kernel
def many(values, logs, logs1p):
    """Take the logarithms in a loop, of which the compiler makes vector instructions."""
    for i in range(values.size):
        logs[i] = log_of(values[i], 0.0)
        logs1p[i] = log1p_of(values[i])


def taken(values):
    """Return both logarithms of some values."""
    values = np.array(values, np.float64)
    logs, logs1p = np.empty(values.size), np.empty(values.size)
    many(values, logs, logs1p)
    return logs, logs1p


def units(found, exact):
    """Return how many units in the last place a number is from another."""
    return abs(found - exact) / math.ulp(exact)


@given(st.one_of(POSITIVE, NEAR_ONE, st.floats(0.0, 1e-6, exclude_min=True)))
@example(sys.float_info.min)
@example(5e-324)
@example(sys.float_info.max)
@example(1.0)
def test_logarithms_are_the_librarys(value):
    """For every positive number; the library itself is within half a unit and a bit."""
    logs, logs1p = taken([value])
    assert units(logs[0], math.log(value)) <= 1
    assert units(logs1p[0], math.log1p(value)) <= 1


@given(st.lists(POSITIVE, min_size=1, max_size=40))
def test_many_are_the_bits_of_one(values):
    """How many are taken together does not count."""
    logs, logs1p = taken(values)
    ones = [taken([value]) for value in values]
    np.testing.assert_array_equal(logs, [one[0] for one, _ in ones])
    np.testing.assert_array_equal(logs1p, [one[0] for _, one in ones])


def test_what_has_no_logarithm():
    """Nothing, the endless, the negative and the missing are answered as the library does."""
    logs, logs1p = taken([0.0, np.inf, -1.5, np.nan])
    np.testing.assert_array_equal(logs, [-np.inf, np.inf, np.nan, np.nan])
    np.testing.assert_array_equal(logs1p, [0.0, np.inf, np.nan, np.nan])
