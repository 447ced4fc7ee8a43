"""What the views of a text column say agrees with the texts."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.schema.intake.text import trimmed
from outlay.schema.views import INLINE, Views

PLAIN = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=INLINE)
ODD = st.sampled_from(["", " ", "a ", "\ta", "a\u00a0", "\u2003", "ü", "aü", "a b", "x" * 13, "\0"])


def is_bare(text):
    """Say whether a text is short, and begins and ends with a visible sign of ASCII."""
    short = 0 < len(text.encode()) <= INLINE
    return short and all(33 <= ord(sign) <= 126 for sign in (text[0], text[-1]))


@given(st.lists(st.one_of(PLAIN, PLAIN, ODD), min_size=1, max_size=30), st.integers(0, 3))
def test_bare_texts_are_told(texts, skipped):
    """A column is bare if each of its texts is, also where it is a slice of another."""
    column = pl.Series("id", [" "] * skipped + texts)[skipped:]

    assert Views(column).are_bare() == all(map(is_bare, texts))


@given(st.lists(st.one_of(st.none(), PLAIN, ODD), min_size=1, max_size=30))
def test_trimming_is_that_of_each_text(texts):
    """However it is found out: blanks go, blank texts are missing, and what was trimmed is counted."""
    column, changed = trimmed(pl.Series("id", texts, pl.String), "user_id")

    bare = [None if text is None else text.strip() or None for text in texts]
    assert column.to_list() == bare
    assert changed == sum(b is not None and b != text for b, text in zip(bare, texts, strict=True))


@pytest.mark.parametrize("values", [[], [None], [None, "a"]])
def test_a_column_with_nothing_in_it_can_be_asked(values):
    """No row and missing values do no harm."""
    assert trimmed(pl.Series("id", values, pl.String), "user_id")[0].to_list() == values
