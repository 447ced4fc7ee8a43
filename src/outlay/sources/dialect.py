"""How a delimited text is written: separator, quotes and column names."""

import re
from dataclasses import dataclass
from typing import Final

from outlay.errors import InputError

_SEPARATORS: Final = b",;\t|"
_SAMPLE: Final = 1 << 16
_SAMPLE_LINES: Final = 50
_MAX_COLUMNS: Final = 10_000
_MAX_NAME: Final = 1_000
_NAMES: Final = {b",": "comma", b";": "semicolon", b"\t": "tab", b"|": "bar"}


@dataclass(frozen=True, slots=True)
class Dialect:
    """Separator and quote, one byte each."""

    separator: bytes
    quote: bytes

    @property
    def note(self) -> str:
        """What was found, in words."""
        quote = "" if self.quote == b'"' else ", quotes are '"
        return f"separator is {_NAMES.get(self.separator, repr(self.separator.decode()))}{quote}"


def find_dialect(data: bytes) -> tuple[Dialect, int]:
    """Return the dialect and where the header begins.

    The separator is the one that the header has most often, if the lines after it agree; a first
    line ``sep=;``, as Excel understands it, settles the matter.
    """
    said = re.match(rb"sep=([,;\t|])\r?\n", data)
    start = said.end() if said else 0
    lines = [line for line in data[start : start + _SAMPLE].splitlines() if line.strip()]
    header = lines[0] if lines else b""
    quote = b"'" if header.startswith(b"'") else b'"'
    if said:
        return Dialect(said[1], quote), start
    counts = [(_agreement(sep, lines, quote), sep) for sep in _separators()]
    best = max(counts, key=lambda pair: pair[0])  # the first of equals: the comma
    return Dialect(best[1], quote), start


def _separators() -> list[bytes]:
    return [bytes([code]) for code in _SEPARATORS]


def _agreement(separator: bytes, lines: list[bytes], quote: bytes) -> tuple[float, int]:
    """Return how well the lines agree with the header on this separator, and how often it has it."""
    counts = [_outside(line, quote).count(separator) for line in lines[: _SAMPLE_LINES + 1]]
    if not counts or not counts[0]:
        return 0.0, 0
    rest = counts[1:]
    share = sum(count == counts[0] for count in rest) / len(rest) if rest else 1.0
    return float(share >= 0.5 or not rest), counts[0]  # noqa: PLR2004


def _outside(line: bytes, quote: bytes) -> bytes:
    return re.sub(quote + rb"[^" + quote + rb"]*" + quote, b"", line)


def column_names(fields: list[bytes], name: str) -> tuple[list[str], list[str]]:
    """Return a distinct name for each column, and what had to be changed."""
    if len(fields) > _MAX_COLUMNS or max(map(len, fields)) > _MAX_NAME:
        raise InputError(
            f"the first line of {name} is not a line of column names: "
            f"{len(fields):,} columns, the longest name has {max(map(len, fields)):,} bytes."
            "\n\nHint: give a table whose first line names its columns."
        )
    notes: list[str] = []
    names: list[str] = []
    for at, field in enumerate(fields, start=1):
        given = field.decode("utf-8", "replace")
        wanted = given if given.strip() else f"column_{at}"
        names.append(_free(wanted, names))
        if names[-1] != given:
            notes.append(f"{name}: column {at} ({given!r}) is called {names[-1]!r} here")
    return names, notes


def _free(wanted: str, taken: list[str]) -> str:
    name, n = wanted, 2
    while name in taken:
        name, n = f"{wanted}_{n}", n + 1
    return name
