"""Sentences on features: for one payment, for many at once, and as one would write them out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import outlay
from outlay.features.words import _CASES, SILENT, sentences, spelt, words
from outlay.schema.catalog import NAMES
from outlay.schema.table import Columns
from outlay.schema.writing import FEW
from tests.features import naive_words

TEXTS = ("transaction_type", "counterparty_id", "device_id", "country")
# about the limits from which on something is said; no figure is so small that a rate overflows
NUMBERS = st.one_of(
    st.sampled_from([0.0, 0.4, 0.999, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 23.0, np.nan]),
    st.floats(0.1, 400.0),
)
NAMED = st.one_of(st.none(), st.sampled_from(["", "shop", "cash_out", "ü\n_"]), st.text(max_size=9))
COUNTS = st.integers(0, 30).map(float)
ROWS = st.fixed_dictionaries(
    {
        **dict.fromkeys(NAMES, NUMBERS),
        **dict.fromkeys(("count_1h", "count_24h", "type_prior_count", "prior_count"), COUNTS),
        **dict.fromkeys(("count_ratio_1h", "count_ratio_24h"), st.floats(0.1, 50.0)),
        **dict.fromkeys(("new_counterparty", "new_device", "new_country"), st.sampled_from([0.0, 1.0, np.nan])),
        **dict.fromkeys(("amount", "user_p95", "user_mean"), st.floats(0.0, 1e5)),
        **dict.fromkeys(("sum_1h", "sum_24h", "sum_7d", "sum_30d"), st.floats(0.0, 1e6)),
        **dict.fromkeys(("seconds_since_last",), st.floats(0.0, 1e7)),
        "hour": st.integers(0, 23).map(float),
        "weekday": st.integers(0, 6).map(float),
        **dict.fromkeys(TEXTS, NAMED),
    }
)  # fmt: skip
CURRENCY = st.sampled_from([None, "EUR"])


def in_columns(rows):
    """Return rows as columns."""
    numbers = {n: np.array([row[n] for row in rows]) for n in rows[0] if n not in TEXTS}
    return Columns(numbers, {name: [row[name] for row in rows] for name in TEXTS}, len(rows))


def said_in_columns(feature, columns, currency):
    """Return what is said of each row when all are put into words at once."""
    numbers = sentences(feature, columns)
    said = [None] * columns.height
    for number in set(numbers.tolist()) - {SILENT}:
        at = np.flatnonzero(numbers == number)
        texts = spelt(number, columns.taken(at), currency).to_list()
        for place, text in zip(at.tolist(), texts, strict=True):
            said[place] = text
    return said


@given(ROWS, CURRENCY)
def test_the_parts_of_a_sentence_make_the_sentence(row, currency):
    """Each feature says of a payment what the sentence written out says."""
    for feature in NAMES:
        assert words(feature, row, currency) == naive_words.words(feature, row, currency), feature


@given(st.lists(ROWS, min_size=1, max_size=6), CURRENCY, st.sampled_from([1, FEW]))
def test_many_at_once_are_told_what_each_is_told(rows, currency, times):
    """Put into words at once, payments are told what they are told one by one."""
    columns = in_columns(rows * times)
    for feature in NAMES:
        each = [words(feature, row, currency) for row in rows]
        assert said_in_columns(feature, columns, currency) == each * times, feature


def test_a_column_that_is_not_there_has_no_names():
    """Without a column of texts the sentence is the one on a payment without that text."""
    row = dict.fromkeys(NAMES, 3.0) | {"amount": 9.0, "new_device": 1.0}
    columns = Columns({name: np.array([value]) for name, value in row.items()}, {}, 1)
    for feature in ("amount_type_zscore", "counterparty_zscore", "type_rarity", "new_device"):
        assert said_in_columns(feature, columns, None) == [words(feature, row, None)]


def test_the_largest_ratios_are_no_error():
    """A ratio beyond the largest number is infinite in both ways."""
    row = dict.fromkeys(NAMES, 900.0) | {"amount": 9.0}
    columns = Columns({name: np.array([value]) for name, value in row.items()}, {}, 1)

    said = words("amount_excess_counterparty", row)
    assert said == "9 is inf × the largest paid to counterparty None before"
    assert said_in_columns("amount_excess_counterparty", columns, None) == [said]


@pytest.fixture(scope="module")
def scored():
    """Return a made-up wallet with its features."""
    return outlay.run(outlay.synth(users=40, days=60, seed=5)).scored


@pytest.mark.parametrize("feature", sorted(_CASES))
def test_a_wallet_is_told_the_same(scored, feature):
    """Every payment of a wallet gets its sentence, one by one or all at once."""
    each = [naive_words.words(feature, row, "EUR") for row in scored.rows(named=True)]

    assert said_in_columns(feature, Columns.of(scored), "EUR") == each
