"""JSON lines: objects are rows, the rest is rejected."""

import pytest

from outlay.errors import InputError
from tests.sources.writing import read_text


def test_broken_lines_are_rejected(tmp_path):
    """A line that is no object is named with its reason; the others keep their numbers."""
    lines = [
        '{"user_id": "a", "amount": 1}',
        '{"user_id": ',
        "[1]",
        "",
        '{"user_id": "b", "amount": "2"}',
    ]
    raw = read_text(tmp_path, "\n".join(lines), "t.jsonl")

    assert raw.frame.rows() == [("a", "1"), ("b", "2")]
    assert raw.row_number.to_list() == [1, 4]
    assert raw.rejected.rows() == [
        (2, "row", "row is not JSON: Expecting value", '{"user_id":'),
        (3, "row", "row is not a JSON object", "[1]"),
    ]
    assert raw.n_read == 4


def test_values_of_several_types_are_texts(tmp_path):
    """No value is lost because an earlier one was of another type."""
    lines = ['{"amount": 1}'] * 200 + ['{"amount": "£2", "note": "late"}', '{"amount": true}']
    raw = read_text(tmp_path, "\n".join(lines), "t.jsonl")

    assert raw.frame["amount"].to_list()[-3:] == ["1", "£2", "true"]
    assert raw.frame["note"].to_list()[-2] == "late"


def test_numbers_that_json_cannot_hold_are_kept_to_be_judged(tmp_path):
    """NaN, infinities and very long numbers are amounts with a reason, not broken lines."""
    lines = [
        '{"amount": 1.5}',
        '{"amount": NaN}',
        '{"amount": 1e400}',
        '{"amount": 123456789012345678901234567890}',
    ]
    raw = read_text(tmp_path, "\n".join(lines), "t.jsonl")

    assert raw.rejected.is_empty()
    assert raw.frame.height == 4


def test_deep_and_huge_lines_are_rejected(tmp_path):
    """Nesting without end and lines of many megabytes cost their own row."""
    lines = [
        '{"amount": ' + "[" * 100_000,
        '{"amount": "' + "x" * 9_000_000 + '"}',
        '{"amount": 1}',
        "{",
    ]
    raw = read_text(tmp_path, "\n".join(lines), "t.jsonl")

    assert raw.row_number.to_list() == [3]
    assert raw.rejected["row_number"].to_list() == [1, 2, 4]


def test_a_huge_value_is_rejected(tmp_path):
    """The limit on cells holds when lines are read one by one, with the right number."""
    lines = ['{"a": 1, "b": "x"}', "nonsense", '{"a": 2, "b": "' + "x" * 2_000_000 + '"}']
    raw = read_text(tmp_path, "\n".join(lines), "t.jsonl")

    assert raw.rejected["row_number"].to_list() == [2, 3]


def test_invalid_bytes_cost_their_line(tmp_path):
    """A line that is not UTF-8 is rejected in a file that is."""
    raw = read_text(tmp_path, '{"a": "é"}\n'.encode() + b'{"a": "\xff"}\n', "t.jsonl")

    assert raw.frame["a"].to_list() == ["é"]
    assert raw.rejected["reason"].to_list() == ["row has bytes that are not UTF-8"]


def test_blank_lines_alone_are_an_empty_file(tmp_path):
    """A file of blank lines has no rows."""
    with pytest.raises(InputError, match=r"t\.jsonl is empty"):
        read_text(tmp_path, "\n \n", "t.jsonl")


def test_an_array_is_an_error(tmp_path):
    """One array over many lines is JSON, but not lines: said with the way out."""
    with pytest.raises(InputError, match="is one JSON array, not JSON lines"):
        read_text(tmp_path, '[{"a": 1}]', "t.jsonl")
