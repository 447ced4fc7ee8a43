"""The compiled walks through a forest.

Scoring does not walk the trees, it strikes leaves out. A tree's leaves are bits, in the order of the
tree; where a row's value of one feature lies among that feature's cuts says which leaves it can
still reach, and that is looked up. The leaves that all features leave over are one: the row's own.
Looking up costs the same for every tree, however deep, and a table's row is a cache line: the
leaves of eight words of 63 bits, mostly five or six trees. (`_forest_tables` makes the tables.)

Explaining walks: what each split saved is credited to its feature. It is asked for flagged rows.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from outlay.jit import alloca_once, by_hand, for_range, ir, kernel, leaf

F4 = NDArray[np.float32]
F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
U2 = NDArray[np.uint16]
U4 = NDArray[np.uint32]
U8 = NDArray[np.uint64]

WORDS: Final = 8
"""Words of bits in one row of the masks: a cache line."""
VALUES: Final = 64
"""Path lengths a word: the bit 1 is never set, so a leaf's exponent of 6 bits is not that of 0."""
_EXPONENT: Final = 52
"""Where in a float's bits its exponent begins."""
BLOCK: Final = 256
ABREAST: Final = 64
"""Rows that go down a tree side by side."""
_ONE: Final = np.uint32(1)


@leaf
def _take(column: F8, fill: np.float32, values: F4) -> None:
    """Round values as scikit-learn does, too large ones to infinity, and fill missing ones."""
    for row in range(len(column)):
        value = np.float32(column[row])
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


def _build(  # noqa: PLR0913, PLR0917 - the builder, and the arguments of `strike_out`
    builder: Any, places: Any, row: Any, slots: Any, masks: Any, left: Any
) -> None:
    """Write the instructions of `strike_out`: the eight words of a row of masks are one vector."""
    word, line = ir.IntType(64), ir.VectorType(ir.IntType(64), WORDS)
    place_of, (_, features) = places
    place_of = builder.gep(place_of, [builder.mul(row, features)])
    lines = builder.bitcast(masks[0], line.as_pointer())
    open_ = alloca_once(builder, line)
    builder.store(ir.Constant(line, WORDS * [-1]), open_)
    with for_range(builder, features) as loop:
        place = builder.zext(builder.load(builder.gep(place_of, [loop.index])), word)
        slot = builder.zext(builder.load(builder.gep(slots[0], [place])), word)
        mask = builder.load(builder.gep(lines, [slot]), align=8)
        builder.store(builder.and_(builder.load(open_), mask), open_)
    double = builder.uitofp(builder.load(open_), ir.VectorType(ir.DoubleType(), WORDS))
    exponent = builder.lshr(builder.bitcast(double, line), ir.Constant(line, WORDS * [_EXPONENT]))
    leaf_ = builder.and_(exponent, ir.Constant(line, WORDS * [VALUES - 1]))
    leaf_ = builder.or_(leaf_, ir.Constant(line, [VALUES * place for place in range(WORDS)]))
    short = ir.VectorType(ir.IntType(16), WORDS)
    to = builder.gep(left[0], [builder.mul(row, ir.Constant(word, WORDS))])
    to = builder.bitcast(to, short.as_pointer())
    builder.store(builder.trunc(leaf_, short), to, align=2)


@by_hand(_build)
def strike_out(places: U2, row: int, slots: U2, masks: U8, left: U2) -> None:
    """Set a row's leaves left over, by word: where `_add` finds their path lengths.

    A word with one leaf left is a power of two. As a float it shows its exponent, which is the
    leaf's place; that of 0 leads to a length of 0.
    """
    for word in range(WORDS):
        bits = masks[slots[places[row, 0]], word]
        for place in places[row, 1:]:
            bits &= masks[slots[place], word]
        exponent = int(np.float64(bits).view(np.uint64)) >> _EXPONENT
        left[row, word] = VALUES * word + (exponent & (VALUES - 1))


@leaf
def _strike_out(places: U2, slots: U2, masks: U8, left: U2) -> None:
    """Set the leaves left over of some rows."""
    for row in range(len(places)):
        strike_out(places, row, slots, masks, left)


@kernel
def _slots_of_one(places: U2, by_rank: U2) -> U2:
    """Return the slots of a single row by group and feature; its places then are the features'.

    They are looked up where they lie side by side: a payment alone waits for each line of the tables
    that it touches, and so it touches a line a feature, not one a group and feature.
    """
    features, groups = places.shape[1], by_rank.shape[1]
    slots = np.empty((groups, features), np.uint16)
    for f in range(features):
        for group in range(groups):
            slots[group, f] = by_rank[places[0, f], group]
        places[0, f] = f
    return slots


@leaf
def _add(left: U2, values: F8, total: F8) -> None:
    """Add the path lengths of the leaves left over, word by word; no leaf adds 0."""
    for row in range(len(total)):
        length = total[row]
        for word in range(WORDS):
            length += values[left[row, word]]
        total[row] = length


@kernel
def path_lengths(  # noqa: PLR0913, PLR0917 - numba takes arrays, not objects
    columns: F8,
    fill: F4,
    trees: F4,
    tree_of: I8,
    first: I8,
    slots: U2,
    by_rank: U2,
    masks: U8,
    mask_of: I8,
    values: F8,
    total: F8,
    divisor: float,
) -> None:
    """Add each row's path length in every tree to its total, tree after tree as scikit-learn does.

    ``columns`` are feature by row; the rest is a section, see `_forest_tables.Section`. In the end
    the totals are divided.
    """
    features, rows = columns.shape
    places = np.empty((BLOCK, features), np.uint16)
    single, node = np.empty(BLOCK, np.float32), np.empty(BLOCK, np.uint32)
    left = np.empty((BLOCK, WORDS), np.uint16)
    for start in range(0, rows, BLOCK):
        n = min(BLOCK, rows - start)
        for f in range(features):
            _take(columns[f, start : start + n], fill[f], single)
            _rank(single, trees[tree_of[f] : tree_of[f + 1]], first[f], node, places[:n, f])
        if rows == 1:
            slots = _slots_of_one(places, by_rank)
        for group in range(len(slots)):
            own = masks[mask_of[group] : mask_of[group + 1]]
            _strike_out(places[:n], slots[group], own, left)
            _add(left, values[group], total[start : start + n])
        for row in range(start, start + n):
            total[row] /= divisor


@kernel
def path_credits(  # noqa: PLR0913, PLR0917 - likewise
    columns: F8, fill: F4, feature: U2, threshold: F4, expected: F8, depth: int
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
