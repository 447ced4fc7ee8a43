"""Marks of ids, told apart; compiled."""

import numpy as np
import numpy.typing as npt

from outlay.jit import kernel

Marks = npt.NDArray[np.uint64]
Ints = npt.NDArray[np.int64]


@kernel
def split(marks: Marks, shift: int, bounds: Ints, out: Marks) -> None:
    """Bring marks together by their bits from ``shift`` on.

    ``bounds`` (ranges + 1,) arrives as zeros and leaves with where in ``out`` each range begins.
    """
    for k in range(marks.size):
        bounds[(marks[k] >> np.uint64(shift)) + np.uint64(1)] += 1
    for at in range(bounds.size - 1):
        bounds[at + 1] += bounds[at]
    ends = bounds[:-1].copy()
    for k in range(marks.size):
        at = marks[k] >> np.uint64(shift)
        out[ends[at]] = marks[k]
        ends[at] += 1


@kernel
def come_again(marks: Marks, table: Marks, found: Marks) -> int:
    """Set ``found`` to the marks that came before, as often as they did; return how many.

    ``table`` is all zeros, and longer than the marks: 2^n slots of open addressing. A mark's last
    bits say where it stands, since what is compared has its first ones in common.
    """
    mask = np.uint64(table.size - 1)
    n = zeros = 0
    for k in range(marks.size):
        mark = marks[k]
        if mark == 0:  # which means an empty slot
            again, zeros = zeros > 0, zeros + 1
        else:
            slot = mark & mask
            while table[slot] != 0 and table[slot] != mark:
                slot = (slot + np.uint64(1)) & mask
            again = table[slot] == mark
            table[slot] = mark
        if again:
            found[n] = mark
            n += 1
    return n
