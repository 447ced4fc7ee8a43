"""The compiled walks through a forest.

Scoring does not walk the trees, it strikes leaves out. A tree's leaves are bits, in the order of the
tree; where a row's value of one feature lies among that feature's cuts says which leaves it can
still reach, and that is looked up. The leaves that all features leave over are one: the row's own.
Looking up costs the same for every tree, however deep, and a table's row is a cache line: the
leaves of eight words of 63 bits, mostly five or six trees. (`_forest_tables` makes the tables.)

Explaining walks: what each split saved is credited to its feature. It is asked for flagged rows.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from outlay.jit import kernel, leaf

F4 = NDArray[np.float32]
F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
U2 = NDArray[np.uint16]
U4 = NDArray[np.uint32]
U8 = NDArray[np.uint64]

WORDS: Final = 8
"""Words of bits in one row of the masks: a cache line."""
TOGETHER: Final = 3
"""Features looked up at a time; the others are filled up with one that strikes out nothing."""
BLOCK: Final = 256
ABREAST: Final = 64
"""Rows that go down a tree side by side."""
_ONE: Final = np.uint32(1)


@leaf
def _take(column: F4, fill: np.float32, values: F4) -> None:
    """Copy values, missing ones filled."""
    for row in range(len(column)):
        value = column[row]
        values[row] = fill if np.isnan(value) else value


@leaf
def _rank(values: F4, tree: F4, first: int, node: U4, places: U2) -> None:
    """Count the cuts below each value, by a search tree of them, for all rows at a time."""
    for row in range(len(places)):
        node[row] = np.uint32(0)
    step = 1
    while step <= len(tree):
        for row in range(len(places)):
            at = node[row]
            node[row] = np.uint32(at + at + _ONE + np.uint32(tree[at] < values[row]))
        step *= 2
    for row in range(len(places)):
        places[row] = np.uint16(first + np.int64(node[row]) - len(tree))


@leaf
def _strike_out(places: U2, slots: U2, masks: U8, left: F8) -> None:
    """Write, for each row and word, the leaf left over: a power of two, or 0.

    The eight words stand in eight variables, so that the compiler keeps them in vector registers.
    As a float a power of two shows its exponent, which is the leaf's place.
    """
    for row in range(len(places)):
        p = np.uint64(slots[places[row, 0]])
        q = np.uint64(slots[places[row, 1]])
        r = np.uint64(slots[places[row, 2]])
        w0 = masks[p, 0] & masks[q, 0] & masks[r, 0]
        w1 = masks[p, 1] & masks[q, 1] & masks[r, 1]
        w2 = masks[p, 2] & masks[q, 2] & masks[r, 2]
        w3 = masks[p, 3] & masks[q, 3] & masks[r, 3]
        w4 = masks[p, 4] & masks[q, 4] & masks[r, 4]
        w5 = masks[p, 5] & masks[q, 5] & masks[r, 5]
        w6 = masks[p, 6] & masks[q, 6] & masks[r, 6]
        w7 = masks[p, 7] & masks[q, 7] & masks[r, 7]
        for feature in range(TOGETHER, places.shape[1], TOGETHER):
            p = np.uint64(slots[places[row, feature]])
            q = np.uint64(slots[places[row, feature + 1]])
            r = np.uint64(slots[places[row, feature + 2]])
            w0 &= masks[p, 0] & masks[q, 0] & masks[r, 0]
            w1 &= masks[p, 1] & masks[q, 1] & masks[r, 1]
            w2 &= masks[p, 2] & masks[q, 2] & masks[r, 2]
            w3 &= masks[p, 3] & masks[q, 3] & masks[r, 3]
            w4 &= masks[p, 4] & masks[q, 4] & masks[r, 4]
            w5 &= masks[p, 5] & masks[q, 5] & masks[r, 5]
            w6 &= masks[p, 6] & masks[q, 6] & masks[r, 6]
            w7 &= masks[p, 7] & masks[q, 7] & masks[r, 7]
        left[row, 0] = np.float64(w0)
        left[row, 1] = np.float64(w1)
        left[row, 2] = np.float64(w2)
        left[row, 3] = np.float64(w3)
        left[row, 4] = np.float64(w4)
        left[row, 5] = np.float64(w5)
        left[row, 6] = np.float64(w6)
        left[row, 7] = np.float64(w7)


@leaf
def _add(left: U8, values: F8, total: F8) -> None:
    """Add the path lengths of the leaves left over, word by word; no leaf adds 0."""
    exponent, low = np.uint64(52), np.uint64(127)
    for row in range(len(total)):
        length = total[row]
        for word in range(WORDS):
            length += values[word, (left[row, word] >> exponent) & low]
        total[row] = length


@kernel
def path_lengths(  # noqa: PLR0913, PLR0917 - numba takes arrays, not objects
    columns: F4,
    fill: F4,
    trees: F4,
    tree_of: I8,
    first: I8,
    slots: U2,
    masks: U8,
    mask_of: I8,
    values: F8,
    total: F8,
) -> None:
    """Add each row's path length in every tree to its total, tree after tree as scikit-learn does.

    ``columns`` are feature by row; the rest is a section, see `_forest_tables.Section`.
    """
    features, rows = columns.shape
    wide = -(-features // TOGETHER) * TOGETHER
    places = np.full((BLOCK, wide), slots.shape[1] - 1, np.uint16)
    single, node = np.empty(BLOCK, np.float32), np.empty(BLOCK, np.uint32)
    left = np.empty((BLOCK, WORDS))
    bits = left.view(np.uint64)
    for start in range(0, rows, BLOCK):
        n = min(BLOCK, rows - start)
        for f in range(features):
            _take(columns[f, start : start + n], fill[f], single)
            _rank(single, trees[tree_of[f] : tree_of[f + 1]], first[f], node, places[:n, f])
        for group in range(len(slots)):
            own = masks[mask_of[group] : mask_of[group + 1]]
            _strike_out(places[:n], slots[group], own, left)
            _add(bits, values[group], total[start : start + n])


@kernel
def path_credits(  # noqa: PLR0913, PLR0917 - likewise
    columns: F4, fill: F4, feature: U2, threshold: F4, expected: F8, depth: int
) -> F8:
    """Return, feature by row, the path length that the splits on each feature saved.

    Trees are perfect and in heap order; where one ends early the thresholds are infinite.
    """
    features, rows = columns.shape
    saved = np.empty((features, rows))
    most = min(ABREAST, rows)
    value, own = np.empty((most, features), np.float32), np.empty((most, features))
    node = np.empty(most, np.int64)
    for start in range(0, rows, ABREAST):
        n = min(ABREAST, rows - start)
        for f in range(features):
            _take(columns[f, start : start + n], fill[f], value[:n, f])
        own[:n] = 0.0
        for tree in range(len(feature)):
            if n == 1:
                _descend(value, feature, threshold, expected, tree, depth, own)
            else:
                splits = (feature[tree], threshold[tree], expected[tree])
                _descend_abreast(value[:n], *splits, depth, node, own)
        for row in range(n):
            for f in range(features):
                saved[f, start + row] = own[row, f]
    return saved


@leaf
def _descend(  # noqa: PLR0913, PLR0917 - likewise
    value: F4, feature: U2, threshold: F4, expected: F8, tree: int, depth: int, own: F8
) -> None:
    """Add what each split on a single row's way through a tree saved to its feature's sum."""
    at = 0
    for _ in range(depth):
        if threshold[tree, at] == np.inf:
            break
        split = feature[tree, at]
        child = 2 * at + 1 + int(value[0, split] > threshold[tree, at])
        own[0, split] += expected[tree, at] - expected[tree, child]
        at = child


@leaf
def _descend_abreast(  # noqa: PLR0913, PLR0917 - likewise
    value: F4, feature: U2, threshold: F4, expected: F8, depth: int, node: I8, own: F8
) -> None:
    """Do the same for several rows, all of them one step at a time: none waits for another.

    A row whose tree has ended stays where it is, and adds nothing: no branch to guess wrongly.
    """
    rows = len(value)
    for row in range(rows):
        node[row] = 0
    for _ in range(depth):
        for row in range(rows):
            at = node[row]
            split, cut = feature[at], threshold[at]
            below = 2 * at + 1 + int(value[row, split] > cut)
            child = below if cut < np.inf else at
            own[row, split] += expected[at] - expected[child]
            node[row] = child
