"""A table's columns as arrays are what the table holds, whichever way they came."""

import math
import subprocess
import sys
from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

from outlay.errors import InputError
from outlay.schema.table import Columns

FRAME = pl.DataFrame(
    {
        "amount": [1.5, None, math.nan],
        "count": [1, 2, None],
        "is_new": [True, None, False],
        "transaction_type": ["transfer", None, "payment"],
        "timestamp": [datetime(2025, 1, day, tzinfo=UTC) for day in (1, 2, 3)],
    }
)


@pytest.mark.parametrize(
    ("name", "held"),
    [
        ("amount", [1.5, math.nan, math.nan]),
        ("count", [1.0, 2.0, math.nan]),
        ("is_new", [1.0, math.nan, 0.0]),
    ],
)
def test_a_frames_numbers_are_float64_with_missing_ones_as_nan(
    name: str, held: list[float]
) -> None:
    """Numbers and flags come as float64; null and NaN are both NaN."""
    column = Columns.of(FRAME).number(name)

    assert column.dtype == np.float64
    np.testing.assert_array_equal(column, held)


def test_a_frames_numbers_are_not_copied() -> None:
    """A float64 column without nulls is the very memory of the table, and made once."""
    frame = pl.DataFrame({"amount": [1.0, 2.0]})
    columns = Columns.of(frame)

    assert np.shares_memory(columns.number("amount"), frame["amount"].to_numpy())
    assert columns.number("amount") is columns.number("amount")


def test_texts_come_as_a_series_and_as_a_sequence() -> None:
    """Both ways of asking give the same texts, from a table and from plain sequences."""
    coded = FRAME.cast({"transaction_type": pl.Enum(["payment", "transfer", "other"])})
    for columns in (
        Columns.of(FRAME),
        Columns.of(coded),
        Columns({}, {"transaction_type": ["transfer", None, "payment"]}, 3),
    ):
        assert columns.text("transaction_type").dtype == pl.String
        assert columns.text("transaction_type").to_list() == ["transfer", None, "payment"]
        assert columns.strings("transaction_type") == ["transfer", None, "payment"]
        assert columns.text("transaction_type", np.array([2, 1])).to_list() == ["payment", None]
        assert columns.frame()["transaction_type"].dtype == pl.String
    assert Columns.of(FRAME).enumeration("transaction_type") is None
    kept = Columns.of(coded).enumeration("transaction_type")
    assert kept is not None
    assert kept.to_physical().to_list() == [1, None, 0]


def test_both_kinds_of_table_say_what_they_hold() -> None:
    """Names, height and kinds are answered alike."""
    live = Columns({"amount": np.array([1.0])}, {"user_id": ["U1"]}, 1)
    batch = Columns.of(pl.DataFrame({"amount": [1.0], "user_id": ["U1"]}))

    for columns in (live, batch):
        assert columns.names == ["amount", "user_id"]
        assert columns.height == 1
        assert columns.has("amount")
        assert columns.has("user_id")
        assert not columns.has("nothing")
        assert columns.is_number("amount")
        assert not columns.is_number("user_id")
        assert not columns.is_number("nothing")
    assert not Columns.of(FRAME).is_number("timestamp")


def test_what_is_not_there_is_named_with_what_is() -> None:
    """An unknown column is an error that names the nearest and lists what there is."""
    live = Columns({"amount": np.array([1.0])}, {"user_id": ["U1"]}, 1)

    with pytest.raises(InputError, match=r"no column 'amout'(.|\n)*amount(.|\n)*Hint: it has"):
        live.number("amout")
    with pytest.raises(InputError, match="no column 'userid'"):
        live.text("userid")


def test_numbers_are_no_texts_and_texts_no_numbers() -> None:
    """Asking for a column as what it is not is an error that says what it holds."""
    live = Columns({"amount": np.array([1.0])}, {"user_id": ["U1"]}, 1)

    with pytest.raises(InputError, match="'user_id' holds texts, and numbers were asked for"):
        live.number("user_id")
    with pytest.raises(InputError, match="'amount' holds numbers, and texts were asked for"):
        live.strings("amount")
    with pytest.raises(InputError, match="'transaction_type' holds texts"):
        Columns.of(FRAME).number("transaction_type")


def test_one_payment_needs_no_table_library() -> None:
    """Columns of plain arrays and sequences are read without loading Polars."""
    program = (
        "import sys, numpy as np\n"
        "from outlay.schema.table import Columns\n"
        "one = Columns({'amount': np.array([9.5])}, {'user_id': ['U1']}, 1)\n"
        "assert one.number('amount')[0] == 9.5 and one.strings('user_id') == ['U1']\n"
        "assert 'polars' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)


@pytest.mark.parametrize("of_frame", [True, False])
def test_taken_rows_are_those_rows(of_frame: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """Some rows of columns, in any order, hold what those rows hold, in every way of asking."""
    frame = pl.DataFrame({"amount": [1.0, 2.0, 3.0], "user_id": ["a", None, "c"]})
    plain = Columns({"amount": np.array([1.0, 2.0, 3.0])}, {"user_id": ["a", None, "c"]}, 3)
    taken = (Columns.of(frame) if of_frame else plain).taken(np.array([2, 1]))

    assert taken.height == 2
    assert taken.names == ["amount", "user_id"]
    assert taken.number("amount").tolist() == [3.0, 2.0]
    assert taken.strings("user_id") == taken.text("user_id").to_list() == ["c", None]
    assert taken.is_number("amount")
    assert not taken.has("nothing")
    assert taken.frame().rows() == [(3.0, "c"), (2.0, None)]


def test_columns_make_a_table_again() -> None:
    """Plain arrays and texts become a table of floats and strings; a table stays itself."""
    plain = Columns({"amount": np.array([1.0])}, {"user_id": ["a"]}, 1)

    assert plain.frame().equals(pl.DataFrame({"amount": [1.0], "user_id": ["a"]}))
    assert Columns.of(FRAME).frame() is FRAME
