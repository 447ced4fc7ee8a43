"""Files: every format holds the same table; several are one; what cannot be read says why."""

import io
import os
import sys
from datetime import datetime

import polars as pl
import pytest

from outlay.errors import ConfigError, InputError, MissingColumnsError, NotFoundError
from outlay.schema.intake import accept
from outlay.sources import read
from outlay.sources.unpack import unpack
from tests.schema.tables import settings
from tests.sources.writing import HEADER, packed, read_text

TABLE = pl.DataFrame(
    {
        "transaction_id": ["T1", "T2", "T3"],
        "user_id": [1, 2, 2],
        "amount": [5.25, 1000.0, 7.0],
        "timestamp": [datetime.fromisoformat(f"2024-02-0{day}T13:07") for day in (5, 6, 7)],
        "merchant": ["a, b", None, "🙂"],
        "is_fraud": [True, False, None],
    }
)


def _write(folder, fmt):
    file = folder / f"t.{fmt}"
    if fmt == "csv":
        TABLE.write_csv(file)
    elif fmt == "csv.gz":
        file.write_bytes(packed(TABLE.write_csv()))
    elif fmt == "jsonl":
        TABLE.write_ndjson(file)
    elif fmt == "jsonl.gz":
        file.write_bytes(packed(TABLE.write_ndjson()))
    elif fmt == "parquet":
        TABLE.write_parquet(file)
    elif fmt == "arrow":
        TABLE.write_ipc(file)
    else:
        TABLE.write_ipc_stream(file)
    return file


CANONICAL = [
    *("row_number", "transaction_id", "user_id", "amount", "timestamp"),
    "counterparty_id",
    "is_fraud",
]


@pytest.mark.parametrize("fmt", ["csv", "csv.gz", "jsonl", "jsonl.gz", "parquet", "arrow", "ipc"])
def test_formats_hold_the_same_table(tmp_path, fmt):
    """The same table gives the same transactions, whatever file it comes in."""
    accepted = accept(read([_write(tmp_path, fmt)]), settings())
    expected = accept(read([_write(tmp_path, "parquet")]), settings())

    assert accepted.transactions.select(CANONICAL).equals(expected.transactions.select(CANONICAL))
    assert accepted.transactions["user_id"].to_list() == ["1", "2", "2"]
    assert accepted.transactions["amount"].to_list() == [5.25, 1000.0, 7.0]


@pytest.mark.parametrize("fmt", ["csv", "jsonl", "parquet", "arrow"])
def test_content_counts_more_than_the_name(tmp_path, fmt):
    """A file with a wrong suffix, or none, is read as what it is."""
    file = _write(tmp_path, fmt).rename(tmp_path / "export.dat")

    assert read([file]).n_read == 3


def test_several_files_are_one_table(tmp_path):
    """Rows are numbered on; columns may stand in any order; what a file lacks is empty, and said."""
    (tmp_path / "a.csv").write_text("user_id,amount,timestamp\nU,5,2024-01-01\nU,6\n")
    (tmp_path / "b.csv").write_text("timestamp,amount,user_id,note\n2024-01-02,7,V,hi\n")
    raw = read([tmp_path / "a.csv", tmp_path / "b.csv"])

    assert raw.frame.rows() == [("U", "5", "2024-01-01", None), ("V", "7", "2024-01-02", "hi")]
    assert raw.row_number.to_list() == [1, 3]
    assert raw.rejected["row_number"].to_list() == [2]
    assert [part.n_read for part in raw.parts] == [2, 1]
    assert f"{tmp_path / 'a.csv'} lacks 'note': empty in its rows" in raw.notes
    assert f"rows 3 to 3 are those of {tmp_path / 'b.csv'}" in raw.notes


def test_files_of_several_formats_are_one_table(tmp_path):
    """Texts and typed columns meet as texts, integers and floats as floats."""
    files = [_write(tmp_path, fmt) for fmt in ("csv", "parquet", "jsonl")]
    accepted = accept(read(files), settings())

    assert accepted.transactions["user_id"].to_list() == ["1", "2", "2"]
    assert accepted.n_read == 9
    assert accepted.duplicates.height + accepted.rejected.height == 6


def test_integers_and_floats_meet_as_floats(tmp_path):
    """Two Parquet files whose amounts differ in type make one column of numbers."""
    for name, values in (("a", [1]), ("b", [1.5]), ("c", [None])):
        pl.DataFrame({"amount": values}).write_parquet(tmp_path / f"{name}.parquet")

    assert read([tmp_path / "*.parquet"]).frame["amount"].to_list() == [1.0, 1.5, None]
    pl.DataFrame({"amount": [2]}, schema={"amount": pl.Int8}).write_parquet(tmp_path / "d.parquet")
    whole = read([tmp_path / "a.parquet", tmp_path / "d.parquet"]).frame["amount"]
    assert whole.dtype == pl.Int64


def test_a_file_without_a_required_column_is_named(tmp_path):
    """Nobody's rows are rejected one by one because a whole file lacks the user."""
    (tmp_path / "a.csv").write_text("user_id,amount,timestamp\nU,5,2024-01-01\n")
    (tmp_path / "b.csv").write_text("amount,timestamp\n5,2024-01-01\n")

    with pytest.raises(MissingColumnsError, match=r"b\.csv has no column for user_id"):
        accept(read([tmp_path / "a.csv", tmp_path / "b.csv"]), settings())


def test_globs_and_folders_name_their_files(tmp_path):
    """A glob and a folder are their files in order of name; a file is read once."""
    for name in ("b.csv", "a.csv", "readme.md"):
        (tmp_path / name).write_text(f"user_id,amount\n{name},5\n")
    by_glob = read([tmp_path / "*.csv"])

    assert by_glob.frame["user_id"].to_list() == ["a.csv", "b.csv"]
    assert read([tmp_path]).frame.equals(by_glob.frame)
    twice = read([tmp_path, tmp_path / "b.csv"])
    assert twice.n_read == 2
    assert f"{tmp_path / 'b.csv'} is given twice; it is read once" in twice.notes


