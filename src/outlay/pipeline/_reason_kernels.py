"""Compiled: which features of a row are put into words, and in which order its reasons stand."""

import numpy as np
from numpy.typing import NDArray

from outlay.jit import kernel, leaf

Rows = NDArray[np.intp]


@kernel
def chosen(order: Rows, kept: Rows, said: NDArray[np.int16], most: int) -> tuple[Rows, Rows]:
    """Return the rows and ranks of what is put into words, row by row, in the order of the ranks.

    Parameters
    ----------
    order
        The features of each row, rank by row.
    kept
        How many ranks of each row count.
    said
        The number of the sentence on each feature, feature by row; below zero where there is none.
        Of features with the same sentence on a row only the first speaks.
    most
        At most so many sentences a row.
    """
    height = kept.size
    rows, ranks = np.empty(most * height, np.intp), np.empty(most * height, np.intp)
    end = 0
    for row in range(height):
        start = end
        for rank in range(kept[row]):
            number = said[order[rank, row], row]
            if number < 0 or end - start == most:
                continue
            known = False
            for place in range(start, end):
                known |= said[order[ranks[place], row], row] == number
            if not known:
                rows[end], ranks[end] = row, rank
                end += 1
    return rows[:end], ranks[:end]


@kernel
def arranged(rows: Rows, loudness: NDArray[np.float64], height: int) -> Rows:
    """Return the entries by row, of one row the loudest first, equal ones as they came.

    Parameters
    ----------
    rows
        Which row each entry is about, below ``height``.
    loudness
        What of one row decides; what is no number stands last.
    height
        The number of rows.
    """
    ends = np.zeros(height + 1, np.intp)
    for row in rows:
        ends[row + 1] += 1
    for row in range(height):
        ends[row + 1] += ends[row]
    starts = ends.copy()
    order = np.empty(rows.size, np.intp)
    for entry in range(rows.size):
        row = rows[entry]
        at = ends[row]
        ends[row] += 1
        while at > starts[row] and _is_before(loudness[entry], loudness[order[at - 1]]):
            order[at] = order[at - 1]
            at -= 1
        order[at] = entry
    return order


@leaf
def _is_before(one: float, other: float) -> bool:
    return one > other or (np.isnan(other) and not np.isnan(one))


@kernel
def any_repeated(rows: Rows, marks: NDArray[np.uint64]) -> bool:
    """Return whether two entries of one row have the same mark; the rows rise."""
    for entry in range(rows.size):
        other = entry - 1
        while other >= 0 and rows[other] == rows[entry]:
            if marks[other] == marks[entry]:
                return True
            other -= 1
    return False
