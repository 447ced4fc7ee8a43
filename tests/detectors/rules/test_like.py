"""Patterns of like."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.detectors.rules.like import like
from tests.detectors.rules.naive_language import matches

FEW_LETTERS = st.text("ab.\n*", max_size=8)


@given(FEW_LETTERS, st.text("ab.\n*%_", max_size=6))
def test_patterns_match_as_character_by_character(text, pattern):
    """Looking for the pieces from the left finds a match exactly where trying everything does."""
    assert like(pattern)(text) == matches(text, pattern)


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("a%a", "a", False),  # both ends want the same letter
        ("a%a", "aa", True),
        ("%", "", True),
        ("", "", True),
        ("_", "\U0001f600", True),
        ("%ß%", "Straße", True),
    ],
)
def test_ends_do_not_share_a_character(pattern, text, expected):
    """What stands before the first % and after the last has its own place in the text."""
    assert like(pattern)(text) is expected


def test_many_wildcards_over_a_long_text_come_to_an_end():
    """A pattern that a regular expression would try in all combinations is answered at once."""
    assert not like("%a" * 40 + "%b")("a" * 5_000)
