# ruff: noqa: PLR0913, PLR0917 - numba takes arrays, not objects
"""The compiled walks through a forest of perfect trees in heap order.

Node ``h`` has the children ``2h + 1`` (value at most the threshold) and ``2h + 2``. A tree that ends
early is continued with thresholds of +inf, so every walk takes ``depth`` steps and has no branch:
the loop over the rows of a block becomes vector instructions. Blocks are small enough that their
values, transposed and in float32, stay in the first-level cache while all trees pass over them.
"""

import numpy as np
from numpy.typing import NDArray

from outlay.jit import kernel

F4 = NDArray[np.float32]
F8 = NDArray[np.float64]
Nodes = NDArray[np.uint16]

BLOCK = 256
_ONE = np.uint32(1)


@kernel
def _load(columns: F8, fill: F8, start: int, stop: int, block: F4) -> None:
    """Copy rows into the block, rounded as scikit-learn rounds them, missing values filled."""
    for f in range(columns.shape[0]):
        for r in range(stop - start):
            value = columns[f, start + r]
            block[f, r] = np.float32(fill[f] if np.isnan(value) else value)


@kernel
def _descend(
    block: F4, feature: Nodes, threshold: F4, depth: int, node: NDArray[np.uint32]
) -> None:
    """Walk all rows of the block down one tree, level by level."""
    node[:] = 0
    for _ in range(depth):
        for r in range(node.shape[0]):
            at = node[r]
            above = block[feature[at], r] > threshold[at]
            node[r] = np.uint32(at + at + _ONE + np.uint32(above))


@kernel
def path_lengths(
    columns: F8, fill: F8, feature: Nodes, threshold: F4, expected: F8, depth: int
) -> F8:
    """Return each row's path length, summed over the trees in their order as scikit-learn does."""
    rows = columns.shape[1]
    total = np.zeros(rows)
    block = np.zeros((columns.shape[0], BLOCK), np.float32)
    node = np.zeros(BLOCK, np.uint32)
    for start in range(0, rows, BLOCK):
        stop = min(start + BLOCK, rows)
        _load(columns, fill, start, stop, block)
        reached = node[: stop - start]
        for tree in range(feature.shape[0]):
            _descend(block, feature[tree], threshold[tree], depth, reached)
            for r in range(stop - start):
                total[start + r] += expected[tree, node[r]]
    return total


@kernel
def path_credits(
    columns: F8, fill: F8, feature: Nodes, threshold: F4, expected: F8, depth: int
) -> F8:
    """Return, feature by row, the path length that the splits on each feature saved."""
    saved = np.zeros(columns.shape)
    block = np.zeros((columns.shape[0], 1), np.float32)
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
