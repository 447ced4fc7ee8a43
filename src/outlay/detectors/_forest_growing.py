"""Grow the trees of an isolation forest: those of scikit-learn's ``IsolationForest``, node for node.

scikit-learn is the oracle of the tests and nothing else: importing it takes longer than growing a
hundred trees. Random numbers are drawn from NumPy's ``RandomState``, whose streams never change,
in the order in which scikit-learn draws them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from outlay.detectors._growing_kernels import grow as grow_one
from outlay.jit import in_chunks

Ints = NDArray[np.int64]
Seen = Callable[[Ints], NDArray[np.float32]]
"""What the trees see of some rows, feature by row."""

_SEEDS: Final = 2**31 - 1
_FEW: Final = 0.01
_ALMOST_ALL: Final = 0.99


@dataclass(frozen=True, slots=True)
class Tree:
    """One tree under the names that scikit-learn gives its arrays: a node a place, parents first."""

    feature: Ints
    children_left: Ints
    children_right: Ints
    n_node_samples: Ints
    depths: Ints
    threshold: NDArray[np.float64]

    @property
    def max_depth(self) -> int:
        """Return how many splits the longest path has."""
        return int(self.depths.max())

    @property
    def node_count(self) -> int:
        """Return how many nodes there are."""
        return len(self.feature)

    def compute_node_depths(self) -> Ints:
        """Return how many nodes lie between the root and each one, both counted."""
        return self.depths + 1


def grow(see: Seen, rows: int, *, n_trees: int, samples: int, seed: int) -> list[Tree]:
    """Return trees that were grown over ``samples`` rows each.

    Parameters
    ----------
    see
        Shows some of the rows.
    rows
        How many there are.
    n_trees, samples
        How many trees, and how many rows each of them sees.
    seed
        What scikit-learn calls ``random_state``.
    """
    noise = np.random.RandomState(seed).uniform(size=rows)
    seeds = np.random.RandomState(seed).randint(_SEEDS, size=n_trees)
    trees: list[Tree | None] = [None] * n_trees

    def one(start: int, stop: int) -> None:
        for place in range(start, stop):
            chosen = drawn(rows, samples, int(seeds[place]))
            trees[place] = _tree(see(chosen), noise[chosen], int(seeds[place]))

    in_chunks(one, n_trees, 8)
    return [tree for tree in trees if tree is not None]


def drawn(rows: int, samples: int, seed: int) -> Ints:
    """Return which rows a tree sees, rising: scikit-learn's ``sample_without_replacement``."""
    random = np.random.RandomState(seed)
    if _FEW < samples / rows < _ALMOST_ALL:
        return np.sort(random.permutation(rows)[:samples])
    if samples < rows // 2:
        return _first_seen(random, rows, samples)
    chosen = np.arange(samples)
    for row in range(samples, rows):
        place = random.randint(0, row + 1)
        if place < samples:
            chosen[place] = row
    return np.sort(chosen)


def _first_seen(random: np.random.RandomState, rows: int, samples: int) -> Ints:
    """Draw rows until so many different ones were drawn."""
    draws = np.empty(0, np.int64)
    while True:
        draws = np.append(draws, random.randint(rows, size=samples))
        different, first = np.unique(draws, return_index=True)
        if len(different) >= samples:
            chosen: Ints = different[first <= np.sort(first)[samples - 1]]
            return chosen


def _tree(values: NDArray[np.float32], noise: NDArray[np.float64], seed: int) -> Tree:
    samples = values.shape[1]
    state = np.random.RandomState(seed).randint(_SEEDS)
    state = np.random.RandomState(state).randint(0, _SEEDS)
    depth = int(np.ceil(np.log2(max(samples, 2))))
    whole, cut = np.empty((5, 2 * samples), np.int64), np.empty(2 * samples)
    nodes = grow_one(values, noise, np.array([state], np.uint32), np.array([depth]), whole, cut)
    feature, left, right, count, depths = whole[:, :nodes]
    return Tree(feature, left, right, count, depths, cut[:nodes])
