"""CSV: any separator and quoting, and only broken rows are lost."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outlay.errors import InputError, OutlayError
from outlay.sources.careful import find_records_carefully
from outlay.sources.delimited import read_delimited
from outlay.sources.dialect import Dialect
from outlay.sources.records import find_records
from tests.sources.writing import HEADER, csv_text, read_text

CELLS = st.text(alphabet=st.sampled_from(list("ab,;\t|\"'\n x£é🙂ש")), max_size=8)


def _values(raw):
    return [tuple(value or "" for value in row) for row in raw.frame.iter_rows()]


@given(
    st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=6),
    st.sampled_from(",;\t|"),
    st.booleans(),
    st.sampled_from(["\n", "\r\n"]),
)
@settings(max_examples=300)
def test_what_was_written_is_read(rows, separator, always, newline):
    """Every table that the standard library writes comes back, cell by cell."""
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    header = ("user_id", "amount", "timestamp")
    text = csv_text([header, *rows], separator, newline=newline, always=always)
    raw = read_delimited(text.encode(), "t.csv")

    assert tuple(raw.frame.columns) == header
    assert _values(raw) == [tuple(row) for row in rows]
    assert raw.rejected.is_empty()
    assert raw.row_number.to_list() == list(range(1, len(rows) + 1))


@given(
    st.lists(st.sampled_from(['"', '""', ",", "\n", "\r\n", "a", "b,c,d", 'x"y', "é"]), max_size=30)
)
@settings(max_examples=500)
def test_any_text_is_rows_or_rejections(parts):
    """Whatever stands below the header, all of it is rows or rejected rows, without a traceback."""
    raw = read_delimited(("a,b,c\n" + "".join(parts)).encode(), "t.csv")

    assert raw.n_read == raw.frame.height + raw.rejected.height
    numbers = [*raw.row_number.to_list(), *raw.rejected["row_number"].to_list()]
    assert sorted(numbers) == list(range(1, raw.n_read + 1))


@given(st.binary(max_size=60))
@settings(max_examples=300)
def test_any_bytes_are_a_table_or_an_error(data):
    """Bytes of any kind are read, or refused with an error of ours."""
    try:
        raw = read_delimited(data, "t.csv")
    except OutlayError as error:
        assert "Hint:" in str(error)  # noqa: PT017
    else:
        assert raw.n_read == raw.frame.height + raw.rejected.height


@given(st.lists(st.sampled_from(['"a"', '"a""b"', '"x\ny"', "", "a", '"q,r"']), max_size=12))
def test_both_ways_of_finding_records_agree(cells):
    """Where quotes are sound, the fast and the careful search see the same records."""
    lines = [",".join(cells[at : at + 3]) for at in range(0, len(cells), 3)]
    data = "\n".join(lines).encode()
    dialect = Dialect(b",", b'"')
    fast = find_records(data, dialect)
    slow = find_records_carefully(data, dialect, 3)

    assert fast is not None
    if data and not data.endswith(b"\n"):
        sound = [n == 3 or b"\n" not in data for n in slow.fields.tolist()]
        if all(sound):
            assert fast.starts.tolist() == slow.starts.tolist()
            assert fast.ends.tolist() == slow.ends.tolist()
            assert fast.fields.tolist() == slow.fields.tolist()


def test_rows_with_too_few_or_too_many_fields_are_rejected(tmp_path):
    """Such a row is named with its number and what it has; the others keep their numbers."""
    raw = read_text(
        tmp_path, HEADER + "T1,U,5\nT2,U,5,2024-01-01\nT3,U,5,2024-01-01,x\nT4,U,5,2024-01-01\n"
    )

    assert raw.row_number.to_list() == [2, 4]
    assert raw.rejected.rows() == [
        (1, "row", "row has 3 fields where the header has 4", "T1,U,5"),
        (3, "row", "row has 5 fields where the header has 4", "T3,U,5,2024-01-01,x"),
    ]


def test_an_unclosed_quote_costs_its_own_line(tmp_path):
    """A quote that nobody closes does not swallow the rows after it."""
    raw = read_text(tmp_path, HEADER + 'T1,U,5,x\nT2,"U,5,x\nT3,U,5,x\nT4,"U 4",5,x\n')

    assert raw.row_number.to_list() == [1, 3, 4]
    assert raw.frame["user_id"].to_list() == ["U", "U", "U 4"]
    assert raw.rejected.rows() == [(2, "row", "row has broken quotes", 'T2,"U,5,x')]


def test_an_unclosed_quote_that_another_closes_costs_little(tmp_path):
    """Where a later quote seems to close it, still only the broken lines are lost."""
    raw = read_text(tmp_path, HEADER + 'T1,"U,5,x\nT2,V,5,x\nT3,W",5,x,y\nT4,X,5,x\n')

    assert raw.row_number.to_list() == [2, 4]
    assert raw.frame["user_id"].to_list() == ["V", "X"]
    assert raw.rejected["row_number"].to_list() == [1, 3]


@pytest.mark.parametrize("text", ['a"b",c', 'a,"b" ,c', 'a, "b",c', '"a"b,c', '"a', 'a,"b\nc'])
def test_misplaced_quotes_are_seen(text):
    """Quotes open where a field begins and close where it ends; anything else is for care."""
    assert find_records(text.encode(), Dialect(b",", b'"')) is None


def test_a_quote_inside_a_value_stands_for_itself(tmp_path):
    """``5" pipe`` is a value; text after a closed quote is not."""
    raw = read_text(tmp_path, HEADER + 'T1,5" pipe,5,x\nT2,"U"2,5,x\nT3,a "b" c,5,x\n')

    assert raw.frame["user_id"].to_list() == ['5" pipe', 'a "b" c']
    assert raw.rejected["reason"].to_list() == ["row has broken quotes"]


