"""Accepting a table: every row is accounted for, and nothing changes in silence."""

from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outlay.errors import ConfigError, InputError
from outlay.schema.intake import Accepted, Intake, Raw, accept
from tests.schema import tables
from tests.schema.tables import column, reasons, take

USERS = st.sampled_from(["U1", "U2", " U3 ", "", None, "nan", "🙂", "<b>x</b>", 'O"Neil', "שלום"])
AMOUNTS = st.one_of(
    st.sampled_from(["5", "1,234.50", "-5", "£20", "nan", "inf", "1e400", "", "x", None, "1e16"]),
    st.floats(0, 1e6).map(str),
    st.text(max_size=6),
)
TIMES = st.one_of(
    st.sampled_from(
        ["2024-02-05", "2024-02-05 10:00:00", "2024-02-05T10:00:00Z", "13/02/2024", "", None]
    ),
    st.sampled_from(["2031-01-01", "1969-01-01", "2024-02-30", "1707138429", "soon"]),
    st.text(max_size=6),
)
IDS = st.sampled_from(["T1", "T2", "T3", "", None, "row-1", "row-2"])
ROWS = st.lists(st.tuples(IDS, USERS, AMOUNTS, TIMES), min_size=1, max_size=12)
NAMES = ("transaction_id", "user_id", "amount", "timestamp")


def _table(rows: list[tuple[Any, ...]]) -> Raw:
    return Raw.of(pl.DataFrame(rows, schema=dict.fromkeys(NAMES, pl.String), orient="row"))


def _accepted(rows: list[tuple[Any, ...]]) -> Accepted | None:
    try:
        return accept(_table(rows), tables.settings(currency="GBP"))
    except InputError:
        return None


@given(ROWS)
@settings(max_examples=120)
def test_every_row_is_accounted_for(rows):
    """Read = accepted + rejected + duplicates; the three share no row; accepted rows are sound."""
    accepted = _accepted(rows)
    if accepted is None:
        return
    kept = accepted.transactions
    parts = [
        part["row_number"].to_list() for part in (kept, accepted.rejected, accepted.duplicates)
    ]

    assert sorted(n for part in parts for n in part) == list(range(1, len(rows) + 1))
    assert accepted.n_read == len(rows)
    assert kept["row_number"].is_sorted()
    assert accepted.rejected["row_number"].is_sorted()
    assert kept["amount"].is_between(0, 1e15).all(ignore_nulls=False)
    assert (
        kept["timestamp"]
        .is_between(datetime(1970, 1, 1, tzinfo=UTC), datetime(2025, 1, 2, tzinfo=UTC))
        .all(ignore_nulls=False)
    )
    assert kept["timestamp"].dtype == pl.Datetime("us", "UTC")
    assert kept["user_id"].str.strip_chars().str.len_chars().gt(0).all(ignore_nulls=False)
    assert kept["transaction_id"].is_unique().all(ignore_nulls=False)
    assert accepted.rejected["reason"].str.len_chars().gt(0).all(ignore_nulls=False)


