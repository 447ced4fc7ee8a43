"""A trained isolation forest as plain arrays: what it scores and what it credits.

The *path length* of a row in a tree is the depth of its leaf, plus the mean depth that the training
rows left in that leaf would still have needed. Short means easy to set apart, so the score is
``2 ** -(mean path length / c)``, with ``c`` the path length of an ordinary row: 0.5 is the middle.

The *credit* of a split is the path length expected at its node less the one expected at the child
taken (expected over the training rows there). Summed along a path this telescopes: all credits of a
row add up to the forest's expected path length less the row's own. Credit above 0 made it odder.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from outlay.detectors import _forest_kernels as kernels
from outlay.detectors._forest_tables import Section, sections
from outlay.detectors.given import Table, some_rows
from outlay.jit import in_chunks

Floats = NDArray[np.float64]
ToRaw = Callable[[int, NDArray[np.float32]], NDArray[np.float32]]

_TWO: Final = np.array(2.0)
"""An array: what numpy makes of a number costs a payment more than its power."""
MAX_DEPTH: Final = 12
MAX_COLUMNS: Final = 1024
"""Features: where a value lies among the cuts of all of them has to fit 16 bits."""


@dataclass(frozen=True)
class Forest:
    """Perfect trees in heap order, all of one depth.

    Parameters
    ----------
    feature, threshold
        Of each tree's ``2**depth - 1`` inner nodes: which column is asked, and the largest float32
        that still goes left.
    expected
        The path length expected at each of the ``2**(depth + 1) - 1`` nodes; at the leaves, the
        path length, added up in scikit-learn's order.
    normal
        The path length of an ordinary row, ``c`` in the paper.
    """

    feature: NDArray[np.uint16]
    threshold: NDArray[np.float32]
    expected: Floats
    normal: float

    @property
    def depth(self) -> int:
        """Return how many splits a walk passes."""
        return int(self.feature.shape[1]).bit_length()

    def path_lengths(self, columns: Table, fill: NDArray[Any]) -> Floats:
        """Return each row's path length summed over the trees; a column is a feature."""
        return self._lengths(columns, fill, 1.0)

    def _lengths(self, columns: Table, fill: NDArray[Any], divisor: float) -> Floats:
        """Return the path lengths over a number."""
        total = np.zeros(len(columns[0]))
        instead = _single(fill)
        *others, last = self._sections(len(columns))

        def part(start: int, stop: int) -> None:
            own, sums = some_rows(columns, start, stop), total[start:stop]
            for section in others:
                kernels.path_lengths(own, instead, *section, sums, 1.0)
            kernels.path_lengths(own, instead, *last, sums, divisor)

        in_chunks(part, len(total))
        return total

    def score(self, columns: Table, fill: NDArray[Any]) -> Floats:
        """Return ``2 ** -(path length / normal)``: high is anomalous, 0.5 ordinary."""
        scale = len(self.feature) * self.normal
        if not scale:
            return np.full(len(columns[0]), 0.5)
        lengths = self._lengths(columns, fill, -scale)
        np.power(_TWO, lengths, lengths)
        return lengths

    def credit(self, columns: Table, fill: NDArray[Any]) -> Floats:
        """Return the path length each feature saved, feature by row."""
        saved = np.empty((len(columns), len(columns[0])))
        instead = _single(fill)

        def part(start: int, stop: int) -> None:
            saved[:, start:stop] = kernels.path_credits(
                some_rows(columns, start, stop), instead,
                self.feature, self.threshold, self.expected, self.depth,
            )  # fmt: skip

        in_chunks(part, saved.shape[1], 1 << 10)
        return saved

    def _sections(self, columns: int) -> list[Section]:
        """Return the tables that scoring looks up, made once."""
        made = self._made
        if not made:
            # put there in one step: several threads may ask at once, and each must see all
            made[:] = list(sections(self.feature, self.threshold, self.expected, columns))
        return made

    @cached_property
    def _made(self) -> list[Section]:
        return []

    @property
    def base(self) -> float:
        """Return the forest's expected path length, summed: credits + path lengths of any row."""
        return float(self.expected[:, 0].sum())

    def damage(self, columns: int) -> str:
        """Return what keeps these arrays from being a forest over so many columns, or nothing.

        The compiled walk trusts its arrays; arrays from a file must pass here first.
        """
        trees, inner = self.feature.shape if self.feature.ndim == 2 else (0, 0)  # noqa: PLR2004 - trees by nodes
        if not trees or (inner + 1) & inner or not 1 <= self.depth <= MAX_DEPTH:
            return "the trees are not perfect"
        if self.threshold.shape != (trees, inner) or self.expected.shape != (trees, 2 * inner + 1):
            return "its arrays do not fit each other"
        if columns > MAX_COLUMNS:
            return "it has too many features"
        if (self.feature >= columns).any():
            return "a split asks for a feature that is not there"
        if np.isnan(self.threshold).any() or not np.isfinite(self.expected).all():
            return "a threshold or a path length is not a number"
        return "" if self.normal >= 0 else "its normal path length is negative"


def flatten(model: Any, to_raw: ToRaw) -> Forest:
    """Return scikit-learn's fitted ``IsolationForest`` as arrays.

    Parameters
    ----------
    model
        The fitted forest; it saw all columns in every tree.
    to_raw
        Turns a column's thresholds into those of the values that will be scored.
    """
    trees = [estimator.tree_ for estimator in model.estimators_]
    depth = max(1, *(tree.max_depth for tree in trees))
    parts = [_heap(tree, depth) for tree in trees]
    feature, threshold, expected = (np.stack(part) for part in zip(*parts, strict=True))
    for column in np.unique(feature):
        inner = (feature == column) & np.isfinite(threshold)
        threshold[inner] = to_raw(int(column), threshold[inner])
    normal = float(_unseen_depth(np.array([model.max_samples_]))[0])
    return Forest(feature, threshold, expected, normal)


def _single(values: NDArray[Any]) -> NDArray[np.float32]:
    """Return the values rounded as scikit-learn rounds them; too large ones become infinite."""
    if values.dtype == np.float32:
        return values
    with np.errstate(over="ignore"):
        return values.astype(np.float32, order="C")


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
    length = tree.compute_node_depths() + _unseen_depth(tree.n_node_samples) - 1.0
    return feature, threshold, _expected(tree, length)[np.concatenate(levels)]


def _expected(tree: Any, length: Floats) -> Floats:
    """Return the mean path length of the training rows at each node (children follow parents)."""
    mean = length.copy()
    count = tree.n_node_samples
    for node in reversed(range(tree.node_count)):
        left, right = tree.children_left[node], tree.children_right[node]
        if left >= 0:
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
