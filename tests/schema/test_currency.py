"""Currencies: taken from the data or a setting, never guessed, brought to one."""

import polars as pl
import pytest

from outlay.errors import ConfigError, CurrencyError
from outlay.schema.intake import Intake, Raw, accept
from tests.schema.tables import amounts, column, reasons, settings, take

RATES = {"EUR": 1.0, "USD": 0.5, "GBP": 2.0}


def test_one_currency_needs_no_rates():
    """A column of one currency gives the amounts' currency, in any spelling."""
    accepted = take({"currency": ["eur", " EUR", "€"]})

    assert accepted.currency == "EUR"
    assert column(accepted, "currency") == ["EUR", "EUR", "EUR"]
    assert "amount_original" not in accepted.transactions.columns


def test_an_empty_column_of_currencies_is_kept():
    """A column without a single currency says nothing, and still stands in the result."""
    accepted = take({"currency": [None, ""]})

    assert accepted.currency is None
    assert column(accepted, "currency") == [None, None]


def test_nothing_is_assumed():
    """Where nobody names a currency there is none, unless a setting gives it."""
    assert amounts(5).currency is None
    assert amounts(5, currency="inr").currency == "INR"


def test_several_currencies_without_rates_stop_the_run():
    """The error counts the rows of each currency and shows how to write the rates."""
    with pytest.raises(CurrencyError) as caught:
        take({"currency": ["USD", "EUR", "USD", "GBP"]})

    assert str(caught.value) == (
        "the amounts are in USD (2 rows), EUR (1 row), GBP (1 row), and there are no rates to "
        "bring them to USD.\n\nHint: give the rates in a file, --currency USD --rates rates.csv, "
        "where rates.csv has the lines\ncurrency,rate\nUSD,1\nEUR,(what one EUR is in USD)"
    )


def test_rates_bring_all_to_one_currency():
    """Amounts are converted to the base of the rates; what they were stays beside them."""
    accepted = take({"amount": [10, 20, 30], "currency": ["EUR", "USD", "GBP"]}, rates=RATES)

    assert column(accepted, "amount") == [10.0, 10.0, 60.0]
    assert column(accepted, "amount_original") == [10.0, 20.0, 30.0]
    assert column(accepted, "currency") == ["EUR", "USD", "GBP"]
    assert accepted.currency == "EUR"
    assert any(
        note.startswith("2 amounts converted to EUR (1 GBP = 2 EUR, 1 USD = 0.5 EUR)")
        for note in accepted.notes
    )


def test_the_setting_chooses_the_currency_to_count_in():
    """With ``currency = USD`` rates are taken in proportion, whatever their base."""
    accepted = take({"amount": [10, 20], "currency": ["EUR", "USD"]}, rates=RATES, currency="USD")

    assert column(accepted, "amount") == [20.0, 20.0]
    assert accepted.currency == "USD"


def test_a_currency_without_a_rate_is_named():
    """The error says which currency has no rate and which have."""
    with pytest.raises(
        CurrencyError, match=r"have none for JPY: .*JPY \(1 row\).* have EUR, GBP, USD\."
    ):
        take({"currency": ["EUR", "JPY"]}, rates=RATES)


def test_rates_without_a_base_ask_for_one():
    """If no rate is 1, or several are, the setting must say in which currency to count."""
    with pytest.raises(CurrencyError, match="--currency EUR"):
        take({"currency": ["EUR", "USD"]}, rates={"EUR": 1, "USD": 1})


def test_another_currency_than_asked_for_is_not_passed_off():
    """Amounts in USD are not called EUR because a setting says EUR."""
    with pytest.raises(
        CurrencyError, match=r"in USD \(2 rows\), and there are no rates to bring them to EUR"
    ):
        take({"currency": ["USD", "USD"]}, currency="EUR")


def test_signs_beside_the_amounts_are_currencies():
    """``£20`` is 20 pounds where no column says otherwise; bare amounts beside it are pounds too."""
    accepted = amounts("£20", "30")

    assert accepted.currency == "GBP"
    assert column(accepted, "currency") == ["GBP", "GBP"]
    assert "1 row without a currency: taken as GBP, the only one there is" in accepted.notes


