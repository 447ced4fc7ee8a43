"""Rule bases: what can be said, and what an error says back."""

import re

import pytest

from outlay.detectors.fuzzy.language import All, Any, Is, clauses, count_clauses, parse
from outlay.detectors.fuzzy.rulebase import built_in, load, read
from outlay.errors import ConfigError, RuleError

NAMES = ("amount", "time", "velocity", "novelty")
TERMS = {"amount": {"large": 0, "usual": 0}, "time": {"odd": 0}}
SMALL = """
[inputs.amount]
large = [0.5, 0.8, 1, 1]
[risk]
low = [0, 0, 0.4]
high = [0.5, 1, 1]
[categories]
medium = 0.3
high = 0.6
[[rules]]
name = "big"
when = "amount is large"
risk = "high"
"""


def broken(old, new):
    """Return the small rule base with one thing changed."""
    assert old in SMALL
    return SMALL.replace(old, new, 1)


def test_and_binds_tighter_than_or():
    """``a or b and c`` is ``a or (b and c)``."""
    text = "amount is large or amount is usual and time is odd"

    assert parse(text, TERMS, "rule 1") == Any(
        (Is("amount", "large"), All((Is("amount", "usual"), Is("time", "odd"))))
    )


def test_not_moves_down_to_the_statements():
    """``not (a and not b)`` is ``not a or b``."""
    text = "not (amount is large and not time is odd)"

    assert parse(text, TERMS, "rule 1") == Any((Is("amount", "large", True), Is("time", "odd")))  # noqa: FBT003


def test_is_not_is_not():
    """``amount is not large`` is ``not amount is large``."""
    assert parse("amount is not large", TERMS, "r") == parse("not amount is large", TERMS, "r")


def test_clauses_are_the_alternatives():
    """(a or b) and (a or c) has four alternatives, counted without making them."""
    condition = parse(
        "(amount is large or amount is usual) and (amount is large or time is odd)", TERMS, "rule 1"
    )

    assert len(clauses(condition)) == count_clauses(condition) == 4


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "amountt is large",
            "'amountt' is no variable; there is amount, time. Did you mean 'amount'?",
        ),
        (
            "amount is largge",
            "'largge' is no term of 'amount'; there is large, usual. Did you mean",
        ),
        ("amount large", "has 'large' where 'is' should be"),
        ("(amount is large", "has the end where ')' should be"),
        ("amount is large time is odd", "does not go on with 'time'"),
        ("amount is large and", "a variable is missing"),
        ("", "a variable is missing"),
        ("__import__('os')", "'__import__' is no variable"),
        ("not " * 30 + "amount is large", "is nested too deeply"),
        ("amount is large or " * 30 + "time is odd", "is longer than 500 characters"),
        (
            " and ".join(["(amount is large or time is odd)"] * 10),
            "has too many alternatives",
        ),
    ],
)
def test_a_condition_that_cannot_be_read(text, says):
    """The error names the rule, the word, the column and what there is instead."""
    with pytest.raises(RuleError, match=re.escape(says)) as error:
        parse(text, TERMS, "mine.toml: rule 3")
    assert str(error.value).startswith("mine.toml: rule 3: the condition")
    assert re.search(r"\(column \d+\)\.\n\nHint: ", str(error.value))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[inputs", "is not valid TOML"),
        ("", "the section 'inputs' is missing"),
        (broken("[inputs.amount]", "[inputs.amuont]"), "'amuont' is no input of a fuzzy rule base. Did you mean 'amount'?"),
        (broken("[risk]", "[rsik]"), "'rsik' is no section of a fuzzy rule base. Did you mean 'risk'?"),
        (broken("[0.5, 0.8, 1, 1]", "[0.5, 0.8]"), "inputs.amount.large is [0.5, 0.8], which is no"),
        (broken("[0.5, 0.8, 1, 1]", "[0.8, 0.5, 1]"), "which is no triangle or trapezoid"),
        (broken("[0.5, 0.8, 1, 1]", "[0.5, 0.8, 2]"), "Hint: give 3 or 4 numbers from 0 to 1"),
        (broken("[0.5, 0.8, 1, 1]", "[0.5, nan, 1]"), "which is no triangle or trapezoid"),
        (broken("[0.5, 0.8, 1, 1]", "[true, 1, 1]"), "which is no triangle or trapezoid"),
        (broken("[0.5, 0.8, 1, 1]", "'wide'"), "which is no triangle or trapezoid"),
        (broken("high = 0.6", "high = 0.2"), "medium is 0.3, high is 0.2"),
        (broken("medium = 0.3", "medum = 0.3"), "'medum' is no category of a fuzzy rule base. Did you mean 'medium'?"),
        (broken('risk = "high"', 'risk = "hihg"'), "rule 1: 'hihg' is no term of the risk. Did you mean 'high'?"),
        (broken('risk = "high"', "risk = 3"), "rule 1: risk is 3"),
        (broken('name = "big"\n', ""), "rule 1: the key 'name' is missing"),
        (broken("when =", "wen ="), "rule 1: 'wen' is no key of a fuzzy rule base. Did you mean 'when'?"),
        (broken("high = 0.6", "high = 0.6\nlow = 0.1"), "'low' is no category"),
        ("rules = 3\n" + SMALL[: SMALL.index("[[rules]]")], "rules is not a list of 1 to 100 rules"),
        (SMALL + SMALL[SMALL.index("[[rules]]") :], "two rules are called 'big'"),
        ("x = " + "[" * 5000, "is not valid TOML"),
    ],
)  # fmt: skip
def test_a_rule_base_that_does_not_hold(text, says):
    """The error says what is wrong, where, the nearest name, and what to do."""
    with pytest.raises(RuleError, match=re.escape(says)) as error:
        load(text, NAMES, "mine.toml")
    assert str(error.value).startswith("mine.toml")
    assert "\n\nHint: " in str(error.value)


def test_the_small_rule_base_holds():
    """The example that the others break is sound."""
    base = load(SMALL, NAMES)

    assert base.inputs["amount"]["large"] == (0.5, 0.8, 1.0, 1.0)
    assert base.risk["low"] == (0.0, 0.0, 0.0, 0.4)
    assert [rule.name for rule in base.rules] == ["big"]


def test_the_built_in_rules_are_about_a_dozen():
    """All four inputs are judged, by about a dozen rules, with three grades of risk."""
    base = load(built_in(), NAMES)

    assert tuple(base.inputs) == NAMES
    assert tuple(base.risk) == ("low", "medium", "high")
    assert 10 <= len(base.rules) <= 16


def test_a_file_that_is_not_there(tmp_path):
    """The error names the path."""
    with pytest.raises(ConfigError, match=r"none\.toml cannot be read: No such file"):
        read(tmp_path / "none.toml")


def test_a_file_that_is_too_large(tmp_path):
    """A rule base is a small text; anything else is refused before it is parsed."""
    path = tmp_path / "large.toml"
    path.write_text("#" * 300_000)
    with pytest.raises(RuleError, match="is larger than"):
        read(path)


def test_a_file_that_is_not_text(tmp_path):
    """Bytes that are not UTF-8 are named as such."""
    path = tmp_path / "binary.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(RuleError, match="is not UTF-8"):
        read(path)
