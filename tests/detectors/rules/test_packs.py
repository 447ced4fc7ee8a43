"""Packs are read whole or refused with everything that is wrong with them, each in its place."""

import time

import pytest

from outlay.detectors.rules import builtin_packs, load_pack
from outlay.detectors.rules.library import MAX_BYTES
from outlay.detectors.rules.problems import Source
from outlay.detectors.rules.reading import read_pack
from outlay.errors import NotFoundError, RuleError

HEAD = 'format = 1\nname = "mine"\nversion = "1.0"\n'
RULE = """
[[rule]]
code = "big"
name = "Big"
when = "amount > 100"
reason = "{amount} is big"
"""


def read(text, **parameters):
    """Read a pack from its text."""
    return read_pack(Source("mine.toml", text), parameters)


def refusal(text):
    """Return the message with which a pack is refused."""
    with pytest.raises(RuleError) as caught:
        read(text)
    return str(caught.value)


def test_a_small_pack_is_read():
    """Three lines of head and one rule are a pack; the rest has defaults that work."""
    pack = read(HEAD + RULE)

    assert (pack.name, pack.version, pack.combine, pack.anomaly_above) == (
        "mine",
        "1.0",
        "mean",
        0.5,
    )
    assert [rule.code for rule in pack.rules] == ["big"]
    assert [band.severity for band in pack.bands] == ["critical", "high", "medium", "low"]


@pytest.mark.parametrize("name", builtin_packs())
def test_shipped_packs_are_sound(name):
    """Every shipped pack loads, says what it is for, and its rules say what would be normal."""
    pack = load_pack(name)

    assert pack.name == name
    assert pack.description
    assert all(rule.normal for rule in pack.in_mode("active"))


def test_every_problem_is_told_at_once_in_the_order_of_the_file():
    """A pack with four mistakes is refused once, each mistake with line, column and caret."""
    text = HEAD + (
        "[parameters]\nlimit_low = 10\n"
        '[[rule]]\ncode = "big"\nname = "Big"\nwhen = "amount > user_p59"\nreason = "{amuont} is big"\n'
        '[[rule]]\ncode = "big"\nname = "Again"\nwhennn = "true"\nwhen = "amount > \'x\'"\nreason = "?"\n'
    )

    assert refusal(text) == (
        "4 problems in rule pack mine.toml\n"
        "\n"
        "mine.toml:9:18: when: unknown name 'user_p59'. Did you mean 'user_p95'?\n"
        '  9 | when = "amount > user_p59"\n'
        "    |                  ^^^^^^^^\n"
        "\n"
        "mine.toml:10:11: reason: unknown name 'amuont' in a text. Did you mean 'amount'?\n"
        '  10 | reason = "{amuont} is big"\n'
        "     |           ^^^^^^^^\n"
        "\n"
        "mine.toml:14:1: unknown key 'whennn'. Did you mean 'when'?\n"
        '  14 | whennn = "true"\n'
        "     | ^^^^^^\n"
        "\n"
        "mine.toml:15:18: when: a text stands beside a number\n"
        "  15 | when = \"amount > 'x'\"\n"
        "     |                  ^^^\n"
        "\n"
        "Hint: \n"
        "  - a rule sees the transaction's columns, the features (outlay features lists them), and "
        "what its pack declares under [parameters], [sets] and [columns]\n"
        "  - write the name of a column, feature or parameter: {amount}, {high_amount:money}\n"
        "  - the keys here are code, name, when, reason, applies, score, severity, normal, mode, "
        "always_alert, group, feeds\n"
        "  - numbers stand without quotes: amount > 5000"
    )


def test_places_are_found_in_texts_of_several_lines():
    """In a condition over three lines the caret stands under the very word, in its own line."""
    text = (
        HEAD
        + '[[rule]]\ncode = "a"\nname = "A"\nwhen = """\namount > 5\n  and hore = 3"""\nreason = "x"\n'
    )

    message = refusal(text)

    assert "mine.toml:9:7: when: unknown name 'hore'. Did you mean 'hour'?" in message
    assert '  9 |   and hore = 3"""\n    |       ^^^^\n' in message


