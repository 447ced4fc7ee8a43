# ruff: noqa: PLR0913, PLR0917 - numba takes arrays, not objects
"""The compiled look-up of tails: between which two of training's scores each score lies."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from outlay.jit import kernel

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BLOCK: Final = 256


@kernel
def log_shares(
    asked: Floats,
    trees: Floats,
    tree_of: Ints,
    scores: Floats,
    logs: Floats,
    slopes: Floats,
    first: Ints,
    mean_excess: Floats,
    out: Floats,
) -> None:
    """Write the logarithm of each score's share, a tail a row: linear between its points.

    Below the lowest of the points everything in training is at least as high. What is not a number
    stays so. ``out`` may be ``asked``.
    """
    node = np.empty(BLOCK, np.uint32)
    for tail in range(len(asked)):
        tree = trees[tree_of[tail] : tree_of[tail + 1]]
        low, last = first[tail], first[tail + 1] - 1
        for start in range(0, asked.shape[1], BLOCK):
            rows = min(BLOCK, asked.shape[1] - start)
            _search(asked[tail, start : start + rows], tree, node)
            for row in range(rows):
                value = asked[tail, start + row]
                place = np.int64(node[row]) - len(tree)
                if place == 0:
                    out[tail, start + row] = value if np.isnan(value) else 0.0
                    continue
                point = min(low + place - 1, last)
                inside = slopes[point] * (value - scores[point]) if point < last else 0.0
                beyond = max(value - scores[last], 0.0) / mean_excess[tail]
                out[tail, start + row] = inside + logs[point] - beyond


@kernel
def _search(values: Floats, tree: Floats, node: NDArray[np.uint32]) -> None:
    """Walk down the tree with all values at once: to the number of points at or below each."""
    for row in range(len(values)):
        node[row] = np.uint32(0)
    step = 1
    while step <= len(tree):
        for row in range(len(values)):
            at = node[row]
            right = np.uint32(tree[at] <= values[row])
            node[row] = np.uint32(at + at + np.uint32(1) + right)
        step *= 2


@kernel
def inverse_sums(shares: Floats, weights: Floats, out: Floats) -> None:
    """Write the sum of ``weight / share`` over the rows of ``shares``, in their order."""
    out[:] = 0.0
    for tail in range(len(shares)):
        for row in range(shares.shape[1]):
            out[row] += weights[tail] / shares[tail, row]
