"""What an expression means, what it may not be, and what the refusal says."""

import time
from math import isnan

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.detectors.rules.expressions import expression
from outlay.detectors.rules.judge import Judge
from outlay.detectors.rules.language import ExpressionError
from outlay.detectors.rules.pack import Rule
from outlay.detectors.rules.scope import Scope
from outlay.detectors.rules.template import Template
from outlay.schema.table import Columns
from tests.detectors.rules import naive_language as naive

SCOPE = Scope(
    parameters={"multiplier": 5.0},
    sets={"cash": ("withdrawal", "cash_out"), "badly": ("Cash-Out",)},
)
VALUE = st.one_of(st.none(), st.just(float("nan")), st.sampled_from([-1.0, 0.0, 1.0, 2.5, 100.0]))


def rule(when):
    """Return a rule with this condition and nothing else."""
    return Rule("r", "r", expression(when, SCOPE, "boolean"), Template((), frozenset()))


def holds(when, **columns):
    """Return for which rows a condition holds."""
    return judged(when, pl.DataFrame(columns))


def judged(when, frame):
    """Return for which rows of a table a condition holds."""
    return Judge([rule(when)]).verdicts(Columns.of(frame)).violated(0).tolist()


TEXT = st.sampled_from([None, "", "GB", "gb", "IE", "Gibraltar"])
ROWS = st.lists(
    st.tuples(*[VALUE] * len(naive.COLUMNS), *[TEXT] * len(naive.TEXTS)), min_size=1, max_size=6
)


def framed(rows):
    """Return rows of random values as a table."""
    numbers, texts = dict.fromkeys(naive.COLUMNS, pl.Float64), dict.fromkeys(naive.TEXTS, pl.String)
    return pl.DataFrame(rows, schema={**numbers, **texts}, orient="row", strict=False)


def known(value):
    """Return a value as the plain evaluation knows it: with one kind of missing."""
    return None if isinstance(value, float) and isnan(value) else value


@given(naive.CONDITIONS, ROWS)
def test_conditions_mean_what_sql_says(condition, values):
    """Random conditions hold exactly where a plain evaluation with three truth values says so."""
    text, evaluate = condition
    rows = [
        {name: known(v) for name, v in zip((*naive.COLUMNS, *naive.TEXTS), row, strict=True)}
        for row in values
    ]

    found = judged(text, framed(values))

    assert found == [evaluate(row) is True for row in rows], text


@pytest.mark.parametrize(
    "when",
    [
        "amount > 5",
        "not amount <= 5",
        "amount <> 5",
        "amount * 2 > 5",
        "amount not between 0 and 5",
    ],
)
def test_missing_never_violates(when):
    """A missing amount is above nothing, be it null or NaN, though Polars holds NaN > 5 true."""
    assert holds(when, amount=[None, float("nan"), 6.0]) == [False, False, True]


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("transaction_type in cash", [True, False, False]),
        ("transaction_type not in cash", [False, True, False]),
        ("transaction_type in ('purchase', 'cash_out')", [False, True, False]),
        ("transaction_type = 'withdrawal'", [True, False, False]),
        ("transaction_type like 'with%'", [True, False, False]),
        ("transaction_type like '_urchase'", [False, True, False]),
        ("transaction_type like 'p.rchase'", [False, False, False]),
        ("starts_with(transaction_type, 'pur')", [False, True, False]),
        ("lower(transaction_type) = 'purchase'", [False, True, False]),
        ("transaction_type is null", [False, False, True]),
        ("transaction_type is null or amount > 1", [False, True, True]),
        ("amount in (2, -3)", [False, True, True]),
        ("amount < multiplier - 4", [False, False, True]),
        ("amount % 2 = 0", [False, True, False]),
        ("abs(amount) >= 2", [False, True, True]),
        ("sqrt(amount) is null", [False, False, True]),
        ("ln(amount) is null", [False, False, True]),
        ("round(amount / 1.9) = 1", [True, True, False]),
        ("if(amount > 1, true, false)", [False, True, False]),
        ("(amount > 1) = (transaction_type = 'purchase')", [True, True, False]),
        ("amount > 0 -- a word to the reader", [True, True, False]),
    ],
)  # fmt: skip
def test_words_of_the_language(when, expected):
    """Each word means what SQL says it means."""
    kinds, amounts = ["withdrawal", "purchase", None], [1.0, 2.0, -3.0]

    assert holds(when, transaction_type=kinds, amount=amounts) == expected


