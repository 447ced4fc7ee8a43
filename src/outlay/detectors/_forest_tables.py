"""Trees to tables: which leaves each value of each feature leaves open, as bits.

First the trees are cut back: a split both of whose sides end in the same path length decides
nothing. Then each tree's leaves get places, 63 to a word of bits (of the 64, the second stays free:
its power of two could not be told from none, see `_forest_kernels`); a word belongs to one tree.

Eight words make a group. In a group each feature has a table of masks: one for every stretch between
neighbouring cuts, as only those of the group's own splits; and ``slots`` leads there from the rank
of a value among all cuts of the section.
"""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from outlay.detectors._forest_kernels import F4, F8, I8, U2, U8, VALUES, WORDS
from outlay.schema.heap import heap

LEAVES: Final = 63
"""Leaves in a word."""
_GROUP: Final = WORDS * LEAVES
_MOST_SPLITS: Final = 1 << 14
"""Splits in a section, about: its tables stay small, and ranks fit 16 bits."""
_BITS: Final = np.array([0, *range(2, 64)])
_BIAS: Final = 1023
"""The exponent by which a float shows 2**0."""
_LINE: Final = 64


class Section(NamedTuple):
    """Some consecutive trees as the kernel takes them.

    Parameters
    ----------
    trees, tree_of
        Each feature's cuts as a search tree, one after the other, and where each begins.
    first
        Where each feature's slots begin.
    slots, by_rank
        By group and rank: the row of the group's masks. And the same by rank and group: the slots of
        a single row then lie side by side.
    masks, mask_of
        The masks, and where those of each group begin.
    values
        By group, then by word and exponent: the leaf's path length.
    """

    trees: F4
    tree_of: I8
    first: I8
    slots: U2
    by_rank: U2
    masks: U8
    mask_of: I8
    values: F8


class _Splits(NamedTuple):
    """The splits of a section: feature, cut, and the places of the leaves on either side."""

    feature: NDArray[Any]
    cut: F4
    start: I8
    middle: I8
    end: I8

    def only(self, which: NDArray[np.bool_]) -> "_Splits":
        return _Splits._make(column[which] for column in self)


def sections(feature: U2, threshold: F4, expected: F8, columns: int) -> list[Section]:
    """Return perfect trees in heap order as sections, over so many columns."""
    lowest, needed = _cut_back(expected)
    splits = needed.sum(axis=1)
    number = np.cumsum(splits) // _MOST_SPLITS
    parts = (number == n for n in np.unique(number))
    return [_section(feature[p], threshold[p], lowest[p], needed[p], columns) for p in parts]


def _levels(nodes: int) -> Iterator[tuple[slice, slice, slice]]:
    """Yield each level's nodes with their children on the left and on the right, top down."""
    size = 1
    while 2 * size <= nodes:
        first, below = size - 1, 2 * size - 1
        yield (
            slice(first, below),
            slice(below, below + 2 * size, 2),
            slice(below + 1, below + 2 * size, 2),
        )
        size *= 2


def _cut_back(expected: F8) -> tuple[F8, NDArray[np.bool_]]:
    """Return each node's lowest path length below, and which nodes' splits decide anything."""
    lowest, highest = expected.copy(), expected.copy()
    for node, left, right in reversed([*_levels(expected.shape[1])]):
        lowest[:, node] = np.minimum(lowest[:, left], lowest[:, right])
        highest[:, node] = np.maximum(highest[:, left], highest[:, right])
    return lowest, lowest < highest


