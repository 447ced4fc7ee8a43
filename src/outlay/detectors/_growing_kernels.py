# ruff: noqa: PLR0913, PLR0917 - numba takes arrays, not objects
"""The compiled growing of one random tree, draw for draw and sum for sum as scikit-learn does it.

What is copied is scikit-learn's ``ExtraTreeRegressor`` with ``max_features=1`` over a target of
noise, as its ``IsolationForest`` uses it. The noise only decides in the last bit whether a node
counts as pure, but it does decide, so its sums are taken in scikit-learn's order too.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from outlay.jit import kernel, leaf

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Ints = NDArray[np.int64]
Seed = NDArray[np.uint32]

_EPSILON: Final = float(np.finfo(np.float64).eps)
_ALIKE: Final = np.float32(1e-7)
"""Values of a node that lie no further apart are one: the feature cannot be split there."""
_MOST: Final = 2**31 - 1


@kernel
def grow(values: Singles, noise: Floats, seed: Seed, depths: Ints, whole: Ints, cut: Floats) -> int:
    """Grow one tree over rows, feature by row, and return how many nodes it has.

    Parameters
    ----------
    values, noise
        The rows, feature by row, and what scikit-learn would regress on, by row.
    seed
        The state of the random numbers, (1,).
    depths
        The most splits on a path, (1,).
    whole, cut
        Written to: feature, left child, right child, rows and depth of each node, a line each, and
        its threshold. A leaf's feature and children are below 0.
    """
    features, rows = values.shape
    order, drawn, constant = np.arange(rows), np.arange(features), np.empty(features, np.int64)
    waiting, impurities = np.empty((depths[0] + 2, 6), np.int64), np.empty(depths[0] + 2)
    sums, split = np.empty(6), np.empty(3, np.int64)
    threshold = np.empty(1)
    waiting[0] = (0, rows, 0, -1, 0, 0)
    top, nodes = 1, 0
    while top:
        top -= 1
        start, end, depth, parent, is_left, known = waiting[top]
        impurity = impurities[top]
        _add_up(noise, order, start, end, sums)
        if not nodes:
            impurity = _impurity(sums[0], sums[1], end - start)
        inner = depth < depths[0] and end - start > 1 and not impurity <= _EPSILON
        if inner:
            _split(values, order, drawn, constant, seed, start, end, known, split, threshold)
            inner = split[0] < end and _improves(noise, order, start, end, split[0], rows, impurity, sums)  # fmt: skip
        whole[0, nodes], whole[1, nodes], whole[2, nodes] = -2, -1, -1
        whole[3, nodes], whole[4, nodes], cut[nodes] = end - start, depth, -2.0
        if parent >= 0:
            whole[1 if is_left else 2, parent] = nodes
        if inner:
            whole[0, nodes], cut[nodes] = split[1], threshold[0]
            waiting[top] = (split[0], end, depth + 1, nodes, 0, split[2])
            waiting[top + 1] = (start, split[0], depth + 1, nodes, 1, split[2])
            impurities[top], impurities[top + 1] = sums[3], sums[2]
            top += 2
        nodes += 1
    return nodes


@leaf
def _draw(seed: Seed) -> Any:
    """Return the next random number below 2**31 (a 32-bit xorshift)."""
    state = seed[0] or np.uint32(1)
    state ^= np.uint32(state << np.uint32(13))
    state ^= np.uint32(state >> np.uint32(17))
    state ^= np.uint32(state << np.uint32(5))
    seed[0] = state
    return np.int64(state) & _MOST


@leaf
def _split(
    values: Singles, order: Ints, drawn: Ints, constant: Ints, seed: Seed,
    start: int, end: int, known: int, split: Ints, threshold: Floats,
) -> None:  # fmt: skip
    """Split a node's rows at random: where the right ones begin, by which feature, and the constants.

    Features are drawn until one is not constant. ``drawn`` and ``constant`` carry what is known of
    the features from node to node; the first ``known`` ones were constant further up.
    """
    split[0], split[1] = end, -2
    left, found, passed = len(drawn), 0, 0
    while left > known + found:
        at = passed + _draw(seed) % (left - found - passed)
        if at < known:
            drawn[passed], drawn[at] = drawn[at], drawn[passed]
            passed += 1
            continue
        at += found
        feature = drawn[at]
        low = high = values[feature, order[start]]
        for place in range(start + 1, end):
            value = values[feature, order[place]]
            low, high = min(low, value), max(high, value)
        if high <= np.float32(low + _ALIKE):
            drawn[at], drawn[known + found] = drawn[known + found], feature
            found += 1
            continue
        left -= 1
        drawn[left], drawn[at] = drawn[at], drawn[left]
        span = np.float64(high) - np.float64(low)
        cut = span * np.float64(_draw(seed)) / np.float64(_MOST) + np.float64(low)
        threshold[0] = np.float64(low) if cut == np.float64(high) else cut
        middle = _parted(values, order, start, end, feature, threshold[0])
        if start < middle < end:
            split[0], split[1] = middle, feature
        break
    for place in range(known):
        drawn[place] = constant[place]
    for place in range(known, known + found):
        constant[place] = drawn[place]
    split[2] = known + found


@leaf
def _parted(
    values: Singles, order: Ints, start: int, end: int, feature: int, threshold: float
) -> int:
    """Put the rows at or below the threshold first; return where the others begin."""
    while start < end:
        if values[feature, order[start]] <= threshold:
            start += 1
        else:
            end -= 1
            order[start], order[end] = order[end], order[start]
    return end


@leaf
def _add_up(noise: Floats, order: Ints, start: int, end: int, sums: Floats) -> None:
    """Write the sum of a node's noise and of its squares."""
    sums[0] = sums[1] = 0.0
    for place in range(start, end):
        value = noise[order[place]]
        sums[0] += value
        sums[1] += value * value


@leaf
def _impurity(total: float, squares: float, rows: int) -> float:
    mean = total / rows
    return squares / rows - mean * mean


@leaf
def _improves(
    noise: Floats, order: Ints, start: int, end: int, middle: int, whole: int,
    impurity: float, sums: Floats,
) -> bool:  # fmt: skip
    """Return whether the parts are no less pure than the node; write their impurities to ``sums``."""
    left, squares = 0.0, 0.0
    if middle - start <= end - middle:
        for place in range(start, middle):
            left += noise[order[place]]
    else:
        left = sums[0]
        for place in range(end - 1, middle - 1, -1):
            left -= noise[order[place]]
    for place in range(start, middle):
        squares += noise[order[place]] * noise[order[place]]
    rows, on_left, on_right = end - start, middle - start, end - middle
    sums[2] = _impurity(left, squares, on_left)
    sums[3] = _impurity(sums[0] - left, sums[1] - squares, on_right)
    gained = impurity - on_right / rows * sums[3] - on_left / rows * sums[2]
    return not rows / whole * gained + _EPSILON < 0.0
