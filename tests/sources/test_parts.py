"""Reading in parts gives what reading at once gives."""

import gzip
import io
import json
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal, assert_series_equal

from outlay.errors import InputError
from outlay.schema.intake import Raw
from outlay.sources import open_parts, read

HEADER = b"user_id,amount,timestamp\n"
SIGNS = st.sampled_from(
    ["a", "1", ",", '"', "\n", "\n", "\r\n", "x,2,3\n", '"q\nr",5,6\n', " ", "é"]
)


def joined(raws: list[Raw]) -> tuple[pl.DataFrame, pl.Series, pl.DataFrame, int]:
    """Put parts together again."""
    return (
        pl.concat([raw.frame for raw in raws]),
        pl.concat([raw.row_number for raw in raws]),
        pl.concat([raw.rejected for raw in raws]),
        sum(raw.n_read for raw in raws),
    )


def assert_parts_are_whole(path: Path, rows: int, scratch: Path) -> None:
    """Compare parts with the whole: rows, numbers, what was rejected, and the count."""
    scratch.mkdir(exist_ok=True)
    whole = read([str(path)])
    frame, number, rejected, n_read = joined(list(open_parts([str(path)], scratch).read(rows)))

    assert_frame_equal(frame, whole.frame)
    assert_series_equal(number, whole.row_number)
    assert_frame_equal(rejected, whole.rejected)
    assert n_read == whole.n_read


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(SIGNS, min_size=1, max_size=60), st.integers(1, 6))
@example(['"a', "\n", "x,2,3\n", "x,2,3\n", 'x,"2",3\n'], 1)
def test_any_csv_is_the_same_in_parts(tmp_path: Path, signs: list[str], rows: int) -> None:
    """Wherever a text is cut, quotes, broken lines and blank ones are read as in the whole."""
    path = tmp_path / "in.csv"
    path.write_bytes(HEADER + b"x,1,2\n" + "".join(signs).encode())

    assert_parts_are_whole(path, rows, tmp_path / "scratch")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_any_encoding_is_the_same_in_parts(tmp_path: Path, encoding: str) -> None:
    """Texts that are not plain UTF-8 are made so first."""
    path = tmp_path / "in.csv"
    path.write_bytes("user_id,amount\nJosé,1\nÅke,2\nBo,3\n".encode(encoding))

    assert_parts_are_whole(path, 1, tmp_path / "scratch")


def test_damaged_text_loses_the_same_rows(tmp_path: Path) -> None:
    """Rows with bytes that are no text are rejected, whichever part they are in."""
    path = tmp_path / "in.csv"
    path.write_bytes(HEADER + "é,1,2\n".encode() + b"\xff\xc3\xa9,1,2\nb,3,4\n" * 3)

    assert_parts_are_whole(path, 1, tmp_path / "scratch")


def test_old_line_ends_are_the_same_in_parts(tmp_path: Path) -> None:
    """Lines that end in a return alone are lines."""
    path = tmp_path / "in.csv"
    path.write_bytes(b"user_id,amount\ra,1\rb,2\r\r")

    assert_parts_are_whole(path, 1, tmp_path / "scratch")


def test_packed_text_is_the_same_in_parts(tmp_path: Path) -> None:
    """What gzip packed is unpacked to the disk, not to the memory."""
    path = tmp_path / "in.csv.gz"
    path.write_bytes(gzip.compress(HEADER + b"a,1,2\nb,3,4\nc,5,6\n"))

    assert_parts_are_whole(path, 2, tmp_path / "scratch")


@pytest.mark.parametrize("rows", [1, 2, 100])
def test_tables_are_the_same_in_parts(tmp_path: Path, rows: int) -> None:
    """Parquet and Arrow come in slices."""
    frame = pl.DataFrame({"user_id": ["a", None, "c"], "amount": [1.0, 2.0, None]})
    frame.write_parquet(tmp_path / "in.parquet")
    frame.write_ipc(tmp_path / "in.arrow")
    with (tmp_path / "in.ipc").open("wb") as file:
        frame.write_ipc_stream(file)
    for name in ("in.parquet", "in.arrow", "in.ipc"):
        assert_parts_are_whole(tmp_path / name, rows, tmp_path / "scratch")


def test_json_lines_of_changing_types_are_one_table(tmp_path: Path) -> None:
    """A number that becomes a fraction later was a fraction from the start."""
    path = tmp_path / "in.jsonl"
    rows = [{"user_id": "a", "amount": 1}, {"user_id": "b", "amount": 2.5}, {"user_id": "c"}]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))

    assert_parts_are_whole(path, 1, tmp_path / "scratch")


def test_several_files_are_one_table(tmp_path: Path) -> None:
    """Files of several kinds run on, columns by name, types made one, and the notes are the same."""
    (tmp_path / "a.csv").write_bytes(b"user_id,amount\na,1\nb,2\n")
    pl.DataFrame({"amount": [3.5], "user_id": ["c"], "more": [1]}).write_parquet(
        tmp_path / "b.parquet"
    )
    (tmp_path / "c.csv").write_bytes(b"")
    files = [tmp_path / name for name in ("a.csv", "b.parquet", "c.csv")]
    whole, parts = read(files), open_parts(files, tmp_path)
    frame, number, _, _ = joined(list(parts.read(1)))

    assert_frame_equal(frame, whole.frame)
    assert_series_equal(number, whole.row_number)
    assert sorted(parts.told()) == sorted(whole.notes)


def test_no_rows_is_said_as_ever(tmp_path: Path) -> None:
    """A table without rows is refused in the same words."""
    path = tmp_path / "in.csv"
    path.write_bytes(b"user_id,amount\n")
    with pytest.raises(InputError) as whole:
        read([path])
    with pytest.raises(InputError) as parts:
        list(open_parts([path], tmp_path).read(1))

    assert str(parts.value) == str(whole.value)


def test_standard_input_is_copied_to_be_read_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What comes through a pipe lies on the disk afterwards."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(HEADER + b"a,1,2\nb,3,4\n")))
    parts = open_parts(["-"], tmp_path)

    assert joined(list(parts.read(1)))[0].height == 2
    assert joined(list(parts.read(1)))[0].height == 2