def _section(
    feature: U2, threshold: F4, lowest: F8, needed: NDArray[np.bool_], columns: int
) -> Section:
    place, middle, end, alive = _placed(needed)
    leaf = alive & ~needed
    groups = -(-int(end[:, 0].max()) // _GROUP)
    open_, lengths = np.zeros(groups * _GROUP, np.bool_), np.zeros(groups * _GROUP)
    open_[place[leaf]], lengths[place[leaf]] = True, lowest[leaf]
    splits = (alive & needed)[:, : feature.shape[1]]
    inner = np.s_[:, : feature.shape[1]]
    found = _Splits(
        feature[splits], threshold[splits],
        place[inner][splits], middle[inner][splits], end[inner][splits],
    )  # fmt: skip
    return _tables(found, open_, lengths, columns)


def _placed(needed: NDArray[np.bool_]) -> tuple[I8, I8, I8, NDArray[np.bool_]]:
    """Return, by node, where the leaves below begin, where those on the right do, where they end.

    And whether the node is there once the trees are cut back.
    """
    width = np.ones(needed.shape, np.int64)
    levels = [*_levels(needed.shape[1])]
    for node, left, right in reversed(levels):
        width[:, node] = np.where(needed[:, node], width[:, left] + width[:, right], 1)
    words = -(-width[:, 0] // LEAVES)
    place, alive = np.zeros_like(width), np.zeros_like(needed)
    place[:, 0], alive[:, 0] = LEAVES * (np.cumsum(words) - words), True
    middle = place + 1
    for node, left, right in levels:
        middle[:, node] = place[:, node] + width[:, left]
        place[:, left], place[:, right] = place[:, node], middle[:, node]
        alive[:, left] = alive[:, right] = alive[:, node] & needed[:, node]
    return place, middle, place + width, alive


def _tables(splits: _Splits, open_: NDArray[np.bool_], lengths: F8, columns: int) -> Section:
    cuts = [np.unique(splits.cut[splits.feature == f]) for f in range(columns)]
    trees = [heap(own) for own in cuts]
    first = np.cumsum([0, *(len(own) + 1 for own in cuts)]).astype(np.int64)
    groups = len(lengths) // _GROUP
    slots = np.zeros((groups, first[-1]), np.uint16)
    masks = []
    for group in range(groups):
        own, leads = _masks(splits, open_, group * _GROUP, cuts)
        slots[group] = np.concatenate(leads)
        masks.append(own)
    values = np.zeros((groups, WORDS, VALUES))
    values[:, :, (_BIAS + _BITS) & (VALUES - 1)] = lengths.reshape(groups, WORDS, LEAVES)
    return Section(
        np.concatenate(trees), _ends(trees), first, slots, np.ascontiguousarray(slots.T),
        _on_lines(np.concatenate(masks)), _ends(masks), values.reshape(groups, -1),
    )  # fmt: skip


def _masks(
    splits: _Splits, open_: NDArray[np.bool_], start: int, cuts: list[F4]
) -> tuple[U8, list[I8]]:
    """Return one group's masks, and for each feature the mask's row by rank."""
    stop = start + _GROUP
    inside = splits.only((splits.start < stop) & (splits.end > start))
    masks, leads, row = [], [], 0
    for f, all_cuts in enumerate(cuts):
        own = inside.only(inside.feature == f)
        mine = np.unique(own.cut)
        mask = np.ones((len(mine) + 1, _GROUP), np.bool_)
        if f == 0:
            mask &= open_[start:stop]
        for cut, *ends in zip(np.searchsorted(mine, own.cut), *own[2:], strict=True):
            left, middle, right = (min(max(at - start, 0), _GROUP) for at in ends)
            mask[cut + 1 :, left:middle] = False
            mask[: cut + 1, middle:right] = False
        masks.append(mask)
        ranks = np.arange(len(all_cuts) + 1)
        leads.append(row + np.searchsorted(np.searchsorted(all_cuts, mine), ranks))
        row += len(mask)
    return _packed(np.concatenate(masks)), leads


def _packed(mask: NDArray[np.bool_]) -> U8:
    """Return rows of leaves as rows of words."""
    bits = np.zeros((len(mask), WORDS, 64), np.bool_)
    bits[:, :, _BITS] = mask.reshape(len(mask), WORDS, LEAVES)
    return np.packbits(bits, axis=2, bitorder="little").view("<u8")[:, :, 0].astype(np.uint64)


def _on_lines(masks: U8) -> U8:
    """Return the masks in memory that begins where a cache line does: a row is then one line."""
    room = np.empty(masks.nbytes + _LINE, np.uint8)
    begin = -room.ctypes.data % _LINE
    aligned = room[begin : begin + masks.nbytes].view(np.uint64).reshape(masks.shape)
    aligned[:] = masks
    return aligned


def _ends(parts: list[Any]) -> I8:
    return np.cumsum([0, *map(len, parts)]).astype(np.int64)
