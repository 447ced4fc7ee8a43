"""Which column is which: exact names win, usual names are found, nothing is mapped twice."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.errors import ConfigError, MissingColumnsError
from outlay.schema.columns import OPTIONAL, REQUIRED
from outlay.schema.intake import Intake, Part, Raw, accept
from outlay.schema.intake.mapping import currency_in, map_columns
from outlay.schema.intake.synonyms import SYNONYMS, bare
from tests.schema.tables import column, settings, take


@pytest.mark.parametrize(
    ("columns", "mapping"),
    [
        (
            "TRANSACTION_ID TX_DATETIME CUSTOMER_ID TERMINAL_ID TX_AMOUNT TX_FRAUD",
            "CUSTOMER_ID TX_AMOUNT TX_DATETIME TRANSACTION_ID TERMINAL_ID TX_FRAUD",
        ),
        (
            "type amount nameOrig nameDest isFraud date",
            "nameOrig amount date type nameDest isFraud",
        ),
        (
            "trans_date_trans_time cc_num merchant category amt trans_num is_fraud",
            "cc_num amt trans_date_trans_time trans_num category merchant is_fraud",
        ),
        (
            "Date|Account Number|Value|Payee|Currency Code",
            "Account Number|Value|Date|Payee|Currency Code",
        ),
        ("sender_account created_at Amount label", "sender_account Amount created_at label"),
    ],
)
def test_usual_names_are_found(columns, mapping):
    """The columns of well-known files are mapped by themselves."""
    mark = "|" if "|" in columns else " "
    found, notes = map_columns(columns.split(mark), {}, "t.csv")

    assert list(found.values()) == mapping.split(mark)
    assert notes == []


def test_the_exact_name_wins():
    """A column called ``user_id`` is the user, whatever else looks like one."""
    found, notes = map_columns(["customer_id", "user_id", "amount", "timestamp", "date"], {}, "t")

    assert found["user_id"] == "user_id"
    assert found["timestamp"] == "timestamp"
    assert notes == []


def test_a_choice_among_several_is_said():
    """Of several usual names the likeliest is taken, of equals the leftmost, and it is said."""
    found, notes = map_columns(["account_id", "customer_id", "Amount", "DATE", "date"], {}, "t")

    assert found == {"user_id": "customer_id", "amount": "Amount", "timestamp": "DATE"}
    assert notes == [
        "user_id is taken from 'customer_id'; 'account_id' could be meant too (--map user_id=COLUMN)",
        "timestamp is taken from 'DATE'; 'date' could be meant too (--map timestamp=COLUMN)",
    ]


def test_the_caller_wins():
    """``--map`` beats every name, and frees the column it passes over."""
    found, _ = map_columns(["user_id", "owner", "amount", "date"], {"user_id": "owner"}, "t")

    assert found["user_id"] == "owner"


def test_a_column_that_the_caller_took_is_not_taken_again():
    """If the merchant is the user, it is not the counterparty as well."""
    found, _ = map_columns(["merchant", "amount", "date"], {"user_id": "merchant"}, "t")

    assert found == {"user_id": "merchant", "amount": "amount", "timestamp": "date"}


def test_a_column_can_be_declared_not_there():
    """An empty override keeps a name from being mapped."""
    found, _ = map_columns(["user_id", "amount", "date", "label"], {"is_fraud": ""}, "t")

    assert "is_fraud" not in found


def test_missing_columns_name_what_there_is():
    """The error lists the columns, names the nearest, and shows the option to write."""
    with pytest.raises(MissingColumnsError) as caught:
        map_columns(["usr", "amont", "when", "x y"], {}, "t.csv")

    assert str(caught.value) == (
        "no column for user_id, amount, timestamp in t.csv: it has 'usr', 'amont', 'when', 'x y'. "
        "Nearest to user_id: 'usr'. Nearest to amount: 'amont'.\n\nHint: say which columns these "
        "are: --map user_id=usr --map amount=amont --map timestamp=COLUMN"
    )


def test_a_file_without_column_names_is_recognised():
    """If the first line looks like data, the error says so."""
    with pytest.raises(MissingColumnsError, match="does the file lack its line of column names"):
        map_columns(["T1", "U1", "5.00", "2024-01-01"], {}, "t.csv")


def test_many_columns_are_not_all_listed():
    """A table of a thousand columns gives a message that can be read."""
    with pytest.raises(MissingColumnsError, match="and 970 more"):
        map_columns([f"x{i}" for i in range(1000)], {}, "t.csv")


def test_an_override_must_name_a_column():
    """A column that is not there is an error with the nearest."""
    with pytest.raises(
        MissingColumnsError,
        match=r"no column 'ownr' for user_id in t: it has 'owner'[^?]*--map user_id=owner",
    ):
        map_columns(["owner", "amount", "date"], {"user_id": "ownr"}, "t")


def test_an_override_must_be_of_a_known_name():
    """A canonical name that does not exist is an error with the nearest."""
    with pytest.raises(
        ConfigError, match=r"'user' is not a column that can be mapped. Did you mean 'user_id'"
    ):
        Intake(columns={"user": "x"})


def test_an_override_cannot_map_a_column_twice():
    """One column cannot be user and counterparty."""
    with pytest.raises(ConfigError, match="'x' is mapped twice: to user_id and to counterparty_id"):
        Intake(columns={"user_id": "x", "counterparty_id": "x"})


def test_a_file_that_lacks_a_required_column_is_named():
    """Of several files, the one without the column is named with what it has."""
    frame = pl.DataFrame({"user_id": ["a", "b"], "amount": [1, 2], "date": ["2024-01-01", None]})
    whole = Raw.of(frame)
    parts = (
        Part("a.csv", ("user_id", "amount", "date"), 1),
        Part("b.csv", ("user_id", "amount"), 1),
    )
    raw = Raw(whole.frame, whole.row_number, whole.rejected, 2, parts)

    with pytest.raises(
        MissingColumnsError,
        match=r"b.csv has no column for timestamp \('date'\), which the other files have; it has 'user_id', 'amount'",
    ):
        accept(raw, settings())


def test_synonyms_mean_one_thing():
    """No name stands for two columns, and each is written as it is compared."""
    names = [name for synonyms in SYNONYMS.values() for name in synonyms]

    assert len(names) == len(set(names))
    assert all(bare(name) == name for name in names)
    assert set(SYNONYMS) == set(REQUIRED + OPTIONAL)


@given(st.lists(st.sampled_from([n for s in SYNONYMS.values() for n in s]), unique=True))
def test_no_column_is_mapped_twice(columns):
    """Whatever usual names meet, each column is one thing, the same in every run."""
    try:
        found, notes = map_columns(columns, {}, "t")
    except MissingColumnsError:
        return

    assert len(set(found.values())) == len(found)
    assert (found, notes) == map_columns(columns, {}, "t")


def test_currencies_in_names():
    """A currency at the end of an amount's name is found, other endings are not currencies."""
    assert currency_in("amount_usd") == "USD"
    assert currency_in("amount") is None
    assert currency_in("discount_usd") is None