@given(ROWS, st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_the_order_of_rows_does_not_matter(rows, random):
    """Rows in another order are accepted and rejected alike (ids apart: the first of an id wins)."""
    rows = [(f"T{i}", *row[1:]) for i, row in enumerate(rows)]
    shuffled = random.sample(rows, len(rows))
    one, other = _accepted(rows), _accepted(shuffled)

    assert (one is None) == (other is None)
    if one is not None and other is not None:
        assert (
            one.transactions.drop("row_number")
            .sort("transaction_id")
            .equals(other.transactions.drop("row_number").sort("transaction_id"))
        )
        assert (
            one.rejected.drop("row_number")
            .sort("original")
            .equals(other.rejected.drop("row_number").sort("original"))
        )
        assert sorted(one.notes) == sorted(other.notes)


@given(ROWS)
@settings(max_examples=20)
def test_accepting_is_repeatable(rows):
    """The same table gives the same answer, down to the notes."""
    one, other = _accepted(rows), _accepted(rows)

    assert (one is None) == (other is None)
    if one is not None and other is not None:
        assert one.transactions.equals(other.transactions)
        assert one.rejected.equals(other.rejected)
        assert one.notes == other.notes


def test_all_faults_of_a_row_are_told_in_one_line():
    """A row with three faults is one line that names all three."""
    accepted = take({"user_id": ["U", ""], "amount": ["5", "x"], "timestamp": ["2024-02-05", "y"]})

    assert accepted.rejected.rows() == [
        (
            2,
            "user_id, timestamp, amount",
            (
                "user_id is missing; timestamp 'y' is not a time that can be understood; "
                "amount 'x' is not a number"
            ),
            ",x,y",
        )
    ]


def test_the_original_is_the_row_as_a_line():
    """The line can be found again in the file: quoted where CSV needs it, long ones cut."""
    accepted = take({"amount": ["5", "x"], "note": ["", 'a "b", c'], "long": ["", "y" * 10_000]})
    original = accepted.rejected["original"][0]

    assert original.startswith('U1,x,2024-05-06,"a ""b"", c",yyy')
    assert len(original) <= 500
    assert original.endswith("…")


def test_values_in_reasons_are_cut_and_on_one_line():
    """A long value with newlines does not spoil the table of the rejected."""
    accepted = take({"amount": ["5", "x\ny" * 100]})

    assert len(reasons(accepted)[2]) < 100
    assert "\n" not in reasons(accepted)[2]


def test_a_table_without_a_valid_row_names_the_commonest_reasons():
    """The error counts reasons, worst first, and says how columns were taken."""
    with pytest.raises(InputError) as caught:
        take({"user_id": ["", "U", "U"], "amount": ["1", "x", "y"], "when": ["2024-01-01"] * 3})

    assert str(caught.value) == (
        "not one of 3 rows in the table is a transaction:\n"
        "  amount is not a number (2 rows)\n"
        "  user_id is missing (1 row)\n\n"
        "Hint: the columns were taken as user_id = 'user_id', amount = 'amount', timestamp = "
        "'timestamp'; where that is wrong, --map user_id=COLUMN says it right."
    )


def test_a_table_without_rows_is_an_error():
    """No rows, no transactions: said, not shown as an empty result."""
    with pytest.raises(InputError, match="the table has no rows"):
        accept(Raw.of(pl.DataFrame({"user_id": [], "amount": [], "timestamp": []})))


def test_equal_rows_of_one_id_are_duplicates():
    """A row equal in every column to the first of its id is a duplicate, not a rejection."""
    accepted = take({"transaction_id": ["A", "B", "A", "A"], "note": ["x", "y", "x", "x"]})

    assert accepted.duplicates.rows() == [(3, "A", 1), (4, "A", 1)]
    assert column(accepted, "row_number") == [1, 2]
    assert accepted.rejected.is_empty()


def test_different_rows_of_one_id_are_rejected():
    """A row that differs from the first of its id, in any column, is rejected and names it."""
    accepted = take({"transaction_id": ["A", "A", "A"], "note": ["x", "y", None]})

    assert reasons(accepted) == {
        2: "transaction_id 'A' is that of row 1, which differs",
        3: "transaction_id 'A' is that of row 1, which differs",
    }
    assert accepted.rejected["field"].to_list() == ["transaction_id"] * 2


def test_missing_values_are_equal_to_each_other():
    """Two rows that lack the same value are equal, and NaN is NaN."""
    accepted = take({"transaction_id": ["A", "A"], "note": [None, None], "x": [float("nan")] * 2})

    assert len(accepted.duplicates) == 1


def test_nested_columns_travel_and_are_compared():
    """Lists and structs stay as they are, and tell duplicates apart."""
    accepted = take(
        {"transaction_id": ["A", "A", "A"], "tags": [["x"], ["x"], ["y"]], "s": [{"a": 1}] * 3}
    )

    assert column(accepted, "tags") == [["x"]]
    assert accepted.duplicates["row_number"].to_list() == [2]
    assert list(reasons(accepted)) == [3]


def test_a_rejected_row_does_not_claim_its_id():
    """The first sound row of an id is the one that counts."""
    accepted = take({"transaction_id": ["A", "A"], "amount": ["x", "5"]})

    assert column(accepted, "row_number") == [2]
    assert list(reasons(accepted)) == [1]


def test_rows_without_an_id_get_their_number():
    """Without a column, or without a value, the id is ``row-<row number>``."""
    assert column(take({"amount": [1, 2]}), "transaction_id") == ["row-1", "row-2"]
    accepted = take({"transaction_id": ["A", " ", None]})

    assert column(accepted, "transaction_id") == ["A", "row-2", "row-3"]
    assert "transaction_id: 2 rows without one, called row-<row number>" in accepted.notes


def test_a_made_id_never_meets_a_given_one():
    """If the file itself has ``row-2``, the ids made here are other ones."""
    accepted = take({"transaction_id": ["row-2", None]})

    assert column(accepted, "transaction_id") == ["row-2", "rowrow-2"]


def test_a_million_rows_of_one_user_each_pass():
    """Very many users are no special case."""
    n = 200_000
    accepted = take(
        {
            "user_id": [str(i) for i in range(n)],
            "amount": [1.0] * n,
            "timestamp": ["2024-05-06 10:00"] * n,
        }
    )

    assert len(accepted.transactions) == n


def test_the_input_is_left_as_it_was():
    """Accepting reads the table and changes nothing in it."""
    frame = pl.DataFrame(
        {"user_id": ["a ", "b"], "amount": ["(5)", "5"], "timestamp": ["2024-01-01"] * 2}
    )
    before = frame.clone()
    accept(Raw.of(frame), tables.settings(negative="refund"))

    assert frame.equals(before)


def test_settings_are_checked_at_once():
    """A value that cannot be meant is an error before any row is read."""
    with pytest.raises(ConfigError, match="neither 'reject' nor 'refund'"):
        Intake(negative="keep")  # type: ignore[arg-type]
