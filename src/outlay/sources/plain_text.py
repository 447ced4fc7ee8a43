"""A text file made plain: unpacked, UTF-8, lines ending in newlines; copied only where it is not so."""

import codecs
import gzip
import re
import shutil
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from outlay.sources.encoding import find_foreign, not_valid, refuse_binary
from outlay.sources.places import Place
from outlay.sources.unpack import MAX_BYTES, damaged, too_long

_BLOCK: Final = 1 << 24
_GZIP: Final = b"\x1f\x8b"
_MARKS: Final = (
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


@dataclass(slots=True)
class Text:
    """Where the plain text lies, between which bytes, and what a reader should know.

    ``is_damaged`` says that some bytes are not UTF-8, ``lines`` how many lines there are.
    """

    path: Path
    start: int = 0
    end: int = 0
    lines: int = 0
    is_damaged: bool = False
    notes: list[str] = field(default_factory=list)

    def head(self, size: int) -> bytes:
        """Return the first bytes."""
        with self.path.open("rb") as file:
            file.seek(self.start)
            return file.read(min(size, self.end - self.start))


def local_copy(place: Place, scratch: Path) -> Path:
    """Return a path that can be read twice: the file's own, or a copy of what comes once."""
    if place.path is not None and place.path.is_file():
        return place.path
    copy = scratch / f"copy-{abs(hash(place.name)):x}"
    with copy.open("wb") as to:
        if place.path is None:
            shutil.copyfileobj(sys.stdin.buffer, to, _BLOCK)
        else:
            with place.path.open("rb") as file:
                shutil.copyfileobj(file, to, _BLOCK)
    return copy


def unpacked(path: Path, name: str, scratch: Path) -> Path:
    """Return where what gzip packed lies, or the path itself."""
    with path.open("rb") as file:
        if file.read(2) != _GZIP:
            return path
    copy = scratch / f"unpacked-{path.name}"
    try:
        with gzip.open(path) as file, copy.open("wb") as to:
            for block in iter(lambda: file.read(_BLOCK), b""):
                to.write(block)
                if to.tell() > MAX_BYTES:
                    raise too_long(name, MAX_BYTES)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise damaged(name, error) from error
    return copy


def plain_text(path: Path, name: str, scratch: Path) -> Text:
    """Return the text, made plain where it is not."""
    with path.open("rb") as file:
        head = file.read(4096)
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return _recoded(path, len(mark), encoding, name, scratch, f"{name} is UTF-16")
    start = len(codecs.BOM_UTF8) if head.startswith(codecs.BOM_UTF8) else 0
    refuse_binary(head, name)
    seen = _look(path, start)
    if not seen.is_utf8 and not seen.is_foreign:
        note = f"{name} is not UTF-8; read as Windows-1252 (Latin-1)"
        return _recoded(path, start, "cp1252", name, scratch, note)
    if seen.returns and not seen.newlines:
        return _recoded(path, start, None, name, scratch, None)
    end = _end(path, start)
    return Text(path, start, end, seen.newlines + 1, not seen.is_utf8)


@dataclass(slots=True)
class _Seen:
    newlines: int = 0
    returns: bool = False
    is_utf8: bool = True
    is_foreign: bool = False


def _look(path: Path, start: int) -> _Seen:
    """Look at every byte once: is it UTF-8, and if not, what speaks against Windows-1252."""
    seen, decoder, before = _Seen(), codecs.getincrementaldecoder("utf-8")(), b""
    for block in _blocks(path, start):
        seen.newlines += block.count(b"\n")
        seen.returns = seen.returns or b"\r" in block
        if not block.isascii() or decoder.getstate()[0]:
            seen.is_foreign = seen.is_foreign or find_foreign(before[-2:] + block)
            seen.is_utf8 = seen.is_utf8 and _decodes(decoder, block)
        before = block
    seen.is_utf8 = seen.is_utf8 and _decodes(decoder, b"", final=True)
    return seen


def _decodes(decoder: codecs.IncrementalDecoder, block: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(block, final)
    except UnicodeDecodeError:
        return False
    return True


def _blocks(path: Path, start: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(start)
        yield from iter(lambda: file.read(_BLOCK), b"")


def _recoded(  # noqa: PLR0913, PLR0917 - what, how, where to
    path: Path, start: int, encoding: str | None, name: str, scratch: Path, note: str | None
) -> Text:
    """Write the text anew as UTF-8 with newlines."""
    copy = scratch / f"plain-{path.name}"
    decoder = codecs.getincrementaldecoder(encoding)() if encoding else None
    newlines = False
    try:
        with copy.open("wb") as to:
            for block in (*_blocks(path, start), None):
                if decoder is None:
                    text = block or b""
                else:
                    text = decoder.decode(block or b"", block is None).encode()
                newlines = newlines or b"\n" in text
                to.write(text)
    except UnicodeError as error:
        raise not_valid(name, encoding, error) from error
    if not newlines:
        _turn_returns(copy)
    end = _end(copy, 0)
    return Text(copy, 0, end, _look(copy, 0).newlines + 1, notes=[note] if note else [])


def _turn_returns(path: Path) -> None:
    """End lines as everybody does, and not as old Macs did."""
    with path.open("r+b") as file:
        while block := file.read(_BLOCK):
            file.seek(-len(block), 1)
            file.write(block.replace(b"\r", b"\n"))


_BLANK_END: Final = re.compile(rb"(?:\n\n|\r\n\r\n|\r)\Z")


def _end(path: Path, start: int) -> int:
    """Return where the text ends, without the blank lines behind it."""
    with path.open("rb") as file:
        end = file.seek(0, 2)
        first = True
        while end > start:
            tail = _tail(file, start, end)
            if first and not _BLANK_END.search(tail):
                return end
            first = False
            kept = len(tail.rstrip(b"\r\n"))
            end -= len(tail) - kept
            if kept:
                return end
    return start


def _tail(file: BinaryIO, start: int, end: int) -> bytes:
    size = min(1 << 16, end - start)
    file.seek(end - size)
    return file.read(size)