def test_a_renamed_column_stands_twice():
    """The input's column stays as it was; the canonical one stands beside it, in front."""
    accepted = take({"user_id": ["U"], "merchant": [" M "], "note": ["n"]})

    assert accepted.transactions.columns == [
        *("row_number", "transaction_id", "user_id", "amount", "timestamp"),
        *("counterparty_id", "merchant", "note"),
    ]
    assert column(accepted, "counterparty_id") == ["M"]
    assert column(accepted, "merchant") == [" M "]
    assert accepted.input_columns == ["user_id", "amount", "timestamp", "merchant", "note"]


def test_an_input_column_with_a_name_of_ours_is_kept_under_another():
    """``row_number`` of the input, and a ``user_id`` passed over, are not lost."""
    accepted = take(
        {"owner": ["O"], "row_number": [77], "row_number_original": [1]},
        columns={"user_id": "owner"},
    )

    assert column(accepted, "user_id") == ["O"]
    assert column(accepted, "user_id_original") == ["U1"]
    assert column(accepted, "row_number") == [1]
    assert column(accepted, "row_number_original_2") == [77]
    assert "user_id_original" in accepted.input_columns
    assert set(accepted.input_columns) <= set(accepted.transactions.columns)


def test_results_of_an_earlier_run_are_noted():
    """A table that was scored before keeps its columns, and the notes say so."""
    accepted = take({"risk": [99.0], "hour": [3]})

    assert column(accepted, "risk") == [99.0]
    assert (
        "the input already has columns of names that scoring writes: risk, hour" in accepted.notes
    )
