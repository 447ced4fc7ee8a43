"""Where in a TOML file a value stands. The parser does not keep it, and an error must name it."""

import re
from dataclasses import dataclass, field

from outlay.detectors.rules.problems import Span

_HEADER = re.compile(r"[ \t]*\[\[?[ \t]*([\w.\"' -]+?)[ \t]*\]\]?[ \t]*(?:#.*)?$")
_KEY = re.compile(r"[ \t]*([\w-]+|\"[^\"\n]*\"|'[^'\n]*')[ \t]*=[ \t]*")
_HEADER_LENGTH = 300
"""Characters of a line in which a header is looked for: the pattern goes back and forth."""
_LONG = re.compile(r'"""|\'\'\'')


@dataclass(slots=True)
class Places:
    """The offsets of every table and key, found line by line; approximate on exotic layouts.

    A table of an array is named with its number: ``rule.0``, ``rule.1``. The top level is ``""``.
    """

    text: str
    tables: dict[str, Span] = field(default_factory=dict)
    keys: dict[tuple[str, str], Span] = field(default_factory=dict)
    values: dict[tuple[str, str], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        table, offset, until, seen = "", 0, None, dict[str, int]()
        for line in re.findall(r"[^\n]*\n|[^\n]+", self.text):
            if until is not None:  # inside a text of several lines: nothing here is a key
                until = None if until in line else until
            elif header := _HEADER.match(line[:_HEADER_LENGTH].rstrip("\r\n")):
                table = self._table(header, offset, array=line.lstrip().startswith("[["), seen=seen)
            elif key := _KEY.match(line):
                self._key(table, key, offset)
                until = _opened(line[key.end() :])
            offset += len(line)

    def _table(
        self, header: re.Match[str], offset: int, *, array: bool, seen: dict[str, int]
    ) -> str:
        name = header[1]
        if array:
            seen[name] = seen.get(name, -1) + 1
            name = f"{name}.{seen[name]}"
        self.tables.setdefault(name, Span(offset + header.start(1), offset + header.end(1)))
        return name

    def _key(self, table: str, key: re.Match[str], offset: int) -> None:
        name = key[1].strip("\"'")
        self.keys.setdefault((table, name), Span(offset + key.start(1), offset + key.end(1)))
        self.values.setdefault((table, name), offset + key.end())

    def key(self, table: str, key: str) -> Span:
        """Return where ``key`` stands; else its table; else the start of the file."""
        return self.keys.get((table, key)) or self.tables.get(table) or Span(0, 1)

    def value(self, table: str, key: str, value: str) -> Span:
        """Return where the text of ``value`` stands, or its key if it was written with escapes."""
        start = self.values.get((table, key))
        found = -1 if start is None else self.text.find(value, start, start + len(value) + 8)
        return Span(found, found + len(value)) if found >= 0 else self.key(table, key)

    def inside(self, table: str, key: str, value: str, part: Span) -> Span:
        """Return where a part of a text value stands in the file."""
        whole = self.value(table, key, value)
        if whole.end - whole.start != len(value) or self.text[whole.start : whole.end] != value:
            return whole
        return Span(whole.start + part.start, whole.start + max(part.end, part.start + 1))


def _opened(rest: str) -> str | None:
    """Return the quotes of a text of several lines that starts here and does not end here."""
    quotes = _LONG.match(rest)
    return quotes[0] if quotes and quotes[0] not in rest[3:] else None
