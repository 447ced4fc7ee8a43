"""Isolation trees as scikit-learn grows them, laid out as perfect ones: plain arrays.

As a program this grows the forest that standard input asks for; see `outlay.detectors.grower`.
Nothing else that is heavy is imported.
"""

import gc
import io
import os
import sys
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from outlay.hiding import hidden

Floats = NDArray[np.float64]
T = TypeVar("T", bound=NamedTuple)


class Trees(NamedTuple):
    """Perfect trees in heap order, as `Forest` has them, over what they were shown."""

    feature: NDArray[np.uint16]
    threshold: NDArray[np.float32]
    expected: Floats
    normal: Floats  # (1,)


class Order(NamedTuple):
    """What is to be grown: on what, (rows, features), and how, each a number."""

    seen: NDArray[Any]
    n_trees: int
    max_samples: int
    seed: int


def grow(order: Order) -> Trees:
    """Let scikit-learn grow trees."""
    from sklearn.ensemble import IsolationForest

    model = IsolationForest(
        n_estimators=order.n_trees,
        max_samples=min(order.max_samples, len(order.seen)),
        random_state=order.seed,
    )
    return flatten(model.fit(order.seen))


def flatten(model: Any) -> Trees:
    """Return scikit-learn's fitted ``IsolationForest`` as arrays; it saw all columns in every tree."""
    trees = [estimator.tree_ for estimator in model.estimators_]
    depth = max(1, *(tree.max_depth for tree in trees))
    parts = [_heap(tree, depth) for tree in trees]
    feature, threshold, expected = (np.stack(part) for part in zip(*parts, strict=True))
    return Trees(feature, threshold, expected, _unseen_depth(np.array([model.max_samples_])))


def _heap(tree: Any, depth: int) -> tuple[Any, ...]:
    """Lay one tree out as a perfect one; a leaf above the bottom becomes a chain to the left."""
    left, right = tree.children_left, tree.children_right
    is_leaf = left < 0
    levels = [np.zeros(1, np.intp)]
    for _ in range(depth):
        at = levels[-1]
        children = np.stack((left[at], right[at]), axis=1)
        levels.append(np.where(is_leaf[at, None], at[:, None], children).ravel())
    inner = np.concatenate(levels[:-1])
    feature = np.where(is_leaf[inner], 0, tree.feature[inner]).astype(np.uint16)
    threshold = np.where(is_leaf[inner], np.float32(np.inf), _down(tree.threshold[inner]))
    depths = tree.compute_node_depths()
    length = depths + _unseen_depth(tree.n_node_samples) - 1.0
    return feature, threshold, _expected(tree, depths, length)[np.concatenate(levels)]


def _expected(tree: Any, depths: NDArray[np.int64], length: Floats) -> Floats:
    """Return the mean path length of the training rows at each node, from the deepest upwards."""
    mean, count = length.copy(), tree.n_node_samples
    inner = np.flatnonzero(tree.children_left >= 0)
    for depth in range(int(depths.max()), 0, -1):
        node = inner[depths[inner] == depth]
        left, right = tree.children_left[node], tree.children_right[node]
        share = count[left] / count[node]
        mean[node] = share * mean[left] + (1 - share) * mean[right]
    return mean


def _down(threshold: Floats) -> NDArray[np.float32]:
    """Return the largest float32 not above: ``x <= t`` is then the same for every float32 ``x``."""
    nearest = threshold.astype(np.float32)
    below = np.nextafter(nearest, np.float32(-np.inf))
    return np.where(nearest.astype(np.float64) > threshold, below, nearest)


def _unseen_depth(count: NDArray[Any]) -> Floats:
    """Return the mean depth of a random binary search tree over ``count`` rows (Liu et al. 2008)."""
    n = np.maximum(count, 3).astype(np.float64)
    many = 2.0 * (np.log(n - 1.0) + np.euler_gamma) - 2.0 * (n - 1.0) / n
    return np.where(count <= 1, 0.0, np.where(count == 2, 1.0, many))  # noqa: PLR2004 - two rows need one split


def packed(parts: Order | Trees) -> bytes:
    """Return the parts as bytes; see `unpacked`."""
    made = io.BytesIO()
    np.savez(made, allow_pickle=False, **parts._asdict())
    return made.getvalue()


def unpacked(kind: type[T], text: bytes) -> T:
    """Return the parts that `packed` turned into bytes; a number is an array of none dimensions."""
    with np.load(io.BytesIO(text), allow_pickle=False) as parts:
        return kind(*(parts[name] for name in kind._fields))


def main() -> None:
    """Grow what standard input asks for."""
    gc.disable()  # a tenth of the import would be looking for cycles among what stays anyway
    with hidden("pandas", "pyarrow"):  # of whose frames none comes here
        import sklearn.ensemble  # noqa: F401 - while the one who asks is still busy

    seen, *numbers = unpacked(Order, sys.stdin.buffer.read())
    sys.stdout.buffer.write(packed(grow(Order(seen, *(int(number) for number in numbers)))))
    sys.stdout.flush()
    os._exit(0)  # who asked waits for the end; taking scikit-learn apart takes a tenth of a second


if __name__ == "__main__":
    main()
