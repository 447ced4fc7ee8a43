"""A sum of floats without rounding on the way: the same in any order and any split."""

from collections import Counter
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

_DIGITS = 53  # of a float's mantissa
_LOW = 26  # bits that are summed apart, so that no sum of integers overflows


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
        mantissas, exponents = np.frexp(values)
        whole = (mantissas * 2.0**_DIGITS).astype(np.int64)
        for exponent in np.unique(exponents).tolist():
            mine = whole[exponents == exponent]
            high, low = mine >> _LOW, mine & ((1 << _LOW) - 1)
            self._parts[exponent] += (int(high.sum()) << _LOW) + int(low.sum())

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
