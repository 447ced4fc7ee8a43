"""What an accepted table's columns hold: users, types, labels and names; and no column is lost."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outlay.errors import InputError
from tests.schema.tables import column, reasons, take

COLUMNS = st.lists(
    st.sampled_from(
        [
            "user_id",
            "amount",
            "timestamp",
            "transaction_id",
            "transaction_type",
            "counterparty_id",
            "currency",
            "country",
            "channel",
            "device_id",
            "is_fraud",
            "row_number",
            "amount_original",
            "customer_id",
            "merchant",
            "class",
            "Amount",
            "Date",
            "time",
            "risk",
            "user_id_original",
        ]
    ),
    unique=True,
)


@pytest.mark.parametrize(
    ("values", "ids"),
    [
        ([123, 7], ["123", "7"]),
        ([123.0, 7.0], ["123", "7"]),
        (["123.0", "7.0"], ["123", "7"]),
        (["123.0", "x"], ["123.0", "x"]),
        ([" a ", "b\u00a0"], ["a", "b"]),
        ([True, False], ["true", "false"]),
        (pl.Series(["a", "b"], dtype=pl.Categorical), ["a", "b"]),
        ([1.5, 2.0], ["1.5", "2"]),
        ([b"a", b"b"], ["a", "b"]),
    ],
    ids=[
        "integers",
        "floats",
        "float texts",
        "mixed texts",
        "blanks",
        "truths",
        "categories",
        "halves",
        "bytes",
    ],
)
def test_users_are_texts(values, ids):
    """Ids are texts; whole numbers look alike in every file format; blanks around are taken off."""
    assert column(take({"user_id": values}), "user_id") == ids


@pytest.mark.parametrize("word", ["nan", "NaN", "None", "NULL", "N/A", "<NA>"])
def test_a_word_for_nobody_is_no_user(word):
    """``null`` in a text is a lost value, not a user with very many payments."""
    accepted = take({"user_id": ["U", word]})

    assert reasons(accepted) == {2: f"user_id '{word}' says that there is none"}


def test_trimmed_ids_are_told():
    """That blanks were taken off is said with a count."""
    assert "user_id: blanks around 1 value taken off" in take({"user_id": ["a ", "b"]}).notes


def test_an_id_of_lists_is_an_error():
    """A column that cannot be an id is an error that names it."""
    with pytest.raises(InputError, match="column 'user_id' was taken for user_id, but holds List"):
        take({"user_id": [["a"], ["b"]]})


def test_types_are_normalised():
    """Case, blanks and hyphens do not make another type; a missing one is ``unknown``."""
    accepted = take({"transaction_type": ["Cash-Out", " top up ", "TRANSFER", None, ""]})

    assert column(accepted, "transaction_type") == [
        "cash_out",
        "top_up",
        "transfer",
        "unknown",
        "unknown",
    ]


def test_other_names_are_nullable_texts():
    """Counterparties, countries, channels and devices are texts; blank is missing."""
    accepted = take(
        {
            "merchant": [1, None],
            "country": ["GB", " "],
            "Channel": [" web", "app"],
            "DeviceID": [5.0, 6.0],
        }
    )

    assert column(accepted, "counterparty_id") == ["1", None]
    assert column(accepted, "country") == ["GB", None]
    assert column(accepted, "channel") == ["web", "app"]
    assert column(accepted, "device_id") == ["5", "6"]


def test_labels_are_read():
    """Fraud is yes or no in many words; anything else is unlabelled, and counted."""
    accepted = take(
        {"is_fraud": ["1", "0", "TRUE", "false", "Yes", "no", "fraud", "legit", "?", "", None]}
    )

    assert column(accepted, "is_fraud") == [True, False] * 4 + [None, None, None]
    assert any(
        "1 value of 'is_fraud' neither yes nor no, such as '?'" in note for note in accepted.notes
    )


def test_labels_of_lists_are_none():
    """A column that cannot be labels is unlabelled, and told."""
    accepted = take({"is_fraud": [[1], [0]]})

    assert column(accepted, "is_fraud") == [None, None]
    assert any("2 values of 'is_fraud' neither yes nor no" in note for note in accepted.notes)


def test_a_column_that_only_sounds_like_labels_is_left_alone():
    """``class`` with ticket classes is no label: it travels, and the notes say so."""
    accepted = take({"class": ["economy", "business"]})

    assert "is_fraud" not in accepted.transactions.columns
    assert "is_fraud" not in accepted.mapping
    assert column(accepted, "class") == ["economy", "business"]
    assert "'class' says neither yes nor no: not taken as is_fraud" in accepted.notes


@pytest.mark.parametrize("labels", [[1, 0], [1.0, 0.0], [True, False]])
def test_labels_of_any_type_are_read(labels):
    """Numbers and truths are labels too."""
    assert column(take({"is_fraud": labels}), "is_fraud") == [True, False]


@pytest.mark.parametrize(
    "name", ["🙂🙃", "שלום עולם", '"><script>alert(1)</script>', 'O\'Neil "Jr"', "a\nb", "=1+1"]
)
def test_names_of_any_kind_survive(name):
    """Emoji, right-to-left text, quotes and markup pass through unchanged."""
    accepted = take({"user_id": [name], "merchant": [name], "note": [name]})

    assert (
        column(accepted, "user_id")
        == column(accepted, "counterparty_id")
        == column(accepted, "note")
        == [name]
    )


@given(COLUMNS, st.sampled_from([None, "", "1", "EUR", "x", "2024-02-05", "10:00"]))
@settings(max_examples=100)
def test_no_column_is_lost(names, value):
    """Every column of the input stands in the result, in whatever company and whatever it holds."""
    try:
        accepted = take({name: [value, value] for name in ("note", *names)})
    except InputError:
        return

    table = accepted.transactions
    assert len(accepted.input_columns) == len({"note", *names, "user_id", "amount", "timestamp"})
    assert set(accepted.input_columns) <= set(table.columns)
    assert table["note"].to_list() == [value] * table.height