def test_places_survive_comments_arrays_and_long_texts_that_look_like_keys():
    """A key inside a long text, an array over lines or a comment does not mislead the place."""
    text = HEAD + (
        '[sets]\nhome = [\n  "IE", # when = "x"\n  "GB",\n]\n# [[rule]]\n'
        "[[rule]]\ncode = 'a'\nname = '''\nonce\nwhen = \"wrong\"\n'''\nwhen = 'amont > 1'\nreason = 'x'\n"
    )

    assert "mine.toml:16:9: when: unknown name 'amont'" in refusal(text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (HEAD, "a pack has 1 to 500 rules, this one has 0"),
        (RULE, "missing key 'format'"),
        (HEAD.replace("1\n", "2\n", 1) + RULE, "mine.toml:1:1: format: Expected 'int' <= 1"),
        (HEAD.replace("mine", "My Pack") + RULE, "mine.toml:2:1: name: expected lower case letters"),
        (HEAD + RULE.replace('"big"', '"a b"'), "mine.toml:6:1: code: expected letters, digits and _"),
        (HEAD + RULE.replace('name = "Big"\n', ""), "missing key 'name'"),
        (HEAD + RULE + 'mode = "shadwo"\n', "mine.toml:10:1: mode: Invalid enum value 'shadwo'"),
        (HEAD + RULE + "score = 1\n", "mine.toml:10:1: score: Expected 'str | null', got 'int'"),
        (HEAD + RULE + "severity = { high = 2.0 }\n", "mine.toml:10:1: severity: Expected 'float' <= 1"),
        (HEAD + RULE + 'score = "amount > 1"\n', "score: this is a condition, and a number is needed"),
        (HEAD + RULE + 'applies = "amount"\n', "applies: this is a number, and a condition is needed"),
        (HEAD + RULE + RULE, "mine.toml:12:9: two rules have the code 'big'"),
        (HEAD + "[parameters]\namount = 3\n" + RULE, "'amount' under [parameters] already means something"),
        (HEAD + "[parameters]\na = 3\n[sets]\na = []\n" + RULE, "'a' under [sets] already means something"),
        (HEAD + "[columns]\nis_fraud = 'number'\n" + RULE, "'is_fraud' under [columns] already means"),
        (HEAD + "[parameters]\na = inf\n" + RULE, "a is not a finite number"),
        (HEAD + "[parameters]\na = 'x'\n" + RULE, "mine.toml:5:1: a: Expected 'float', got 'str'"),
        (HEAD + "[confidence]\ncombine = 'sum'\n" + RULE, "mine.toml:5:1: combine: Invalid enum value 'sum'"),
        (HEAD + "[confidence]\ncombin = 'max'\n" + RULE, "unknown key 'combin'. Did you mean 'combine'?"),
        (HEAD + "rulez = 3\n" + RULE, "unknown key 'rulez'. Did you mean 'rule'?"),
        (HEAD + "rule = 3\n", "rule is not a list of tables"),
        (HEAD + "rule = [3]\n", "Expected a table, got 'int'"),
        (HEAD + 2 * "[[band]]\nseverity='low'\nat_least=0\naction='x'\n" + RULE, "two bands have the same severity"),
        (HEAD + "x = [1,\n", "this is not TOML: Invalid value"),
        (HEAD + "name = 'again'\n", "mine.toml:4:15: this is not TOML: Cannot overwrite a value"),
        (HEAD + "x = " + "[" * 5000, "this cannot be read as TOML"),
        (HEAD + "x = " + "1" * 5000, "this cannot be read as TOML"),
    ],
)  # fmt: skip
def test_mistakes_in_the_form(text, told):
    """Whatever is wrong with the form of a pack is told in the pack's own words, with a hint."""
    message = refusal(text)

    assert told in message
    assert "\n\nHint: " in message


