"""Compiled: numbers as decimal digits, rounded as Python rounds them.

A double below 2**53 is a whole number of 53 bits over a power of two. Times a hundred it still fits
into 64 bits, so what is cut off is known exactly: it is compared with one half, and a tie goes to
the even digit. No floating-point operation takes part.
"""

import numpy as np
from numpy.typing import NDArray

from outlay.jit import kernel, leaf
from outlay.schema.money import CENTS_MATTER_BELOW

I8 = NDArray[np.int64]
U1 = NDArray[np.uint8]

WIDEST = 26
"""Bytes of the longest line: ``-9,007,199,254,740,991.00`` and its end."""
TRIMMED, CENTS, GROUPED = 1, 2, 4
"""No zeros at the end, after the point; cents only where they matter; thousands set apart."""
CENTS_BELOW = int(CENTS_MATTER_BELOW)
"""Where only cents that matter are written, amounts from here on have none, nor have whole ones."""

_MANTISSA = 52
_BIAS = 1075
_NOTHING_LEFT = 60
"""A number times a hundred is below 2**60: shifted by more it is below one half."""
_NEWLINE, _MINUS, _POINT, _COMMA, _ZERO = 10, 45, 46, 44, 48


@kernel
def write_lines(bits: I8, places: int, how: int, out: U1) -> int:
    """Write each number on a line of its own, and return where the last line ends.

    The line of a number that is not below 2**53 stays empty.

    Parameters
    ----------
    bits
        The numbers, as the 64 bits of a double.
    places
        Digits after the point, at most two.
    how
        The sum of some of `TRIMMED`, `CENTS` and `GROUPED`.
    out
        Room for `WIDEST` bytes a number.
    """
    end = 0
    for word in bits:
        exponent = (word >> _MANTISSA) & 0x7FF
        if exponent <= _BIAS:
            end = _number(word, exponent, places, how, out, end)
        out[end] = _NEWLINE
        end += 1
    return end


@kernel
def look_up(bits: I8, places: int, how: int, known: int, out: NDArray[np.int32]) -> None:
    """Give each number its place in a table of texts; what is not in it is -1.

    Parameters
    ----------
    bits, places, how
        As in `write_lines`.
    known
        How many texts there are with so many digits after the point; where only cents that matter
        are written, so many whole numbers stand before them.
    out
        Where the places go.
    """
    for n in range(bits.size):
        word = bits[n]
        exponent = word >> _MANTISSA
        out[n] = -1
        if word >= 0 and exponent <= _BIAS:
            mantissa, shift = _parts(word, exponent)
            digits = _places(mantissa, shift, places, how)
            units = _rounded(mantissa * _scale(digits), shift)
            if units < known:
                out[n] = units + (known if how & CENTS and digits > 0 else 0)


@leaf
def _number(word: int, exponent: int, places: int, how: int, out: U1, end: int) -> int:  # noqa: PLR0913, PLR0917 - numba takes arrays and numbers, not objects
    """Write one number, and return where it ends."""
    mantissa, shift = _parts(word, exponent)
    places = _places(mantissa, shift, places, how)
    scale = _scale(places)
    units = _rounded(mantissa * scale, shift)
    if word < 0:
        out[end] = _MINUS
        end += 1
    end = _integer(units // scale, how, out, end)
    return _fraction(units % scale, places, how, out, end)


@leaf
def _parts(word: int, exponent: int) -> tuple[int, int]:
    """Return the whole number that a double is, and over which power of two."""
    mantissa = word & ((1 << _MANTISSA) - 1)
    if exponent > 0:
        mantissa |= 1 << _MANTISSA
    return mantissa, _BIAS - max(exponent, 1)


@leaf
def _places(mantissa: int, shift: int, places: int, how: int) -> int:
    """Return how many digits after the point are written."""
    if how & CENTS and (_is_whole(mantissa, shift) or _floor(mantissa, shift) >= CENTS_BELOW):
        return 0
    return places


@leaf
def _scale(places: int) -> int:
    return 1 if places == 0 else (10 if places == 1 else 100)


@leaf
def _is_whole(mantissa: int, shift: int) -> bool:
    """Return whether the number has nothing after the point."""
    return mantissa == 0 or (shift <= _NOTHING_LEFT and mantissa & ((1 << shift) - 1) == 0)


@leaf
def _floor(mantissa: int, shift: int) -> int:
    """Return the number without what is after the point."""
    return mantissa >> min(shift, _NOTHING_LEFT)


@leaf
def _rounded(scaled: int, shift: int) -> int:
    """Return the whole number nearest to ``scaled / 2**shift``, of two such the even one."""
    if shift == 0:
        return scaled
    if shift > _NOTHING_LEFT:
        return 0
    units, rest, half = scaled >> shift, scaled & ((1 << shift) - 1), 1 << (shift - 1)
    if rest > half or (rest == half and units & 1 == 1):
        units += 1
    return units


@leaf
def _integer(units: int, how: int, out: U1, end: int) -> int:
    """Write a whole number, and return where it ends."""
    digits, left = 1, units // 10
    while left > 0:
        digits, left = digits + 1, left // 10
    end += digits + ((digits - 1) // 3 if how & GROUPED else 0)
    at = end
    for place in range(digits):
        if how & GROUPED and place > 0 and place % 3 == 0:
            at -= 1
            out[at] = _COMMA
        at -= 1
        out[at] = _ZERO + units % 10
        units //= 10
    return end


@leaf
def _fraction(rest: int, places: int, how: int, out: U1, end: int) -> int:
    """Write what is after the point, if anything, and return where it ends."""
    while how & TRIMMED and places > 0 and rest % 10 == 0:
        rest, places = rest // 10, places - 1
    if places == 0:
        return end
    out[end] = _POINT
    for place in range(places, 0, -1):
        out[end + place] = _ZERO + rest % 10
        rest //= 10
    return end + places + 1
