"""The instructions written by hand do what the Python beside them says."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from outlay.detectors._forest_kernels import VALUES, WORDS, strike_out
from outlay.jit import kernel

ALL = 2**64 - 1


@kernel
def struck_out(places, slots, masks, left):
    """Take rows through the instructions."""
    for row in range(len(places)):
        strike_out(places, row, slots, masks, left)


@st.composite
def lookups(draw):
    """Return places, slots and masks of a few rows; at most one leaf of a word is left over."""
    rows, features = draw(st.integers(1, 5)), draw(st.integers(1, 7))
    leaves = draw(st.lists(st.sampled_from([None, 0, *range(2, 64)]), min_size=8, max_size=8))
    only = [0 if leaf is None else 1 << leaf for leaf in leaves]
    masks = [
        only,
        *draw(st.lists(st.lists(st.integers(0, ALL), min_size=8, max_size=8), max_size=6)),
    ]
    slots = draw(st.lists(st.integers(0, len(masks) - 1), min_size=1, max_size=9))
    slots[0] = 0
    places = draw(
        st.lists(
            st.lists(st.integers(0, len(slots) - 1), min_size=features, max_size=features),
            min_size=rows,
            max_size=rows,
        )
    )
    for row in places:
        row[draw(st.integers(0, features - 1))] = 0
    return np.array(places, np.uint16), np.array(slots, np.uint16), np.array(masks, np.uint64)


@given(lookups())
def test_leaves_left_over_are_those_in_every_mask(given_):
    """The instructions, the Python beside them, and each word's one bit looked for by itself."""
    places, slots, masks = given_
    ours, plain = (np.full((len(places), WORDS), 9999, np.uint16) for _ in range(2))
    struck_out(places, slots, masks, ours)
    for row, own in enumerate(places):
        strike_out(places, row, slots, masks, plain)
        for word in range(WORDS):
            bits = ALL
            for place in own:
                bits &= int(masks[slots[place], word])
            # the exponent of 2**n is n + 1023; 63 of 6 bits stand for n = 0, as 0 is no leaf
            leaf = 0 if not bits else (bits.bit_length() - 2) % VALUES
            assert ours[row, word] == VALUES * word + leaf
    np.testing.assert_array_equal(ours, plain)
