"""Text files as UTF-8, whatever they were."""

import codecs
import re
from typing import Final

from outlay.errors import InputError

_UTF16: Final = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_SEQUENCE: Final = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}")
_UNDEFINED: Final = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")  # bytes that Windows-1252 leaves free
_CHUNK: Final = 1 << 20


def to_utf8(data: bytes, name: str) -> tuple[bytes, bool, list[str]]:
    """Return the text as UTF-8 without byte order mark, whether it has invalid bytes, and notes.

    A file that is not UTF-8 is Windows-1252 (which holds Latin-1's letters) if no character of it
    is UTF-8 and all its bytes exist there; otherwise it is damaged UTF-8, and only the rows with
    invalid bytes are lost.
    """
    for mark, encoding in _UTF16:
        if data.startswith(mark):
            return _recoded(data[len(mark) :], encoding, name), False, [f"{name} is UTF-16"]
    data = data.removeprefix(codecs.BOM_UTF8)
    if data.isascii() or is_utf8(data):
        refuse_binary(data, name)
        return data, False, []
    if find_foreign(data):
        refuse_binary(data, name)
        return data, True, []
    note = f"{name} is not UTF-8; read as Windows-1252 (Latin-1)"
    return _recoded(data, "cp1252", name), False, [note]


def find_foreign(data: bytes) -> bool:
    """Say whether something in ``data`` speaks against Windows-1252."""
    return bool(_SEQUENCE.search(data) or _UNDEFINED.search(data))


def is_utf8(data: bytes) -> bool:
    """Say whether ``data`` is valid UTF-8, without keeping it decoded."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for at in range(0, len(data), _CHUNK):
            decoder.decode(data[at : at + _CHUNK])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _recoded(data: bytes, encoding: str, name: str) -> bytes:
    try:
        return data.decode(encoding).encode("utf-8")
    except UnicodeError as error:
        raise not_valid(name, encoding, error) from error


def not_valid(name: str, encoding: str | None, error: UnicodeError) -> InputError:
    """Say that a file is not in the encoding that it seems to be in."""
    return InputError(f"{name} is not valid {encoding}: {error}.\n\nHint: save the file as UTF-8.")


def refuse_binary(data: bytes, name: str) -> None:
    """Raise if this is no text."""
    if b"\0" in data[:4096]:
        raise InputError(
            f"{name} is not a text file: it has zero bytes."
            "\n\nHint: give CSV or JSON lines as UTF-8, Parquet or Arrow IPC."
        )