def test_a_name_with_signs_of_a_glob_is_that_file(tmp_path):
    """``a[1].csv`` is a file before it is a pattern."""
    (tmp_path / "a[1].csv").write_text("user_id,amount\nU,5\n")

    assert read([tmp_path / "a[1].csv"]).n_read == 1


def test_standard_input_is_read(monkeypatch):
    """``-`` is a table from standard input: CSV, packed or not, and the other formats too."""
    arrow, parquet = io.BytesIO(), io.BytesIO()
    TABLE.head(1).write_ipc(arrow)
    TABLE.head(1).write_parquet(parquet)
    texts = ((HEADER + "T,U,5,x\n").encode(), packed(HEADER + "T,U,5,x\n"))
    for data in (*texts, arrow.getvalue(), parquet.getvalue()):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        raw = read(["-"])

        assert raw.n_read == 1
        assert raw.parts[0].name == "standard input"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_pipe_is_read_once():
    """A pipe, as shells make them with ``<(...)``, gives its bytes only once, which is enough."""
    read_end, write_end = os.pipe()
    os.write(write_end, (HEADER + "T,U,5,x\n").encode())
    os.close(write_end)

    assert read([f"/dev/fd/{read_end}"]).n_read == 1
    os.close(read_end)


def test_a_missing_file_names_the_nearest(tmp_path):
    """A misspelt name is an error with the nearest name."""
    (tmp_path / "payments.csv").write_text("x")

    with pytest.raises(
        NotFoundError, match=r"there is no file '.*paymnts.csv'. Did you mean 'payments.csv'\?"
    ):
        read([tmp_path / "paymnts.csv"])
    with pytest.raises(NotFoundError, match="There is no folder"):
        read([tmp_path / "nowhere" / "x.csv"])
    with pytest.raises(NotFoundError, match="no file matches"):
        read([tmp_path / "*.parquet"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(NotFoundError, match="holds no tables"):
        read([tmp_path / "empty"])
    with pytest.raises(InputError, match="no input was given"):
        read([])


def test_an_unknown_format_names_the_nearest(tmp_path):
    """``--format parket`` is an error with the nearest."""
    with pytest.raises(
        ConfigError, match=r"'parket' is not a format that can be read. Did you mean 'parquet'"
    ):
        read([tmp_path], fmt="parket")


def test_a_format_can_be_told(tmp_path):
    """A given format is obeyed, and an error says that the file is not of it."""
    file = _write(tmp_path, "csv")

    assert read([file], fmt="csv").n_read == 3
    with pytest.raises(InputError, match="cannot be read as Parquet"):
        read([file], fmt="parquet")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "t.csv is empty"),
        ("\n\n", "t.csv is empty"),
        ("sep=;\n", "t.csv is empty"),
        (
            HEADER,
            "t.csv has columns .'transaction_id', 'user_id', 'amount', 'timestamp'. and no rows",
        ),
        (b"PK\x03\x04abc", "t.csv is an Excel workbook or a ZIP archive"),
        (b"%PDF-1.4", "t.csv is a PDF"),
        (b"\x1f\x8b\x08\x00broken", "t.csv is damaged: it cannot be unpacked"),
        (packed("a,b\n1,2\n")[:-6], "t.csv is damaged: it cannot be unpacked"),
        (b"PAR1nonsense", "t.csv cannot be read as Parquet"),
        (b"ARROW1nonsense", "t.csv cannot be read as Arrow IPC"),
        ('[{"a": 1}]', "t.csv is one JSON array, not JSON lines"),
    ],
)
def test_what_is_no_table_says_so(tmp_path, text, message):
    """Empty, foreign and damaged files are errors that say what they are."""
    with pytest.raises(InputError, match=message) as caught:
        read_text(tmp_path, text)

    assert "Hint:" in str(caught.value)


def test_empty_files_among_others_are_noted(tmp_path):
    """One empty file does not stop the others; all empty ones do."""
    (tmp_path / "a.csv").write_text("")
    (tmp_path / "b.csv").write_text("user_id,amount\nU,5\n")

    assert f"{tmp_path / 'a.csv'} is empty" in read([tmp_path]).notes
    (tmp_path / "b.csv").write_text("")
    with pytest.raises(InputError, match="are empty"):
        read([tmp_path])


def test_a_bomb_is_stopped():
    """What unpacks to more than the limit is refused before it fills the memory."""
    with pytest.raises(InputError, match="unpacks to more than 1,000 bytes"):
        unpack(packed("x" * 100_000), "t.gz", limit=1_000)


def test_a_file_that_may_not_be_read_says_so(tmp_path, monkeypatch):
    """No permission is an error that names the file."""
    file = tmp_path / "t.csv"
    file.write_text(HEADER)

    def refuse(*_args, **_kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(file), "open", refuse)
    with pytest.raises(InputError, match=r"t.csv cannot be read: Permission denied"):
        read([file])


def test_a_huge_value_in_parquet_is_rejected(tmp_path):
    """The limit on cells holds in every format."""
    frame = pl.DataFrame({"user_id": ["U", "V"], "amount": [1, 2], "note": ["x" * 2_000_000, "y"]})
    frame.write_parquet(tmp_path / "t.parquet")
    raw = read([tmp_path / "t.parquet"])

    assert raw.row_number.to_list() == [2]
    assert raw.rejected.rows()[0][:3] == (1, "note", "a value has more than 1,048,576 bytes")
