"""A text column's own memory, through the Arrow C data interface, without a copy.

See https://arrow.apache.org/docs/format/CDataInterface.html: a stable layout of C structures.
"""

import ctypes as c
from typing import Any, ClassVar, Final

import numpy as np
import numpy.typing as npt
import polars as pl

VIEW: Final = 16
"""Bytes of one value in a column of string views: its length, then its bytes if they are few."""
INLINE: Final = 12
"""A longer text is not in the view itself."""


class _Schema(c.Structure):
    _fields_: ClassVar = [
        ("format", c.c_char_p),
        ("name", c.c_char_p),
        ("metadata", c.c_char_p),
        ("flags", c.c_int64),
        ("n_children", c.c_int64),
        ("children", c.c_void_p),
        ("dictionary", c.c_void_p),
        ("release", c.c_void_p),
        ("private_data", c.c_void_p),
    ]


class _Array(c.Structure):
    _fields_: ClassVar = [
        ("length", c.c_int64),
        ("null_count", c.c_int64),
        ("offset", c.c_int64),
        ("n_buffers", c.c_int64),
        ("n_children", c.c_int64),
        ("buffers", c.POINTER(c.c_void_p)),
        ("children", c.c_void_p),
        ("dictionary", c.c_void_p),
        ("release", c.c_void_p),
        ("private_data", c.c_void_p),
    ]


class _Stream(c.Structure):
    pass


_Stream._fields_ = [
    ("get_schema", c.CFUNCTYPE(c.c_int, c.POINTER(_Stream), c.POINTER(_Schema))),
    ("get_next", c.CFUNCTYPE(c.c_int, c.POINTER(_Stream), c.POINTER(_Array))),
    ("get_last_error", c.c_void_p),
    ("release", c.c_void_p),
    ("private_data", c.c_void_p),
]

_pointer = c.PYFUNCTYPE(c.c_void_p, c.py_object, c.c_char_p)(("PyCapsule_GetPointer", c.pythonapi))


class Views:
    """A column of texts as Arrow keeps it; its memory is there as long as this object.

    Parameters
    ----------
    column
        Of type String.
    """

    def __init__(self, column: pl.Series) -> None:
        self._capsule: Any = column.rechunk().__arrow_c_stream__()
        self._stream = _Stream.from_address(_pointer(self._capsule, b"arrow_array_stream"))
        self._schema, self._array = _Schema(), _Array()
        failed = self._stream.get_schema(c.byref(self._stream), c.byref(self._schema))
        failed = failed or self._stream.get_next(c.byref(self._stream), c.byref(self._array))
        self._ok = not failed and self._schema.format == b"vu" and self._array.n_buffers > 1

    def are_whole(self) -> bool:
        """Return whether each view holds all of its text."""
        return self._ok and int(self._lengths().max(initial=0)) <= INLINE

    def are_bare(self) -> bool:
        """Return whether certainly no text is empty, or has a blank before or behind it."""
        from outlay.schema._view_kernels import all_bare  # who only reads files needs no compiler

        return self.are_whole() and all_bare(self._values(), self._lengths())

    def are_views(self) -> bool:
        """Return whether this is a column of string views at all."""
        return self._ok

    def words(self) -> npt.NDArray[np.uint64]:
        """Return the views as pairs of words: they are equal where the texts are, if they are whole."""
        return self._values().view(np.uint64)

    def _lengths(self) -> npt.NDArray[np.uint32]:
        return self._values().view(np.uint32)[:, 0]

    def _values(self) -> npt.NDArray[np.uint8]:
        n = self._array.length
        address = self._array.buffers[1] + VIEW * self._array.offset
        values = np.ctypeslib.as_array((c.c_uint8 * (VIEW * n)).from_address(address))
        return values.reshape(-1, VIEW)

    def __del__(self) -> None:
        for part in (self._array, self._schema):
            if part.release:
                c.CFUNCTYPE(None, c.c_void_p)(part.release)(c.addressof(part))
