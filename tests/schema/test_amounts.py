"""Amounts: read where they mean one thing only, rejected with the reason where not."""

import polars as pl
import pytest

from outlay.errors import InputError
from tests.schema.tables import amounts, column, reasons, take


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12.0),
        ("12.5", 12.5),
        (" 7 ", 7.0),
        ("+7", 7.0),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("-0", 0.0),
        ("0", 0.0),
        ("1,234.50", 1234.5),
        ("1,234,567", 1234567.0),
        ("12,34,567.80", 1234567.8),
        ("1'234.50", 1234.5),
        ("1 234.50", 1234.5),
        ("1\u00a0234.50", 1234.5),
        ("1 234 567", 1234567.0),
        ("£20", 20.0),
        ("20 EUR", 20.0),
        ("EUR20.50", 20.5),
        ("₹1,23,456.78", 123456.78),
        ("€ 1,234.50", 1234.5),
    ],
)
def test_one_meaning_is_read(text, value):
    """An amount that can mean one number only is that number."""
    assert column(amounts(text, "3"), "amount")[0] == value


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("-5", "amount '-5' is negative (--negative refund keeps such rows as refunds)"),
        ("(5.00)", "amount '(5.00)' is negative (--negative refund keeps such rows as refunds)"),
        ("5-", "amount '5-' is negative (--negative refund keeps such rows as refunds)"),
        ("\u22125", "amount '\u22125' is negative (--negative refund keeps such rows as refunds)"),
        ("£-5", "amount '£-5' is negative (--negative refund keeps such rows as refunds)"),
        ("nan", "amount 'nan' is not a finite number"),
        ("inf", "amount 'inf' is not a finite number"),
        ("-inf", "amount '-inf' is not a finite number"),
        ("1e400", "amount '1e400' is not a finite number"),
        ("1e16", "amount '1e16' is more than 1e15"),
        ("", "amount is missing"),
        ("  ", "amount is missing"),
        (None, "amount is missing"),
        ("text", "amount 'text' is not a number"),
        ("12 apples 3", "amount '12 apples 3' is not a number"),
        ("--5", "amount '--5' is not a number"),
        ("(-5)", "amount '(-5)' is not a number"),
        ("(5", "amount '(5' is not a number"),
        ("1_000", "amount '1_000' is not a number"),
        ("1,23", None),
        ("0x10", "amount '0x10' is not a number"),
        ("12,3456.7", "amount '12,3456.7' is not a number"),
        ("1.2.3", "amount '1.2.3' is not a number"),
        ("€5€", "amount '€5€' is not a number"),
        ("١٢", "amount '١٢' is not a number"),
    ],
)
def test_the_rest_is_rejected_with_its_reason(text, reason):
    """An amount that is no number, or none that a payment can have, is rejected and says why."""
    accepted = amounts(text, "3.25")

    if reason is None:
        reason = (
            f"amount {text!r} has a decimal comma, while others in the column have a decimal point"
        )
    assert reasons(accepted) == {1: reason}
    assert column(accepted, "row_number") == [2]


def test_numbers_are_judged_like_texts():
    """NaN, infinities, nulls and negative numbers of a Parquet column are rejected too."""
    accepted = amounts(1.0, float("nan"), float("inf"), None, -3.0, 2e15)

    assert list(reasons(accepted)) == [2, 3, 4, 5, 6]
    assert reasons(accepted)[3] == "amount 'inf' is not a finite number"
    assert reasons(accepted)[4] == "amount is missing"


@pytest.mark.parametrize("dtype", [pl.Int8, pl.UInt64, pl.Float32, pl.Decimal(10, 2)])
def test_every_numeric_type_is_an_amount(dtype):
    """Integers, decimals and floats are amounts as they are."""
    accepted = take({"amount": pl.Series([1, 2], dtype=pl.Int64).cast(dtype)})

    assert column(accepted, "amount") == [1.0, 2.0]


