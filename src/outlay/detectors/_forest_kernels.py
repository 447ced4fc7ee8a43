# ruff: noqa: PLR0913, PLR0917 - numba takes arrays, not objects
"""The compiled walks through a forest of perfect trees in heap order.

Node ``h`` has the children ``2h + 1`` (value at most the threshold) and ``2h + 2``. A tree that ends
early is continued with thresholds of +inf, so every walk takes ``depth`` steps and has no branch:
the loop over the rows of a block becomes vector instructions. Blocks are small enough that their
values, transposed and in float32, stay in the first-level cache while all trees pass over them.

Looking up each row's own node is what costs. The first levels have few nodes, so there every row
answers every node's question, one bit each, and picks the bit it needs: a third faster in all.
"""

import numpy as np
from numpy.typing import NDArray

from outlay.jit import kernel

F4 = NDArray[np.float32]
F8 = NDArray[np.float64]
U4 = NDArray[np.uint32]
Nodes = NDArray[np.uint16]

BLOCK = 512
_TOP = 5  # 16 nodes on the last of them: their answers fit the 32 bits
_FEW = 16  # so few rows do not pay for asking every node
_ONE = np.uint32(1)
_ZERO = np.uint32(0)


@kernel
def _load(columns: F4, fill: F4, start: int, stop: int, block: F4) -> None:
    """Copy rows into the block, missing values filled."""
    for f in range(columns.shape[0]):
        for r in range(stop - start):
            value = columns[f, start + r]
            block[f, r] = fill[f] if np.isnan(value) else value


@kernel
def _ask_level(block: F4, feature: Nodes, threshold: F4, level: int, node: U4, answers: U4) -> None:
    """Take one step down: ask all rows every question of the level, then use each row's own."""
    first = 2**level - 1
    answers[:] = _ZERO
    for j in range(2**level):
        cut = threshold[first + j]
        if cut == np.inf:
            continue
        values = block[feature[first + j]]
        mark = np.uint32(1 << j)
        for r in range(node.shape[0]):
            answers[r] |= mark * np.uint32(values[r] > cut)
    for r in range(node.shape[0]):
        at = node[r]
        node[r] = np.uint32(at + at + _ONE + ((answers[r] >> np.uint32(at - first)) & _ONE))


@kernel
def _descend(block: F4, feature: Nodes, threshold: F4, depth: int, node: U4, answers: U4) -> None:
    """Walk all rows of the block down one tree, level by level."""
    node[:] = _ZERO
    top = min(_TOP, depth) if node.shape[0] > _FEW else 0
    for level in range(top):
        _ask_level(block, feature, threshold, level, node, answers)
    for _ in range(top, depth):
        for r in range(node.shape[0]):
            at = node[r]
            above = block[feature[at], r] > threshold[at]
            node[r] = np.uint32(at + at + _ONE + np.uint32(above))


@kernel
def path_lengths(
    columns: F4, fill: F4, feature: Nodes, threshold: F4, expected: F8, depth: int
) -> F8:
    """Return each row's path length, summed over the trees in their order as scikit-learn does."""
    rows = columns.shape[1]
    size = min(rows, BLOCK)
    total = np.zeros(rows)
    block = np.empty((columns.shape[0], size), np.float32)
    node = np.empty(size, np.uint32)
    answers = np.empty(size, np.uint32)
    for start in range(0, rows, BLOCK):
        stop = min(start + BLOCK, rows)
        n = stop - start
        _load(columns, fill, start, stop, block)
        for tree in range(feature.shape[0]):
            _descend(block, feature[tree], threshold[tree], depth, node[:n], answers[:n])
            for r in range(n):
                total[start + r] += expected[tree, node[r]]
    return total


@kernel
def path_credits(
    columns: F4, fill: F4, feature: Nodes, threshold: F4, expected: F8, depth: int
) -> F8:
    """Return, feature by row, the path length that the splits on each feature saved."""
    saved = np.zeros(columns.shape)
    block = np.empty((columns.shape[0], 1), np.float32)
    for row in range(columns.shape[1]):
        _load(columns, fill, row, row + 1, block)
        for tree in range(feature.shape[0]):
            at = 0
            for _ in range(depth):
                split = feature[tree, at]
                child = 2 * at + 1 + int(block[split, 0] > threshold[tree, at])
                saved[split, row] += expected[tree, at] - expected[tree, child]
                at = child
    return saved
