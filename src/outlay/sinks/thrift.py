"""Thrift's compact protocol, as far as a Parquet footer needs it: read, and written again.

No field is interpreted: what is not looked at comes out as it went in. Written after the protocol's
specification (Apache Thrift, ``doc/specs/thrift-compact-protocol.md``).
"""

import struct
from typing import Any, Final

TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, _MAP, STRUCT = range(1, 13)
_WHOLE: Final = (I16, I32, I64)

Struct = dict[int, tuple[int, Any]]
"""A structure: field number to its type and its value. A list is its items' type, and the items."""


class _Reader:
    """Reads from the front of some bytes."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def _take(self, n: int) -> bytes:
        self._at += n
        return self._data[self._at - n : self._at]

    def _byte(self) -> int:
        self._at += 1
        return self._data[self._at - 1]

    def _count(self) -> int:
        """Return a number of seven bits a byte, the lowest first."""
        found = shift = 0
        while True:
            byte = self._byte()
            found |= (byte & 0x7F) << shift
            if byte < 0x80:  # noqa: PLR2004 - the highest bit says that more follows
                return found
            shift += 7

    def _integer(self) -> int:
        found = self._count()
        return (found >> 1) ^ -(found & 1)

    def structure(self) -> Struct:
        """Read a structure up to its stop field."""
        fields: Struct = {}
        number = 0
        while head := self._byte():
            kind, step = head & 15, head >> 4
            number = number + step if step else self._integer()
            fields[number] = (kind, kind == TRUE if kind <= FALSE else self._value(kind))
        return fields

    def _value(self, kind: int) -> Any:
        if kind in _WHOLE:
            return self._integer()
        if kind == BINARY:
            return self._take(self._count())
        if kind == STRUCT:
            return self.structure()
        if kind in {LIST, SET}:
            return self._items()
        if kind == DOUBLE:
            return struct.unpack("<d", self._take(8))[0]
        if kind <= BYTE:  # a truth value in a list is a byte as well
            return self._byte()
        raise ValueError(f"a footer holds a field of kind {kind}, which is not known")

    def _items(self) -> tuple[int, list[Any]]:
        head = self._byte()
        kind, n = head & 15, head >> 4
        if n == 15:  # noqa: PLR2004 - that many or more: the count follows
            n = self._count()
        return kind, [self._value(kind) for _ in range(n)]


def read(data: bytes) -> Struct:
    """Return the structure that the bytes begin with."""
    return _Reader(data).structure()


def written(of: Struct) -> bytes:
    """Return a structure's bytes."""
    into = bytearray()
    _structure(into, of)
    return bytes(into)


def _structure(into: bytearray, of: Struct) -> None:
    before = 0
    for number in sorted(of):
        kind, value = of[number]
        if kind <= FALSE:
            kind = TRUE if value else FALSE
        step = number - before
        if 0 < step <= 15:  # noqa: PLR2004 - four bits
            into.append(step << 4 | kind)
        else:
            into.append(kind)
            _integer(into, number)
        if kind > FALSE:
            _value(into, kind, value)
        before = number
    into.append(0)


def _value(into: bytearray, kind: int, value: Any) -> None:
    if kind in _WHOLE:
        _integer(into, value)
    elif kind == BINARY:
        _count(into, len(value))
        into += value
    elif kind == STRUCT:
        _structure(into, value)
    elif kind in {LIST, SET}:
        of, items = value
        _head(into, of, len(items))
        for item in items:
            _value(into, of, item)
    elif kind == DOUBLE:
        into += struct.pack("<d", value)
    else:
        into.append(value)


def _head(into: bytearray, kind: int, n: int) -> None:
    if n < 15:  # noqa: PLR2004 - as in reading
        into.append(n << 4 | kind)
    else:
        into.append(0xF0 | kind)
        _count(into, n)


def _count(into: bytearray, value: int) -> None:
    while value >= 0x80:  # noqa: PLR2004 - as in reading
        into.append(value & 0x7F | 0x80)
        value >>= 7
    into.append(value)


def _integer(into: bytearray, value: int) -> None:
    _count(into, (value << 1) ^ (value >> 63))