def test_values_over_several_lines_survive_broken_neighbours(tmp_path):
    """A quoted value with newlines and doubled quotes is one value, also beside broken rows."""
    raw = read_text(tmp_path, HEADER + 'T1,"a\n""b""\nc",5,x\nT2,"broken,5,x\nT3,U,5,x\n')

    assert raw.frame["user_id"].to_list() == ['a\n"b"\nc', "U"]
    assert raw.row_number.to_list() == [1, 3]


def test_blank_lines_are_no_rows(tmp_path):
    """Blank lines are skipped, and said; a line of separators is a row."""
    raw = read_text(tmp_path, HEADER + "\nT1,U,5,x\n   \n,,,\n\n\n")

    assert raw.n_read == 2
    assert raw.row_number.to_list() == [1, 2]
    assert any("2 blank lines skipped" in note for note in raw.notes)


def test_a_cell_of_ten_megabytes_is_rejected(tmp_path):
    """A cell over the limit is named with its column and size; its line is shown cut."""
    raw = read_text(tmp_path, HEADER + f"T1,{'x' * 10_000_000},5,x\nT2,U,5,x\n")
    [line] = raw.rejected.rows()

    assert line[:3] == (1, "user_id", "user_id has 10,000,000 bytes, more than 1,048,576")
    assert len(line[3]) <= 500
    assert raw.frame["user_id"].to_list() == ["U"]


def test_a_long_row_of_short_cells_is_fine(tmp_path):
    """The limit is a cell's, not a row's."""
    names = ["user_id", "amount", "timestamp", *(f"x{i}" for i in range(30))]
    row = ["U", "5", "2024-01-01", *("y" * 50_000 for _ in range(30))]

    assert read_text(tmp_path, csv_text([names, row])).frame.height == 1


@pytest.mark.parametrize(("separator", "word"), [(";", "semicolon"), ("\t", "tab"), ("|", "bar")])
def test_other_separators_are_found_and_said(tmp_path, separator, word):
    """The separator is found though decimal commas stand in the values."""
    text = csv_text(
        [["user_id", "amount", "date"], ["U", "1,50", "x"], ["V", "2,50", "y"]], separator
    )
    raw = read_text(tmp_path, text)

    assert raw.frame["amount"].to_list() == ["1,50", "2,50"]
    assert any(f"separator is {word}" in note for note in raw.notes)


def test_excel_can_say_the_separator(tmp_path):
    """A first line ``sep=;`` is obeyed and is no row."""
    raw = read_text(tmp_path, "sep=;\r\nuser_id;amount;date\r\nU;5;x\r\n")

    assert raw.frame.columns == ["user_id", "amount", "date"]
    assert raw.n_read == 1


def test_single_quotes_are_found(tmp_path):
    """A header in single quotes says that these are the quotes."""
    raw = read_text(tmp_path, "'user_id','amount','a, b'\n'O''Neil','5','x'\n")

    assert raw.frame.columns == ["user_id", "amount", "a, b"]
    assert raw.frame["user_id"].to_list() == ["O'Neil"]


def test_names_are_made_distinct_and_said(tmp_path):
    """A column without a name and one with a name that is taken get their own."""
    raw = read_text(tmp_path, ",a,a\n1,2,3\n")

    assert raw.frame.columns == ["column_1", "a", "a_2"]
    assert any("column 3 ('a') is called 'a_2' here" in note for note in raw.notes)


def test_a_broken_header_is_an_error(tmp_path):
    """Without names for the columns nothing can be read."""
    with pytest.raises(InputError, match=r"line of column names in .* has broken quotes"):
        read_text(tmp_path, '"user_id,amount\nU,5\n')


def test_a_first_line_that_names_nothing_is_an_error(tmp_path):
    """A line of a megabyte is no header."""
    with pytest.raises(InputError, match="is not a line of column names"):
        read_text(tmp_path, "x" * 5_000 + "\n1\n")


def test_many_broken_quotes_do_not_take_for_ever():
    """Ten thousand unclosed quotes cost ten thousand rows and no more than a moment."""
    line = b'T,"U,"",5\n'
    raw = read_delimited(b"a,b,c,d\n" + line * 10_000, "t.csv")

    assert raw.n_read == raw.frame.height + raw.rejected.height


def test_rows_that_polars_counts_otherwise_are_an_error(monkeypatch):
    """Our count of the records is checked against the parser's: no difference passes in silence."""
    monkeypatch.setattr(pl, "read_csv", lambda *_args, **_kwargs: pl.DataFrame({"a": ["1"] * 9}))

    with pytest.raises(InputError, match=r"t\.csv cannot be read as CSV"):
        read_delimited(b"a\n1\n2\n", "t.csv")


def test_a_parser_that_fails_is_an_error(monkeypatch):
    """An error of the parser that no care avoids is one of ours."""

    def fail(*_args, **_kwargs):
        raise pl.exceptions.ComputeError

    monkeypatch.setattr(pl, "read_csv", fail)
    with pytest.raises(InputError, match=r"t\.csv cannot be read as CSV"):
        read_delimited(b"a\n1\n2\n", "t.csv")


def test_a_zero_byte_is_refused(tmp_path):
    """A binary file under the name of a CSV is refused, not read as nonsense."""
    with pytest.raises(InputError, match="is not a text file: it has zero bytes"):
        read_text(tmp_path, b"user_id,amount\n\0\1\2,3\n")


def test_old_mac_lines_are_lines(tmp_path):
    """Carriage returns alone end lines too."""
    assert read_text(tmp_path, "user_id,amount\rU,5\rV,6\r").n_read == 2
