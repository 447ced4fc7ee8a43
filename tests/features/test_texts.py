"""Texts are told apart exactly, and marked as zlib marks them."""

from zlib import crc32

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.features.marks import SALTS, fingerprint
from outlay.features.texts import Coded

TEXT = st.one_of(
    st.none(),
    st.sampled_from(["", "a", "b", "a\0", "twelve bytes", "thirteen bytes", "thirteen bytez"]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
)
TEXTS = st.lists(TEXT, max_size=40)


def column(values, name="device_id"):
    """Return a text column."""
    return pl.Series(name, values, pl.String)


@given(TEXTS)
def test_codes_and_marks_are_those_of_the_values(values):
    """Equal texts and no others share a code; each is marked by its salted CRC-32, missing ones by 0."""
    coded = Coded.of(column(values))

    told = [None if code < 0 else coded.values[code] for code in coded.codes.tolist()]
    assert told == values
    assert coded.values.to_list() == list(dict.fromkeys(v for v in values if v is not None))
    salt = SALTS["device_id"]
    marks = [0 if v is None else crc32(v.encode(), salt) or 1 for v in values]
    assert coded.marks().tolist() == marks
    assert marks == [fingerprint("device_id", v) for v in values]


@given(TEXTS)
def test_codes_in_order_are_ranks(values):
    """In the order of the values, a code is the rank of its value among the distinct ones."""
    ranked = Coded.of(column(values)).in_order()

    distinct = sorted({v.encode() for v in values if v is not None})
    assert [v.encode() for v in ranked.values] == distinct
    ranks = [-1 if v is None else distinct.index(v.encode()) for v in values]
    assert ranked.codes.tolist() == ranks


@given(TEXTS, TEXTS, st.data())
def test_pieces_of_columns_are_columns(first, second, data):
    """A slice of a column in several chunks is read from its own first row on."""
    both = pl.concat([column(first), column(second)], rechunk=False)
    start = data.draw(st.integers(0, len(both)))
    piece = both[start:]

    coded = Coded.of(piece)

    told = [None if code < 0 else coded.values[code] for code in coded.codes.tolist()]
    assert told == (first + second)[start:]


@pytest.mark.parametrize("length", [4, 30])
def test_many_values_are_told_apart(length):
    """The table of codes grows with the values, short or long, and no code is lost on the way."""
    values = [f"{k * 7919 % 20_011:0{length}}" for k in range(30_000)]

    coded = Coded.of(column(values))

    places = {value: code for code, value in enumerate(dict.fromkeys(values))}
    np.testing.assert_array_equal(coded.codes, [places[value] for value in values])


def test_a_mark_is_never_that_of_a_missing_value():
    """A text whose CRC-32 is 0 is marked 1."""
    odd = "801Q*y"

    assert crc32(odd.encode(), SALTS["country"]) == 0
    assert Coded.of(column([odd, None], "country")).marks().tolist() == [1, 0]
    assert fingerprint("country", odd) == 1


def test_places_in_a_list_of_names():
    """Known names have their place; unknown and missing ones stand behind the last."""
    coded = Coded.of(column(["b", None, "a", "x", "b"]))

    assert coded.places(["a", "b"]).tolist() == [1, 2, 0, 2, 1]
