"""What is read of Thrift's compact protocol is written back as it was."""

import io
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.sinks.thrift import (
    BINARY,
    BYTE,
    DOUBLE,
    I16,
    I32,
    I64,
    LIST,
    SET,
    STRUCT,
    TRUE,
    Struct,
    read,
    written,
)

_SCALARS: dict[int, st.SearchStrategy[Any]] = {
    TRUE: st.booleans(),
    BYTE: st.integers(0, 255),
    I16: st.integers(-(1 << 15), (1 << 15) - 1),
    I32: st.integers(-(1 << 31), (1 << 31) - 1),
    I64: st.integers(-(1 << 63), (1 << 63) - 1),
    DOUBLE: st.floats(allow_nan=False),
    BINARY: st.binary(max_size=300),
}


def tagged(kind: int, values: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[int, Any]]:
    """Return the kind beside the values."""
    return values.map(lambda value: (kind, value))


def structures(values: st.SearchStrategy[tuple[int, Any]]) -> st.SearchStrategy[Struct]:
    """Return structures of such fields, some far apart."""
    return st.dictionaries(st.integers(1, 40), values, max_size=6)


def lists(fields: st.SearchStrategy[tuple[int, Any]]) -> st.SearchStrategy[tuple[int, Any]]:
    """Return lists of numbers, texts or structures, some longer than a short head can say."""
    numbers = st.lists(_SCALARS[I64], max_size=20).map(lambda items: (I64, items))
    texts = st.lists(_SCALARS[BINARY], max_size=20).map(lambda items: (BINARY, items))
    nested = st.lists(structures(fields), max_size=3).map(lambda items: (STRUCT, items))
    return st.sampled_from([LIST, SET]).flatmap(
        lambda kind: tagged(kind, st.one_of(numbers, texts, nested))
    )


SCALARS = st.one_of(*(tagged(kind, values) for kind, values in _SCALARS.items()))
FIELDS = st.recursive(
    SCALARS,
    lambda inner: st.one_of(tagged(STRUCT, structures(inner)), lists(inner)),
    max_leaves=20,
)


def plain(value: Any) -> Any:
    """Return a field's value without what says whether a truth value is one: the value does."""
    if isinstance(value, dict):
        return {number: plain(field) for number, field in value.items()}
    if isinstance(value, tuple) and isinstance(value[1], bool):
        return bool(value[1])
    if isinstance(value, list):
        return [plain(item) for item in value]
    return (value[0], plain(value[1])) if isinstance(value, tuple) else value


@given(structures(FIELDS))
def test_what_is_written_is_read_again(of: Struct) -> None:
    """Every structure comes back."""
    assert plain(read(written(of))) == plain(of)


def test_a_footer_comes_out_byte_for_byte() -> None:
    """What Polars wrote is understood as a whole."""
    into = io.BytesIO()
    frame = pl.DataFrame({"a": [1.5, None], "b": [["x"], []], "c": [True, False]})
    frame.write_parquet(into, row_group_size=1)
    size = int.from_bytes(into.getvalue()[-8:-4], "little")
    footer = into.getvalue()[-8 - size : -8]

    assert written(read(footer)) == footer


def test_an_unknown_kind_is_refused() -> None:
    """A map, which no footer holds, is not skipped over in silence."""
    with pytest.raises(ValueError, match="a field of kind 11, which is not known"):
        read(b"\x1b\x00\x00")