REFUSED = [
    ("amount > user_p59", "unknown name 'user_p59'. Did you mean 'user_p95'?", "user_p59"),
    ("AMOUNT > 1", "unknown name 'AMOUNT'. Did you mean 'amount'?", "AMOUNT"),
    ("amount > 'x'", "a text stands beside a number", "'x'"),
    ("country > 'A'", "a text cannot be compared like this", "country"),
    ("hour < amount < 3", "a number stands beside a condition", "3"),
    ("amount", "this is a number, and a condition is needed here", "amount"),
    ("new_device and amount > 1", "this is a number, and a condition is needed here", "new_device"),
    ("amount = null", "a comparison with null is never true", "amount"),
    ("true and null", "null cannot be used here", "true and null"),
    ("is_fraud = 1", "unknown name 'is_fraud'.", "is_fraud"),
    ("timestamp > 1", "unknown name 'timestamp'.", "timestamp"),
    ("x.amount > 1", "this is not allowed in a rule in this form", "x.amount"),
    ("country in cold", "there is no set 'cold'.", "cold"),
    ("amount in cash", "this is a number, and a text is needed here", "amount"),
    ("amount > cash", "cash is a set", "cash"),
    ("amount in (hour, 2)", "'in' needs a list of values or the name of a set", "amount in (hour, 2"),
    ("transaction_type in badly", "no transaction_type is ever 'Cash-Out': types are normalised on reading", "badly"),
    ("transaction_type = 'Top Up'", "no transaction_type is ever 'Top Up': types are normalised on reading", "'Top Up'"),
    ("amount is true", "'is' only asks whether something is missing", "amount"),
    ("country like currency", "'like' needs a text to compare with", "currency"),
    ("amount > 1e999", "1e999 is not a number", "1e999"),
    ("amount >", "this is not an expression near '>'", ">"),
    ("amount > '", "a text or a comment does not end", "amount > '"),
    ("", "an expression is empty", ""),
    ("-- nothing", "an expression is empty", "-- nothing"),
    ("amount > 1; drop table x", "';' ends a statement; a rule is one expression over one row", "; drop table x"),
    ("select 1", "'select' starts a statement; a rule is one expression over one row", "select"),
    ("(select 1) > 0", "a subquery is not allowed in a rule", "1"),
    ("amount in (select 1)", "this is not allowed in a rule in this form", "amount in (select 1"),
    ("exists(select 1)", "a subquery is not allowed in a rule", "1"),
    ("count(*) over () > 1", "a window over other rows is not allowed in a rule", "count(*"),
    ("sum(amount) > 1", "the aggregate sum is not allowed in a rule", "sum(amount"),
    ("read_csv('x') > 1", "the function read_csv is not allowed in a rule", "read_csv('x'"),
    ("amount::int > 1", "this is not allowed in a rule", "amount"),
    ("cast(amount as text) = 'a'", "this is not allowed in a rule", "amount"),
    ("current_timestamp > 1", "this is not allowed in a rule", "current_timestamp > 1"),
    ("round(amount, 2) > 1", "this is not allowed in a rule in this form", "round(amount, 2"),
    ("amount between symmetric 2 and 1", "this is not allowed in a rule in this form", "amount between symmetric 2 and 1"),
    ("@x > 1", "this is not allowed in a rule", "@x > 1"),
    ("* > 1", "this is not allowed in a rule", "*"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message", "place"), REFUSED, ids=[text for text, *_ in REFUSED])
def test_refusals_say_what_and_where(text, message, place):
    """What is not in the language is refused with a message, a hint and the very place."""
    with pytest.raises(ExpressionError) as caught:
        expression(text, SCOPE, "boolean")

    assert caught.value.message == message
    assert text[caught.value.span.start : caught.value.span.end] == place
    assert caught.value.hint


def test_scores_are_numbers():
    """A condition is no score."""
    with pytest.raises(ExpressionError, match="this is a condition, and a number is needed here"):
        expression("amount > 5", SCOPE, "number")


@pytest.mark.parametrize(
    "text",
    [
        "(" * 500 + "amount" + ")" * 500,
        "not " * 400 + "amount > 1",
        "- " * 300 + "1 > amount",
        "1" + "+1" * 300 + " > 1",
        "a" * 3000,
        "case when amount > 1 then " * 60 + "1" + " end" * 60,
    ],
    ids=["brackets", "not", "minus", "words", "letters", "cases"],
)
def test_hostile_expressions_are_refused_at_once(text):
    """Too long or too deep is refused before anything recursive sees it."""
    start = time.perf_counter()

    with pytest.raises(ExpressionError, match=r"nested more than|at most"):
        expression(text, SCOPE, "boolean")

    assert time.perf_counter() - start < 1


MANY_TEXTS = ", ".join(["country", "currency", "channel", "device_id", "user_id"] * 18)


@pytest.mark.parametrize(
    "text",
    [
        "amount" + " + amount" * 198 + " > 1",
        "coalesce(" * 38 + "amount" + ", 1)" * 38 + " > 1",
        "least(" * 38 + "amount" + ", 1)" * 38 + " > 1",
        "(1 / " * 38 + "amount" + ")" * 38 + " > 1",
        "if(" * 18 + "amount" + " between 1 and 2, 1, 2)" * 18 + " > 1",
        "coalesce(" * 38 + "country" + ", currency)" * 38 + " = 'x'",
        f"starts_with(coalesce({MANY_TEXTS}), coalesce({MANY_TEXTS}))",
    ],
    ids=["sum", "coalesce", "least", "quotients", "ranges", "texts", "pairs"],
)
def test_work_grows_with_the_text_and_no_faster(text):
    """The deepest expression that is allowed still takes no time: nothing doubles at each level."""
    start = time.perf_counter()

    holds(text, amount=[1.0, None])

    assert time.perf_counter() - start < 3


def test_reads_names_the_columns():
    """An expression knows which columns it depends on, and parameters are not among them."""
    found = expression("amount > multiplier * user_mean and country = 'IE'", SCOPE, "boolean")

    assert found.reads == {"amount", "user_mean", "country"}


@pytest.mark.parametrize(
    "when",
    [
        "case when 0 is null then amount < 0 else amount > 5 end",
        "not (case when 1 = 2 then false else amount <= 5 end)",
        "if(2 > 1, amount > 5, false)",
    ],
)
def test_a_branch_that_reads_nothing_is_decided_once(when):
    """A condition without a column chooses its branch for every row of the table."""
    assert holds(when, amount=[9.0, 1.0, 7.0]) == [True, False, True]
