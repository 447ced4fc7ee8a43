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
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from outlay.detectors import _forest_kernels as kernels
from outlay.detectors._forest_tables import Section, sections
from outlay.detectors._growing import Trees
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

    @classmethod
    def of(cls, trees: Trees, to_raw: ToRaw) -> Self:
        """Return grown trees over the values that will be scored.

        Parameters
        ----------
        trees
            As they were grown: over what scikit-learn was shown.
        to_raw
            Turns a column's thresholds into those of the values that will be scored.
        """
        threshold = trees.threshold.copy()
        for column in np.unique(trees.feature):
            inner = (trees.feature == column) & np.isfinite(threshold)
            threshold[inner] = to_raw(int(column), threshold[inner])
        return cls(trees.feature, threshold, trees.expected, float(trees.normal[0]))

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


def _single(values: NDArray[Any]) -> NDArray[np.float32]:
    """Return the values rounded as scikit-learn rounds them; too large ones become infinite."""
    if values.dtype == np.float32:
        return values
    with np.errstate(over="ignore"):
        return values.astype(np.float32, order="C")
