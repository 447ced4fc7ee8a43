"""Tables in memory go out as they came in."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from outlay.errors import InputError
from outlay.sources import frames, from_frame, to_frame

NAIVE = datetime.fromisoformat("2024-02-05")
FRAME = pl.DataFrame(
    {
        "user_id": ["a", None],
        "amount": [1.5, 2.0],
        "n": [1, 2],
        "flag": [True, False],
        "timestamp": pl.Series([NAIVE, None], dtype=pl.Datetime("us")),
        "utc": pl.Series([NAIVE, None], dtype=pl.Datetime("us")).dt.replace_time_zone("UTC"),
        "reasons": [["x"], []],
    }
)


@pytest.fixture(params=[True, False], ids=["pyarrow", "no pyarrow"])
def _arrow(request, monkeypatch):
    if not request.param:
        monkeypatch.setattr(frames, "find_spec", lambda _name: None)


@pytest.mark.parametrize(
    ("table", "kind", "type_"),
    [
        (FRAME, "polars", pl.DataFrame),
        (FRAME.lazy(), "lazy", pl.LazyFrame),
        (FRAME.to_arrow(), "arrow", pa.Table),
    ],
    ids=["polars", "lazy", "arrow"],
)
def test_what_comes_in_goes_out(table, kind, type_):
    """The table, its values and its kind survive the round trip."""
    frame, found = from_frame(table)

    assert found == kind
    assert frame.equals(FRAME)
    assert isinstance(to_frame(frame, found), type_)


@pytest.mark.usefixtures("_arrow")
def test_pandas_stays_pandas():
    """A DataFrame comes back as one, with and without pyarrow."""
    frame, kind = from_frame(to_frame(FRAME, "pandas"))

    assert kind == "pandas"
    assert frame.drop("reasons").equals(FRAME.drop("reasons"))
    back = to_frame(frame, kind)
    assert isinstance(back, pd.DataFrame)
    assert back["timestamp"].dt.year.to_list()[0] == 2024
    assert back["utc"].dt.tz is not None


def test_pandas_types_are_understood():
    """Categories, nullable numbers, zones, objects of mixed types and index-like names are read."""
    table = pd.DataFrame(
        {
            "c": pd.Categorical(["x", None]),
            "n": pd.array([1, None], dtype="Int64"),
            "z": pd.to_datetime(["2024-02-05 01:00", None]).tz_localize("Europe/Berlin"),
            "m": np.array([1, "£2"], dtype=object),
            "f": [1.5, float("nan")],
            7: ["a", "b"],
        },
        index=[10, 10],
    )
    frame, _ = from_frame(table)

    assert frame.rows() == [
        ("x", 1, datetime(2024, 2, 5, tzinfo=UTC), "1", 1.5, "a"),
        (None, None, None, "£2", None, "b"),
    ]
    assert frame.columns[-1] == "7"


def test_the_input_is_not_changed():
    """Reading a DataFrame leaves it as it was."""
    table = pd.DataFrame({"user_id": ["a"], "amount": [1.0]})
    before = table.copy()
    from_frame(table)

    pd.testing.assert_frame_equal(table, before)


def test_what_is_no_table_is_an_error():
    """A list is refused with what would do."""
    with pytest.raises(InputError, match=r"a builtins\.list is not a table that can be read"):
        from_frame([1])
    with pytest.raises(InputError, match="'excel' is not a kind of table"):
        to_frame(FRAME, "excel")  # type: ignore[arg-type]


def test_two_columns_of_one_name_are_an_error():
    """A DataFrame may have them; a table of payments may not."""
    with pytest.raises(InputError, match="several columns called 'a'"):
        from_frame(pd.DataFrame([[1, 2]], columns=["a", "a"]))
    with pytest.raises(InputError, match="Arrow table cannot be read"):
        from_frame(pa.table([[1], [2]], names=["a", "a"]))
