"""Rates files: CSV or TOML, and errors that say the line."""

import pytest

from outlay.errors import ConfigError, NotFoundError
from outlay.schema.intake import load_rates


def test_csv_and_toml_say_the_same(tmp_path):
    """A rates file is CSV or TOML, with or without a table ``rates``."""
    texts = {
        "a.csv": "currency,rate\nEUR,1\nusd,0.92\n",
        "b.csv": "Currency;Rate\nEUR;1\n\nUSD;0.92\n",
        "c.toml": "EUR = 1\nUSD = 0.92\n",
        "d.toml": "[rates]\nEUR = 1.0\nUSD = 0.92\n",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)

        assert load_rates(tmp_path / name) == {"EUR": 1.0, "USD": 0.92}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("EUR,1\n", "does not begin with the line 'currency,rate'"),
        ("", "does not begin with the line 'currency,rate'"),
        ("currency,rate\n", "has no rates"),
        ("currency,rate\nEUR,0\n", "line 2: the rate '0' of EUR is not a number above 0"),
        ("currency,rate\nEUR,nan\n", "line 2: the rate 'nan' of EUR is not a number above 0"),
        ("currency,rate\nEUR,one\n", "line 2: the rate 'one' of EUR is not a number above 0"),
        ("currency,rate\nEUR\n", "line 2: 'EUR' has no rate"),
        ("currency,rate\n12,1\n", "line 2: '12' is not a currency code"),
        ("currency,rate\nEUR,1\nEUR,2\n", "line 3: EUR has a rate already"),
    ],
)
def test_a_bad_line_is_named(tmp_path, text, message):
    """What is wrong is said with file, line and value, and how a rates file looks."""
    file = tmp_path / "rates.csv"
    file.write_text(text)

    with pytest.raises(ConfigError) as caught:
        load_rates(file)

    assert message in str(caught.value)
    assert "Hint: a rates file has the line 'currency,rate'" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("EUR = ", "is not TOML"),
        ("rates = 3", "'rates' is not a table"),
        ("EUR = true", "the rate 'True' of EUR is not a number above 0"),
    ],
)
def test_bad_toml_is_named(tmp_path, text, message):
    """A TOML file is checked like a CSV."""
    file = tmp_path / "rates.toml"
    file.write_text(text)

    with pytest.raises(ConfigError, match=message):
        load_rates(file)


def test_a_missing_file_is_not_found(tmp_path):
    """No file, no traceback."""
    with pytest.raises(NotFoundError, match="there is no rates file"):
        load_rates(tmp_path / "rates.csv")


def test_an_unreadable_or_huge_file_is_refused(tmp_path):
    """A folder, another encoding and a large file are no rates."""
    (tmp_path / "latin.csv").write_bytes(b"currency,rate\nEUR,1\n\xff")
    (tmp_path / "huge.csv").write_bytes(b"x" * (2 << 20))

    for name, message in (
        (".", "cannot be read"),
        ("latin.csv", "cannot be read"),
        ("huge.csv", "too large"),
    ):
        with pytest.raises(ConfigError, match=message):
            load_rates(tmp_path / name)
