"""What the rules say of many rows at once is what they say of each."""

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.detectors.rules import RulesDetector, builtin_packs
from outlay.detectors.rules.problems import Source
from outlay.detectors.rules.reading import read_pack
from outlay.detectors.rules.reasons import worded
from outlay.schema.table import Columns
from tests.detectors.rules.frames import row, table
from tests.detectors.rules.test_program import payments

EVERYTHING = """
format = 1
name = "all"
version = "1"
[confidence]
combine = "max"
[parameters]
limit = 40
[columns]
vip = "boolean"
tier = "text"
[[rule]]
code = "shows"
name = "Shows every kind of value"
when = "amount > limit"
score = "amount / 100"
severity = { critical = 0.8, high = 0.6, medium = 0.0 }
reason = "{severity}: {amount} {limit} {limit:money} {hour} {time_of_day} {history} {country} {vip} {tier} {user_mean}"
[[rule]]
code = "large"
name = "Large"
when = "amount > 90 and country = 'IE'"
severity = "high"
reason = "large"
normal = "up to {limit:money}"
[[rule]]
code = "near"
name = "Nearly"
when = "false"
score = "amount / 35"
reason = "never"
"""


def everything():
    """Return a detector whose rules show values of every kind."""
    return RulesDetector(pack=read_pack(Source("all.toml", EVERYTHING)), currency="EUR")


def rows():
    """Return ordinary rows with amounts below and above the limits."""
    return table(
        *(
            row(
                amount=float(at * 7),
                hour=float(at % 24),
                prior_count=float(at),
                country=[None, "IE", "x\ny"][at % 3],
                vip=[True, False, None][at % 3],
                tier=[None, "gold"][at % 2],
                user_mean=at / 3,
            )
            for at in range(20)
        )
    )


def test_each_row_says_what_its_values_are():
    """A column of texts reads as the template filled with one row's values after the other."""
    rules, payments_ = everything(), rows()
    shows = rules.pack.rules[0]

    said = rules.words(Columns.of(payments_))

    found = {
        r: t for r, c, t in zip(said.rows, said.codes, said.texts, strict=True) if c == "shows"
    }
    values = payments_.to_dicts()
    expected = {
        at: worded(shows, min(v["amount"] / 100, 1), {**v, "limit": 40}, rules.wording)
        for at, v in enumerate(values)
        if v["amount"] > 40
    }
    assert found == expected
    assert (
        "42 EUR 40 40 EUR 06:00 early morning 6 earlier payments unknown True unknown 2 EUR"
        in (found[6])
    )


@pytest.mark.parametrize("pack", builtin_packs())
def test_some_rows_say_what_they_say_among_all(pack):
    """Words asked for some rows, one row or all rows are the same, and so are the reasons."""
    rules, many = RulesDetector(pack=pack), payments(3_000)
    columns = Columns.of(many)
    explained = [[(r.code, r.text, r.weight) for r in own] for own in rules.explain(many) if own]
    flagged = np.flatnonzero(rules.answers(columns)["rule_is_anomaly"])

    def by_row(said, height):
        entries = list(zip(said.codes, said.texts, said.weights.tolist(), strict=True))
        return [[entries[at] for at in np.flatnonzero(said.rows == n)] for n in range(height)]

    assert by_row(rules.words(columns, flagged), len(flagged)) == explained
    few = flagged[[0, len(flagged) // 2, -1]]
    assert by_row(rules.words(columns, few), 3) == [
        explained[0], explained[len(flagged) // 2], explained[-1],
    ]  # fmt: skip


def test_most_keeps_the_weightiest():
    """Asked for one reason a row, each row gives its first."""
    rules, columns = RulesDetector(), Columns.of(payments(500))
    everything_ = rules.words(columns)
    firsts = [at for at, r in enumerate(everything_.rows) if r not in everything_.rows[:at]]

    said = rules.words(columns, most=1)

    assert said.rows.tolist() == everything_.rows[firsts].tolist()
    assert said.texts == [everything_.texts[at] for at in firsts]
    assert len(everything_.texts) > len(firsts)


def test_words_say_which_columns_their_rule_looks_at():
    """Beside each text stand the columns of its rule; near misses look at none."""
    columns = Columns.of(table(row(amount=98.0, country="IE"), row(amount=34.0)))

    said = everything().words(columns)

    assert said.rows.tolist() == [0, 0, 1]
    assert said.codes == ["shows", "large", "rule_confidence"]
    assert said.looks == [frozenset({"amount"}), frozenset({"amount", "country"}), frozenset()]
    assert said.weights.tolist() == [1.0, 0.8, 0.6]


TEXTS = st.one_of(st.none(), st.text(max_size=70), st.sampled_from(["IE", "gold", "é", "x" * 61]))
ROWS = st.fixed_dictionaries(
    {
        "amount": st.one_of(st.floats(-10, 250), st.floats(), st.integers(0, 200).map(float)),
        "hour": st.one_of(st.integers(0, 23).map(float), st.just(math.nan)),
        "prior_count": st.one_of(st.integers(0, 9).map(float), st.just(math.nan)),
        "user_mean": st.floats(),
        "country": TEXTS,
        "tier": TEXTS,
        "vip": st.sampled_from([True, False, None]),
    }
)


@given(st.lists(ROWS, min_size=1, max_size=80), st.sampled_from([1, 2, 3, None]))
def test_a_column_of_texts_is_what_each_row_says(made, most):
    """Put together column by column, the reasons are those put together row by row."""
    texts = {"country": pl.String, "tier": pl.String, "vip": pl.Boolean}
    columns = Columns.of(table(*(row(**one) for one in made)).cast(texts))

    assert told_by_row(everything(), columns, most) == words_by_row(everything(), columns, most)


@pytest.mark.parametrize("pack", builtin_packs())
def test_packs_say_the_same_in_columns(pack):
    """What each shipped pack says of ordinary payments does not depend on the way it is worded."""
    rules, columns = RulesDetector(pack=pack, history="full"), Columns.of(payments(3_000))

    for most in (1, 3, None):
        assert told_by_row(rules, columns, most) == words_by_row(rules, columns, most)


def test_columns_that_are_not_there_are_unknown_in_columns():
    """Without the columns that a text shows, or with lists in them, it says so in both ways."""
    made = pl.DataFrame({"amount": [77.0, 98.0], "country": [["IE"], []]})
    columns = Columns.of(made)

    found = told_by_row(everything(), columns, None)

    assert found == words_by_row(everything(), columns, None)
    assert "unknown" in found[0][1]


def told_by_row(rules, columns, most):
    """Return what is told in columns, by row and weight."""
    said = rules.told(columns, np.arange(columns.height), most=most)
    order = np.lexsort((-said.weights, said.rows))
    texts = said.texts.to_list()
    looks = [said.looks[n] for n in said.rules.tolist()]
    return [(said.rows[at], texts[at], said.weights[at], looks[at]) for at in order]


def words_by_row(rules, columns, most):
    """Return the same of the words put together row by row."""
    said = rules.words(columns, most=most)
    return list(zip(said.rows, said.texts, said.weights, said.looks, strict=True))


def test_nobody_speaks_of_ordinary_rows():
    """Without a violation there are no words, and none for no rows at all."""
    rules = RulesDetector()

    assert rules.words(Columns.of(table(row()))).texts == []
    assert (
        rules.words(Columns.of(pl.DataFrame({"amount": []}, schema={"amount": pl.Float64}))).texts
        == []
    )
