"""Encodings: UTF-8 with or without mark, UTF-16, Windows-1252, and damage."""

import pytest

from outlay.errors import InputError
from tests.sources.writing import HEADER, read_text

TEXT = HEADER + "T1,Müller 🙂,5,2024-01-01\nT2,שלום,6,2024-01-01\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_unicode_is_read(tmp_path, encoding):
    """The mark at the start is no part of the first name."""
    raw = read_text(tmp_path, TEXT.encode(encoding))

    assert raw.frame.columns[0] == "transaction_id"
    assert raw.frame["user_id"].to_list() == ["Müller 🙂", "שלום"]


def test_windows_1252_is_read_and_said(tmp_path):
    """A file that is not UTF-8 at all is read as Windows-1252, with a note."""
    raw = read_text(tmp_path, (HEADER + "T1,Müller €,5,x\nT2,é,6,x\n").encode("cp1252"))

    assert raw.frame["user_id"].to_list() == ["Müller €", "é"]
    assert any("is not UTF-8; read as Windows-1252 (Latin-1)" in note for note in raw.notes)


def test_damaged_utf8_costs_its_rows(tmp_path):
    """In a file that is UTF-8 otherwise, rows with invalid bytes are rejected."""
    raw = read_text(tmp_path, (HEADER + "T1,Müller,5,x\n").encode() + b"T2,\xff,5,x\nT3,V,5,x\n")

    assert raw.row_number.to_list() == [1, 3]
    assert raw.rejected.rows() == [(2, "row", "row has bytes that are not UTF-8", "T2,\ufffd,5,x")]


def test_cut_utf16_is_an_error(tmp_path):
    """Half a character at the end of UTF-16 is said."""
    with pytest.raises(InputError, match="is not valid utf-16-le"):
        read_text(tmp_path, TEXT.encode("utf-16")[:-1])