def test_a_column_of_another_type_is_no_amount():
    """A column of truths holds no amounts: every row says so, and so does the error."""
    with pytest.raises(InputError, match=r"amount is not a number \(2 rows\)"):
        amounts(*[True, False])


def test_decimal_commas_are_read_where_the_whole_column_has_them():
    """In a column with decimal commas, points group thousands, also in numbers that look plain."""
    accepted = amounts("12,50", "1.234,50", "1.234", "1.234.567,8", "100", "1,234", "0,5")

    assert column(accepted, "amount") == [12.5, 1234.5, 1234.0, 1234567.8, 100.0, 1.234, 0.5]
    assert any("with a decimal comma" in note for note in accepted.notes)


def test_decimal_commas_among_decimal_points_are_rejected():
    """A column cannot have both decimal signs: the commas' rows are rejected."""
    accepted = amounts("12.50", "12,50", "1.234,50", "1,234", "7")

    assert column(accepted, "amount") == [12.5, 7.0]
    assert "has a decimal comma, while others" in reasons(accepted)[2]
    assert "has a decimal comma, while others" in reasons(accepted)[3]
    assert "can mean a thousand times more or less" in reasons(accepted)[4]


def test_a_lone_comma_is_not_guessed():
    """``1,234`` in a column that decides nothing is 1234 or 1.234, so it is rejected."""
    accepted = amounts("1,234", "5", "7")

    assert reasons(accepted) == {
        1: "amount '1,234' can mean a thousand times more or less: its comma may group or be the "
        "decimal sign"
    }


def test_a_lone_comma_groups_where_points_are_decimal():
    """``1,234`` beside ``5.25`` is 1234, and the notes say so."""
    accepted = amounts("1,234", "5.25")

    assert column(accepted, "amount") == [1234.0, 5.25]
    assert "1 amount with thousands separators: '1,234' is read as 1,234" in accepted.notes


def test_whole_numbers_grouped_throughout_are_read():
    """Ten numbers like ``1,234`` beside small whole ones, and none ungrouped, are thousands."""
    grouped = [f"{n},000" for n in range(1, 11)]

    assert column(amounts("500", *grouped), "amount") == [
        500.0,
        *(1000.0 * n for n in range(1, 11)),
    ]
    assert len(reasons(amounts("500", *grouped, "12000"))) == 10
    assert len(reasons(amounts("500", *grouped[:9]))) == 9


def test_harmless_changes_are_counted_in_the_notes():
    """Separators, currencies and brackets are told with their number and an example."""
    accepted = amounts("1,234.50", "£20", "£30", "(4)", "5", negative="refund")

    assert "1 amount with thousands separators: '1,234.50' is read as 1,234.5" in accepted.notes
    assert "2 amounts with a currency beside the number: '£20' is read as 20" in accepted.notes
    assert "1 amount in brackets, which is negative: '(4)' is read as -4" in accepted.notes


def test_refunds_are_kept_when_asked_for():
    """With ``negative = "refund"`` a negative amount stays, positive, of the type refund."""
    accepted = take(
        {"amount": ["-5", "7", "-0"], "transaction_type": ["Buy", "Buy", "Buy"]}, negative="refund"
    )

    assert column(accepted, "amount") == [5.0, 7.0, 0.0]
    assert column(accepted, "transaction_type") == ["refund", "buy", "buy"]
    assert (
        "1 negative amount kept, without the minus, as payments of the type 'refund'"
        in accepted.notes
    )


def test_refunds_have_a_type_where_the_input_has_none():
    """Without a column of types the refunds still say what they are."""
    accepted = amounts(-5.0, 7.0, negative="refund")

    assert column(accepted, "transaction_type") == ["refund", "unknown"]


def test_no_zero_has_a_sign():
    """Minus zero is zero, so that no later comparison or text can tell them apart."""
    values = column(amounts(-0.0, "-0.00"), "amount")

    assert [str(value) for value in values] == ["0.0", "0.0"]
