"""Columns of numbers read as Python writes each of them."""

import math
from collections import Counter

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from outlay.schema.money import money
from outlay.schema.writing import (
    FEW,
    amounts,
    by_number,
    counted,
    decimals,
    each_once,
    joined,
    replaced,
)

TIES = st.builds(lambda n, bits: n / 2**bits, st.integers(-(2**53), 2**53), st.integers(0, 12))
NEAR = st.builds(
    lambda cents, by: math.nextafter(cents / 200, by),
    st.integers(-(10**9), 10**9),
    st.sampled_from([-math.inf, math.inf]),
)
NUMBERS = st.one_of(
    st.floats(),
    st.floats(-1e5, 1e5),
    st.integers(-(10**6), 10**6).map(float),
    st.integers(-(10**8), 10**8).map(lambda cents: cents / 100),
    st.sampled_from([2.0**53, 2.0**53 - 1, 2.0**52 - 0.5, 99.995, 0.995, 0.005, 5e-324, -0.0]),
    TIES,
    NEAR,
)


def lists(numbers):
    """Return lists of numbers: of a few, and of as many as are worth a compiled function."""
    short = st.lists(numbers, max_size=30)
    return short | short.filter(len).map(lambda values: values * (1 + FEW // len(values)))


LISTS = lists(NUMBERS)


def written(text, values):
    """Return a column's parts as a list."""
    return joined(text, len(values)).to_list()


@given(LISTS, st.integers(0, 2), st.booleans())
@example([2.5, 3.5, 0.125, 0.375, 1e15 + 0.5, 2.0**53, math.nan, -math.inf] * FEW, 0, True)  # noqa: FBT003
def test_digits_are_those_of_python(values, places, grouped):
    """Every double, the ties too, is rounded and set apart as a format does it."""
    form = f"{',' if grouped else ''}.{places}f"

    found = decimals(np.array(values, float), places, grouped=grouped)

    assert found.to_list() == [format(value, form) for value in values]


@given(LISTS, st.integers(1, 2))
def test_zeros_at_the_end_can_be_left_out(values, places):
    """After the point nothing is left over, and whole numbers keep their own zeros."""
    found = decimals(np.array(values, float), places, trimmed=True)

    expected = [format(value, f",.{places}f") for value in values]
    stripped = [t.rstrip("0").rstrip(".") if "." in t else t for t in expected]
    assert found.to_list() == stripped


FINITE = NUMBERS.filter(math.isfinite)


@given(lists(FINITE), st.sampled_from([None, "EUR"]))
def test_amounts_are_written_as_money(values, currency):
    """A column of amounts reads as each amount does."""
    found = written(amounts(np.array(values, float), currency), values)

    assert found == [money(value, currency) for value in values]


@given(lists(st.integers(-3, 10**7)) | lists(st.integers(0, 9)))
def test_one_thing_is_not_many(values):
    """Only one of a thing is one."""
    found = written(counted(np.array(values, float), " day", " days"), values)

    assert found == [f"{n:,} day" + ("" if n == 1 else "s") for n in values]


WHOLE = st.lists(st.integers(0, 5000).map(float), max_size=30)


@given(st.one_of(WHOLE, st.lists(st.floats(), max_size=30)))
def test_the_same_value_is_written_once(values):
    """Each row has its value's text, and no value is written a second time."""
    asked = Counter[str]()

    def write(value):
        asked[repr(value)] += 1
        return repr(value + 0.0)

    found = each_once(np.array(values, float) + 0.0, write)

    assert found.to_list() == [repr(value + 0.0) for value in values]
    assert set(asked.values()) <= {1}


@pytest.mark.parametrize("times", [0, 1, FEW])
def test_texts_are_joined_row_by_row(times):
    """What is the same in each row stands between what is not."""
    names, many = pl.Series(["a", "b"] * times, dtype=pl.String), pl.Series([1, 2] * times)
    rows = 2 * times

    found = joined(["<", names, many.cast(pl.String), "", ">"], rows)
    assert found.to_list() == ["<a1>", "<b2>"] * times
    assert joined(["only ", "this"], rows).to_list() == ["only this"] * rows
    assert joined([], rows).to_list() == [""] * rows


@given(st.lists(st.integers(-3, 3)))
def test_texts_by_number_stand_in_their_rows(numbers):
    """Written number by number, each row's text stands in its place."""
    found = by_number(
        np.array(numbers, np.int64),
        lambda number, rows: pl.Series([f"{number} in {row}" for row in rows], dtype=pl.String),
    )

    assert found.to_list() == [f"{number} in {row}" for row, number in enumerate(numbers)]


@pytest.mark.parametrize(("at", "found"), [([], "abc"), ([1], "aXc"), ([0, 2], "XbY")])
def test_some_texts_are_replaced(at, found):
    """The rows that are named have other texts, the rest their own."""
    texts, others = pl.Series(list("abc")), ["X", "Y"][: len(at)]

    assert "".join(replaced(texts, np.array(at, np.intp), others)) == found
