"""Many rules as one program say what each says alone, of many rows what they say of one."""

import math
from typing import Final

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.detectors.rules import RulesDetector, builtin_packs
from outlay.detectors.rules import _kernels as k
from outlay.detectors.rules.expressions import expression
from outlay.detectors.rules.inputs import FEW
from outlay.detectors.rules.judge import Judge
from outlay.detectors.rules.pack import Rule
from outlay.detectors.rules.program import FEEDS, program
from outlay.detectors.rules.scope import Kind, Scope
from outlay.detectors.rules.template import Template
from outlay.schema import catalog
from outlay.schema.table import Columns
from tests.detectors.rules import naive_language as naive
from tests.detectors.rules.naive_judge import judged
from tests.detectors.rules.test_expressions import ROWS, SCOPE, framed

SAYS = Template((), frozenset())


def rule(when, scope=SCOPE, **more):
    """Return a rule with this condition."""
    return Rule("r", "r", expression(when, scope, "boolean"), SAYS, **more)


@given(st.lists(naive.CONDITIONS, min_size=1, max_size=5), ROWS)
def test_texts_that_are_coded_are_judged_like_texts(conditions, rows):
    """A column may be an enumeration, of more words than it has, where there are many rows."""
    table = framed(rows * (1 + FEW // max(len(rows), 1)))
    words = {
        name: pl.Enum(["never", *table[name].drop_nulls().unique(maintain_order=True)])
        for name in table.select(pl.col(pl.String)).columns
    }
    judge = Judge([rule(text) for text, _ in conditions])
    plain = judge.verdicts(Columns.of(table))
    coded = judge.verdicts(Columns.of(table.cast(words)))

    for number in range(len(conditions)):
        assert coded.violated(number).tolist() == plain.violated(number).tolist()


@given(st.lists(naive.CONDITIONS, min_size=1, max_size=5), ROWS)
def test_rules_together_say_what_each_says_alone(conditions, rows):
    """Sharing steps and slots with other rules changes no rule's answer."""
    rules = [rule(text) for text, _ in conditions]
    columns = Columns.of(framed(rows))

    together = Judge(rules).verdicts(columns)

    for number, one in enumerate(rules):
        alone = Judge([one]).verdicts(columns)
        assert together.violated(number).tolist() == alone.violated(0).tolist()


def test_what_rules_share_is_worked_out_once():
    """A condition that stands in several rules costs one step, and its slot is used again."""
    shared = "amount * user_mean > hour"
    rules = [rule(f"{shared} or amount > {n}") for n in range(20)]

    code = program(rules).code[:, 0].tolist()

    assert code.count(k.MULTIPLY) == 1
    assert code.count(k.OR) == 20
    assert program(rules).slots < program(rules[:1]).slots + 20 + 5


def test_no_step_writes_where_it_reads():
    """The result of a step never stands in the slot of its own operand."""
    texts = ["abs(-(amount + 1) * (hour - 2)) > 3 or hour < amount", "(amount + 1) % 7 = hour"]

    for what, out, *of in program([rule(text) for text in texts]).code.tolist():
        assert what == k.RULE or out not in of


KINDS: Final[tuple[Kind, ...]] = ("boolean", "boolean", "number")
DTYPES = {"boolean": pl.Boolean, "number": pl.Float64}
ANSWER = st.sampled_from([None, True, False])
SCORE = st.sampled_from([None, -1.0, 0.0, 0.25, 0.4, 0.75, 1.0, 3.0, math.inf])
KIND = st.fixed_dictionaries(
    {
        "group": st.sampled_from([None, None, "g", "h"]),
        "feeds": st.sampled_from([None, *FEEDS]),
        "near_misses": st.booleans(),
        "always_alert": st.booleans(),
    }
)


@given(
    st.lists(KIND, min_size=1, max_size=5).flatmap(
        lambda kinds: st.tuples(
            st.just(kinds),
            st.lists(
                st.lists(
                    st.tuples(ANSWER, ANSWER, SCORE), min_size=len(kinds), max_size=len(kinds)
                ),
                min_size=1,
                max_size=5,
            ),
        )
    ),
    st.sampled_from(["mean", "max", "any"]),
    st.sampled_from([0.3, 0.5, 1.0]),
    st.sampled_from([(0.0,), (0.8, 0.4, 0.0), (0.6, 0.25)]),
)
def test_answers_become_what_a_pack_says(given_, combine, anomaly_above, bands):
    """Groups, near misses, fed columns, confidence and bands come out as rule by rule in Python."""
    kinds, rows = given_
    names = [(f"applies{n}", f"when{n}", f"score{n}") for n in range(len(kinds))]
    scope = Scope({c: kind for own in names for c, kind in zip(own, KINDS, strict=True)})
    rules = [
        rule(
            when,
            scope,
            applies=expression(applies, scope, "boolean"),
            score=expression(score, scope, "number"),
            **kind,
        )
        for (applies, when, score), kind in zip(names, kinds, strict=True)
    ]
    schema = {c: DTYPES[kind] for c, kind in scope.columns.items()}
    table = pl.DataFrame([sum(row, ()) for row in rows], schema=schema, orient="row")

    found = Judge(rules, combine, anomaly_above, bands).verdicts(Columns.of(table))

    for at, row in enumerate(rows):
        expected = judged(kinds, row, combine, anomaly_above, bands)
        assert [n for n in range(len(rules)) if found.violated(n)[at]] == expected["violated"]
        assert found.confidence[at] == pytest.approx(expected["confidence"], rel=1e-15, abs=0)
        assert found.marks[:, at].tolist() == [
            expected["anomaly"], expected["band"], expected["always"]
        ]  # fmt: skip
        assert found.numbers[k.FED :, at].tolist() == expected["fed"]


def payments(rows):
    """Return rows enough for several blocks and chunks, with gaps."""
    rng = np.random.default_rng(3)
    types = ["purchase", "withdrawal", "view", "refund", "gift", None]
    numbers = {name: rng.choice([*rng.uniform(0, 30, 50), np.nan], rows) for name in catalog.NAMES}
    return pl.DataFrame(
        {
            **numbers,
            "amount": rng.lognormal(5, 2, rows),
            "transaction_type": [types[at] for at in rng.integers(0, len(types), rows)],
            "country": [f"C{at}" for at in rng.integers(0, 500, rows)],
        }
    )


@pytest.mark.parametrize("pack", builtin_packs())
def test_a_row_is_judged_alone_as_in_a_long_table(pack):
    """Blocks, chunks and the numbering of texts leave no trace: the same bits in every stretch."""
    table = payments(40_000)
    rules = RulesDetector(pack=pack)
    whole = rules.answers(Columns.of(table))

    for start, rows in [(0, 1), (16_383, 2), (255, 3), (16_000, FEW), (30_000, 600), (39_999, 1)]:
        part = rules.answers(Columns.of(table[start : start + rows]))
        for name, values in part.items():
            np.testing.assert_array_equal(values, whole[name][..., start : start + rows], name)
    assert whole["rule_is_anomaly"].any()


def test_answers_from_arrays_and_from_a_table_are_the_same():
    """One payment as it comes in live is judged as its row in a file."""
    table = payments(5)
    numbers = {
        name: table[name].to_numpy() for name in table.columns if table[name].dtype.is_float()
    }
    texts = {name: table[name].to_list() for name in ("transaction_type", "country")}
    rules = RulesDetector()

    found = rules.answers(Columns(numbers, texts, 5))

    for name, values in rules.answers(Columns.of(table)).items():
        np.testing.assert_array_equal(found[name], values)


@pytest.mark.parametrize("rows", [3, 100, 20_000])
def test_two_texts_of_a_row_are_compared(rows):
    """A question about two columns is asked of each row, however many there are."""
    home = [None if at % 7 == 0 else f"C{at % 3}" for at in range(rows)]
    paid = [f"c{at % 4}" for at in range(rows)]
    table = pl.DataFrame({"country": home, "currency": paid})

    found = Judge([rule("lower(country) = currency")]).verdicts(Columns.of(table))

    expected = [a is not None and a.lower() == b for a, b in zip(home, paid, strict=True)]
    assert found.violated(0).tolist() == expected


@pytest.mark.parametrize("rows", [2, FEW + 2])
@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (["true", "FALSE"], [True, False]),
        ([True, None], [True, False]),
        ([2.0, 0.0], [True, False]),
        (["1", "yes"], [False, False]),
        ([[True], [False]], [False, False]),
    ],
)
def test_flags_are_read_from_what_holds_them(rows, column, expected):
    """A declared condition is read from true and false, as flags, numbers or words."""
    scope = Scope({"flag": "boolean"})
    table = pl.DataFrame({"flag": column * (rows // 2)})

    found = Judge([rule("flag", scope)]).verdicts(Columns.of(table))

    assert found.violated(0).tolist() == expected * (rows // 2)


@pytest.mark.parametrize("rows", [1, FEW + 1])
@pytest.mark.parametrize("column", [[5.5], [["GB"]]])
def test_what_is_no_text_is_missing_or_read_as_one(rows, column):
    """A column of another kind where a text is asked for is never fatal."""
    table = pl.DataFrame({"country": column * rows})

    found = Judge([rule("country = '5.5'"), rule("country is null")]).verdicts(Columns.of(table))

    holds = [bool(found.violated(n).all()) for n in (0, 1)]
    assert holds == ([True, False] if column == [5.5] else [False, True])


def test_numbers_where_texts_are_asked_for_are_missing_in_live():
    """A payment whose country came as a number is judged all the same."""
    one = Columns({"country": np.array([5.0])}, {}, 1)

    assert Judge([rule("country is null")]).verdicts(one).violated(0).tolist() == [True]
