"""Templates show a row's values in human units, and nothing else."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.detectors.rules.language import ExpressionError
from outlay.detectors.rules.scope import COLUMNS, Scope
from outlay.detectors.rules.template import template
from outlay.detectors.rules.units import (
    FORMATS,
    Wording,
    duration,
    number,
    tenths,
    text,
    time_of_day,
    written,
)
from outlay.detectors.rules.units_of_columns import all_written
from outlay.schema.writing import joined

SCOPE = Scope(parameters={"limit": 5000.0, "from": 6.0})


def filled(words, wording=None, **row):
    """Return a template filled with a row's values and the parameters."""
    return template(words, SCOPE).fill({**SCOPE.parameters, **row}, wording or Wording())


@pytest.mark.parametrize(
    ("words", "row", "expected"),
    [
        ("{amount} paid", {"amount": 4200.0}, "4,200 EUR paid"),
        ("{user_p95}", {"user_p95": 9.5}, "9.50 EUR"),
        ("{limit}, {limit:money}", {}, "5,000, 5,000 EUR"),
        ("from {from:hour} to {from:hour_end}", {}, "from 06:00 to 06:59"),
        ("{hour} ({time_of_day})", {"hour": 3.0}, "03:00 (very late night or early morning)"),
        ("{amount_ratio_p95}", {"amount_ratio_p95": 3.21}, "3.2 ×"),
        ("{amount_share_below}", {"amount_share_below": 0.997}, "99.7 %"),
        ("{weekday}", {"weekday": 6.0}, "Sunday"),
        ("{seconds_since_last}", {"seconds_since_last": 7300.0}, "2 hours"),
        ("{days_since_last_transaction}", {"days_since_last_transaction": 1.0}, "1 day"),
        ("{count_1h}", {"count_1h": 1234.0}, "1,234"),
        ("{history}", {"prior_count": 87.0}, "87 earlier payments"),
        ("{history}", {"prior_count": 1.0}, "1 earlier payment"),
        ("{country}", {"country": None}, "unknown"),
        ("{user_mean}", {"user_mean": math.nan}, "unknown"),
        ("{amount_ratio_mean}", {"amount_ratio_mean": math.inf}, "infinitely many"),
        ("plain", {}, "plain"),
    ],
)  # fmt: skip
def test_values_are_written_in_their_unit(words, row, expected):
    """Each value is written as its unit in the catalogue, or the template's format, asks."""
    assert filled(words, Wording("EUR"), **row) == expected


def test_the_currency_is_never_assumed():
    """Without a currency an amount has none; with one it has that one."""
    assert filled("{amount}", amount=4200.0) == "4,200"
    assert filled("{amount}", Wording("INR"), amount=4200.0) == "4,200 INR"


def test_the_reading_of_history_is_named():
    """What the whole file says is not called earlier."""
    assert (
        filled("{history}", Wording(history="full"), prior_count=20.0) == "20 payments in the file"
    )


@pytest.mark.parametrize(
    ("words", "message", "place"),
    [
        ("{amuont} x", "unknown name 'amuont' in a text. Did you mean 'amount'?", "{amuont}"),
        ("a {amount.__class__}", "unknown name 'amount.__class__' in a text. Did you mean 'amount_log'?", "{amount.__class__}"),
        ("{is_fraud}", "unknown name 'is_fraud' in a text.", "{is_fraud}"),
        ("{}", "unknown name '' in a text.", "{}"),
        ("{amount", "a lone '{' in a text", "{"),
        ("amount}", "a lone '}' in a text", "}"),
        ("{amount:mony}", "amount cannot be written as 'mony'. Did you mean 'money'?", "{amount:mony}"),
        ("{amount:text}", "amount cannot be written as 'text'.", "{amount:text}"),
        ("{country:money}", "country cannot be written as 'money'.", "{country:money}"),
        ("a" * 501, "a text has 501 characters, at most 500 are allowed", "a" * 501),
    ],
)  # fmt: skip
def test_templates_are_checked_when_loaded(words, message, place):
    """A placeholder that cannot be filled is refused in its place."""
    with pytest.raises(ExpressionError) as caught:
        template(words, SCOPE)

    assert caught.value.message == message
    assert words[caught.value.span.start : caught.value.span.end] == place


def test_texts_of_the_file_cannot_break_out():
    """Escape sequences, line breaks and turned writing from a file become plain marks; long is cut."""
    assert text("\x1b[31mred\n\u202e") == "\ufffd[31mred\ufffd\ufffd"
    assert len(text("x" * 10_000_000)) == 60


@pytest.mark.parametrize(
    ("hour", "name"),
    [
        (0, "very late night or early morning"), (4, "very late night or early morning"),
        (5, "early morning"), (6, "early morning"), (7, "morning"), (11, "morning"),
        (12, "afternoon"), (17, "afternoon"), (18, "evening"), (21, "evening"),
        (22, "late evening"), (23, "late evening"),
    ],
)  # fmt: skip
def test_hours_have_names(hour, name):
    """Each hour is called what people call it, up to its last minute."""
    assert time_of_day(hour) == name


@given(st.sampled_from(sorted(COLUMNS)), st.one_of(st.none(), st.floats()), st.sampled_from(sorted(FORMATS)))  # fmt: skip
def test_any_number_can_be_written(name, value, form):
    """No value of a number makes a text fail, whatever the format."""
    assert isinstance(written(value, form, Wording()), str), name


def test_durations_take_their_largest_unit():
    """Seconds are told as people tell them."""
    assert [duration(s) for s in (1, 59, 60, 3600, 86_400, 86_400 * 45)] == [
        "1 second", "59 seconds", "1 minute", "1 hour", "1 day", "45 days",
    ]  # fmt: skip


AMOUNTS = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True),
    st.sampled_from([-0.0, 0.0, 99.995, 100.0, 0.5, -100.0, 1e15]),
    st.integers(-10_000, 10_000).map(float),
)


WORDINGS = [Wording(), Wording("EUR"), Wording("EUR", "full")]


@given(st.lists(AMOUNTS, min_size=1, max_size=40), st.sampled_from(WORDINGS))
def test_columns_are_written_as_each_value_is(values, wording):
    """A column of values in a format reads as every value written alone."""
    for form in FORMATS:
        alone = [written(value, form, wording) for value in values]
        told = joined(all_written(np.array(values), form, wording), len(values))
        assert told.to_list() == alone


@given(st.floats(-1e9, 1e9))
def test_tenths_are_numbers_rounded_to_one_digit(value):
    """The short way to write one digit after the point is the long way."""
    assert tenths(value) == number(round(value, 1))
