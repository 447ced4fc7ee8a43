"""Texts have the numbers in whose order they were met, table after table."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars import selectors as cs

from outlay.features.register import Numbering, Register
from outlay.features.texts import Coded
from tests.strategies import frame, transactions

TEXTS = st.one_of(
    st.none(), st.text(max_size=3), st.integers(10**11, 10**12 + 30).map(str), st.text(max_size=30)
)
"""Short ones, those of twelve bytes and one more, and long ones; some come often."""


@given(st.lists(st.lists(TEXTS, max_size=20), max_size=6))
def test_numbers_are_those_of_a_dictionary(tables):
    """A text has the number that a dictionary gives which grows with each new one."""
    numbering = Numbering()
    numbers: dict[str, int] = {}
    for table in tables:
        found = numbering.of(Coded.of(pl.Series("t", table, pl.String)))
        expected = [-1 if t is None else numbers.setdefault(t, len(numbers)) for t in table]

        assert found.tolist() == expected
    assert numbering.names().to_list() == list(numbers)
    assert len(numbering) == len(numbers)


@given(st.lists(TEXTS.filter(bool), min_size=1, max_size=30), st.lists(TEXTS, max_size=20))
def test_a_numbering_goes_on_from_its_names(earlier, later):
    """One that is made of the names of another gives the numbers that the other would give."""
    one = Numbering()
    one.of(Coded.of(pl.Series("t", earlier, pl.String)))
    other = Numbering(one.names())
    column = Coded.of(pl.Series("t", [*later, *earlier], pl.String))

    assert other.of(column).tolist() == one.of(column).tolist()
    assert other.names().equals(one.names())


def test_many_texts_have_their_numbers():
    """The table grows as often as it must."""
    texts = pl.Series("t", [f"user {n}" for n in range(50_000)])
    numbering = Numbering()
    for begin in range(0, 50_000, 7_000):
        numbering.of(Coded.of(texts[begin : begin + 9_000]))

    assert numbering.of(Coded.of(texts)).tolist() == list(range(50_000))


@given(st.lists(TEXTS, max_size=20), st.lists(TEXTS.filter(lambda t: t is not None), max_size=20))
def test_who_is_looked_for_gets_no_number(entered, asked):
    """Known texts have theirs, all others none, and nothing is entered by the question."""
    numbering = Numbering()
    numbering.of(Coded.of(pl.Series("t", entered, pl.String)))
    known = {name: place for place, name in enumerate(numbering.names().to_list())}

    found = numbering.find(pl.Series("t", asked, pl.String)).tolist()

    assert found == [known.get(text, -1) for text in asked]
    assert len(numbering) == len(known)


@given(transactions, st.integers(0, 50), st.data())
def test_what_was_entered_is_said_again(rows, cut, data):
    """The columns that the records hold are those of the table, of all its rows or of some."""
    table, register = frame(rows), Register("UTC")
    parts = [part for part in (table[:cut], table[cut:]) if len(part)]
    records = [register.enter(part) for part in parts]
    for part, payments in zip(parts, records, strict=True):
        there = [name for name in register.SAID if name in part.columns]
        some = np.array(data.draw(st.lists(st.integers(0, len(part) - 1), unique=True)), np.int64)

        assert register.said(payments, part.columns).equals(part.select(there))
        assert register.said(payments, part.columns, some).equals(part[some].select(there))
        assert register.said(payments, ["user_id"]).columns == ["user_id"]
        coded = register.said(payments, part.columns, some, coded=True)
        assert coded.with_columns(cs.enum().cast(pl.String)).equals(part[some].select(there))


@pytest.mark.parametrize("few", [2, 3])
def test_only_few_texts_are_coded(few, monkeypatch):
    """Of many each part of a file would have to name all."""
    monkeypatch.setattr("outlay.features.register.FEW", few)
    numbering = Numbering(pl.Series(["a", "b"]))
    numbers = np.array([1, -1, 0], np.int32)
    assert isinstance(numbering.texts(numbers, coded=True).dtype, pl.Enum)
    numbering.of(Coded.of(pl.Series(["c"])))

    coded = numbering.texts(numbers, coded=True)
    assert coded.dtype == (pl.Enum(["a", "b", "c"]) if few > 2 else pl.String)
    assert coded.cast(pl.String).to_list() == ["b", None, "a"]
    assert numbering.texts(numbers).dtype == pl.String