def test_a_sign_of_many_currencies_is_not_guessed():
    """``$5`` is rejected until somebody says whose dollars these are."""
    accepted = amounts("$5", "7")

    assert reasons(accepted) == {
        1: "currency is unknown: '$' can mean USD, CAD, AUD, NZD ... say which with --currency"
    }
    assert column(amounts("$5", "7", currency="CAD"), "amount") == [5.0, 7.0]
    assert column(amounts("US$5", "7"), "currency") == ["USD", "USD"]


def test_a_sign_must_agree_with_the_column():
    """``£5`` in a row whose currency is EUR is rejected, ``$5`` in one of USD is not."""
    accepted = take({"amount": ["£5", "$5", "5"], "currency": ["EUR", "USD", "USD"]})

    assert reasons(accepted) == {1: "currency 'EUR' disagrees with the '£' beside the amount"}
    assert accepted.currency == "USD"


def test_what_is_no_currency_is_rejected():
    """A word that is no code is rejected in its row and does not stop the run."""
    accepted = take({"currency": ["EUR", "Euro", "EUR", None]})

    assert reasons(accepted) == {2: "currency 'Euro' is not a currency code (EUR, USD, ...)"}
    assert column(accepted, "currency") == ["EUR", "EUR", "EUR"]


def test_a_code_that_iso_does_not_know_can_be_the_only_one():
    """Points and coins are a currency where the whole column or the rates say so."""
    assert take({"currency": ["PTS", "pts"]}).currency == "PTS"
    mixed = take({"amount": [1, 2], "currency": ["EUR", "BTC"]}, rates={"EUR": 1, "BTC": 50_000})

    assert column(mixed, "amount") == [1.0, 100_000.0]


def test_a_missing_currency_among_several_is_rejected():
    """Nobody can tell what a bare amount is in when the file has several currencies."""
    accepted = take({"currency": ["EUR", "USD", None]}, rates=RATES)

    assert reasons(accepted) == {3: "currency is missing, and the input has several currencies"}


def test_rejected_rows_do_not_count_as_a_currency():
    """One broken row in another currency does not ask for rates."""
    assert take({"amount": ["5", "x"], "currency": ["EUR", "USD"]}).currency == "EUR"


def test_an_amount_too_large_once_converted_is_rejected():
    """The bound of 1e15 holds in the currency that counts."""
    accepted = take({"amount": [9e14, 5.0], "currency": ["GBP", "EUR"]}, rates=RATES)

    assert reasons(accepted) == {1: "amount '900000000000000.0' is more than 1e15 once converted"}


def test_the_name_of_a_column_can_say_the_currency():
    """``amount_usd`` is an amount in USD, and the notes say that this was taken from the name."""
    accepted = take({"Amount (INR)": [5.0], "amount": [1.0]}, columns={"amount": "Amount (INR)"})

    assert accepted.currency == "INR"
    assert "amounts are in INR, as the column 'Amount (INR)' says" in accepted.notes


def test_an_amount_with_its_currency_in_the_name_is_found():
    """``TX_AMOUNT_EUR`` is the amount, without being told."""
    frame = pl.DataFrame({"user_id": ["U"], "TX_AMOUNT_EUR": [5], "date": ["2024-01-01"]})
    accepted = accept(Raw.of(frame), settings())

    assert accepted.mapping["amount"] == "TX_AMOUNT_EUR"
    assert column(accepted, "currency") == ["EUR"]


@pytest.mark.parametrize("currency", ["$", "euros!", "", "E"])
def test_a_setting_that_names_no_currency_is_refused(currency):
    """``currency = "$"`` can be several, ``"euros!"`` is none: both are errors at once."""
    with pytest.raises(ConfigError, match="does not name one currency"):
        Intake(currency=currency)


def test_a_sign_that_means_one_currency_can_be_the_setting():
    """``currency = "£"`` is GBP."""
    assert Intake(currency="£").currency == "GBP"
