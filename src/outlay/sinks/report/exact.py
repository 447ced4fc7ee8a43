"""A sum of floats without rounding on the way: the same in any order and any split."""

from collections import Counter
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

_DIGITS = 53  # of a float's mantissa
_LOW = 26  # bits that are summed apart
_MOST = 1 << 25  # numbers at a time: so many of 27 bits and a sign add up to less than 53 bits


class ExactSum:
    """Adds up floats; `value` is the true sum, rounded once.

    >>> one, other = ExactSum(), ExactSum()
    >>> one.add(np.array([1e16, 1.0, 1.0]))
    >>> other.add(np.array([-1e16, 0.1]))
    >>> (one + other).value
    2.1
    """

    def __init__(self) -> None:
        self._parts = Counter[int]()  # sum of mantissas by exponent

    def add(self, values: NDArray[np.float64]) -> None:
        """Add finite numbers."""
        for begin in range(0, len(values), _MOST):
            self._add(values[begin : begin + _MOST])

    def _add(self, values: NDArray[np.float64]) -> None:
        mantissas, exponents = np.frexp(values)
        whole = (mantissas * 2.0**_DIGITS).astype(np.int64)
        least = int(exponents.min())
        places = (exponents - least).astype(np.intp)
        highs, lows = (  # sums of whole numbers that a float holds exactly
            np.bincount(places, weights=part.astype(np.float64)).astype(np.int64).tolist()
            for part in (whole >> _LOW, whole & ((1 << _LOW) - 1))
        )
        for place, (high, low) in enumerate(zip(highs, lows, strict=True)):
            if high or low:
                self._parts[least + place] += (high << _LOW) + low

    def __add__(self, other: "ExactSum") -> "ExactSum":
        """Return the sum of two sums."""
        both = ExactSum()
        for part in (self, other):
            for exponent, total in part._parts.items():
                both._parts[exponent] += total
        return both

    @property
    def value(self) -> float:
        """The sum as the nearest float."""
        exact = sum(
            (Fraction(total) * Fraction(2) ** (exponent - _DIGITS))
            for exponent, total in self._parts.items()
        )
        return float(exact)