def test_parameters_from_outside_take_the_place_of_the_packs_own():
    """A given parameter changes the pack and its digest; an unknown one is refused by name."""
    text = HEAD + "[parameters]\nlimit_low = 10\n" + RULE.replace("100", "limit_low")

    assert read(text).scope.parameters == {"limit_low": 10.0}
    assert read(text, limit_low=7).scope.parameters == {"limit_low": 7.0}
    assert read(text, limit_low=7).digest != read(text).digest == read(text).digest
    with pytest.raises(
        RuleError, match=r"no parameter 'limit_lwo'. Did you mean 'limit_low'\?\n\nHint"
    ):
        read(text, limit_lwo=7)
    with pytest.raises(RuleError, match=r"parameter 'limit_low' of rule pack mine\.toml is nan"):
        read(text, limit_low=float("nan"))


def test_packs_may_declare_further_columns_of_the_file():
    """A column of the user's own file can be used once the pack says what it holds."""
    rule = RULE.replace("amount > 100", "shop_risk > 0.5 and vip = false")

    assert "unknown name 'shop_risk'" in refusal(HEAD + rule)
    pack = read(HEAD + "[columns]\nshop_risk = 'number'\nvip = 'boolean'\n" + rule)
    assert pack.rules[0].reads == {"shop_risk", "vip"}


def test_a_file_is_found_by_its_path(tmp_path):
    """A path gives the pack in the file, whatever ends its lines and with a mark at its beginning."""
    path = tmp_path / "mine.toml"
    path.write_bytes(b"\xef\xbb\xbf" + (HEAD + RULE).replace("\n", "\r\n").encode())

    assert load_pack(path).name == "mine"
    assert load_pack(str(path)).digest == read(HEAD + RULE).digest


def test_unknown_packs_are_told_with_the_nearest_name():
    """A misspelt name of a shipped pack names the pack that was meant, and all there are."""
    with pytest.raises(NotFoundError) as caught:
        load_pack("classick")

    assert str(caught.value) == (
        "there is no rule pack 'classick': no such file, and no shipped pack of this name."
        " Did you mean 'classic'?\n\nHint: shipped packs are classic, wallet"
    )


def test_files_that_are_no_text_or_too_long_are_refused(tmp_path):
    """Bytes that are not UTF-8, a folder, and a file of more than a megabyte are refused by name."""
    path = tmp_path / "mine.toml"
    path.write_bytes(b"name = \xff")
    with pytest.raises(RuleError, match=r"is not UTF-8 text: byte 7 is 0xff\n\nHint: save it as"):
        load_pack(path)
    path.write_bytes(b"#" * (MAX_BYTES + 1))
    with pytest.raises(RuleError, match=r"is longer than 1,048,576 bytes\n\nHint"):
        load_pack(path)
    with pytest.raises(NotFoundError, match="no such file"):
        load_pack(tmp_path)


def test_a_pack_at_the_limit_is_refused_quickly():
    """A megabyte of rules, each wrong, neither hangs nor floods."""
    text = HEAD + RULE.replace("amount > 100", "amount > nothing") * 9000
    start = time.perf_counter()

    message = refusal(text[:MAX_BYTES])

    assert "this one has 9000" in message
    assert time.perf_counter() - start < 20


@pytest.mark.parametrize(
    "line",
    ["[" + " " * 900_000, "[a" + " " * 900_000, " " * 900_000, "a" * 900_000, "'" * 900_000],
    ids=["header", "name", "blanks", "word", "quotes"],
)
def test_a_line_of_a_megabyte_does_not_hang(line):
    """Whatever one endless line holds, the pack is refused at once."""
    start = time.perf_counter()

    refusal(HEAD + line)

    assert time.perf_counter() - start < 10
