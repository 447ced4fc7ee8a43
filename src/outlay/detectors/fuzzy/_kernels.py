"""Mamdani inference over many rows: signals, levels, memberships, clauses, clipped terms, centroid.

A block of rows is worked through together, every step over all its rows before the next, so that
the compiler uses vector instructions; each row's own sums keep their order, hence a row scored
alone has the very bits it has in a table.

The centroid needs two integrals of the highest of the clipped terms. At a point of the grid where
one term alone is above 0, that height depends on one level only; the sum over all such points of a
term is a piecewise linear function of its level and is looked up. What is left to do point by point
is where terms overlap.

A statement about an unknown input (NaN) holds to degree 0, negated or not.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from outlay.jit import inlined_kernel, kernel, leaf

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BLOCK: Final = 64

AMOUNT, TIME, VELOCITY, NOVELTY = range(4)
"""The inputs."""
COUNT, ODDITY, HOUR, GAP, HOURLY, DAILY, TYPE, NEW = range(8)
"""The features; what is new comes last, for there are several."""
HALF_TRUSTED: Final = 10.0
"""With so many earlier payments something new counts half: to a newcomer everything is new."""
_ONE: Final = np.uint32(1)


@inlined_kernel
def infer(
    inputs: Floats,
    tables: Floats,
    first_term: Ints,
    literals: Ints,
    ends: Ints,
    consequents: Ints,
    overlap: Floats,
    overlap_weights: Floats,
    alone_levels: Floats,
    alone_lines: Floats,
    alone_first: Ints,
    bounds: Floats,
    scores: Floats,
    categories: NDArray[np.uint8],
) -> None:
    """Write the centroid of the risk into ``scores``, 0 where no rule fires; and its category.

    ``inputs`` has one input a row, a transaction a column, values in [0, 1] or NaN.
    """
    width = min(BLOCK, inputs.shape[1])
    held = np.zeros((2 * len(tables), width))
    fired, integrals = np.empty((len(overlap), width)), np.empty((2, width))
    below, work = np.empty(width, np.int64), np.empty((2, width))
    for start in range(0, inputs.shape[1], BLOCK):
        rows = min(BLOCK, inputs.shape[1] - start)
        for number in range(len(first_term) - 1):
            _place(inputs[number, start : start + rows], tables.shape[1] - 1, below, work)
            for term in range(first_term[number], first_term[number + 1]):
                _statements(tables[term], below, work, held[2 * term], held[2 * term + 1])
        _clauses(held, literals, ends, consequents, work[0], fired)
        integrals[:] = 0.0
        for term in range(len(fired)):
            _alone(fired[term], alone_levels[term], alone_lines[term], alone_first[term], integrals)
        for point in range(overlap.shape[1]):
            _overlap(overlap, point, fired, work[0], overlap_weights, integrals)
        for row in range(rows):
            area = integrals[0, row]
            score = integrals[1, row] / area if area > 0.0 else 0.0
            scores[start + row] = score
            categories[start + row] = int(score >= bounds[0]) + int(score >= bounds[1])


@inlined_kernel
def levels(
    features: Floats, surprise: Floats, used: Ints, trees: Floats, knots: Floats, out: Floats
) -> None:
    """Write the levels of the inputs that are used, an input a row, from features, a feature a row.

    The features stand in the order of `inputs.FEATURES`; each input has its knots, and the same as
    a search tree.
    """
    signal, node = np.empty(BLOCK), np.empty(BLOCK, np.uint32)
    for start in range(0, features.shape[1], BLOCK):
        rows = min(BLOCK, features.shape[1] - start)
        own = features[:, start : start + rows]
        for place in range(len(used)):
            number = used[place]
            _signal(number, own, surprise, signal)
            levelled = out[place, start : start + rows]
            _level(signal, trees[number], knots[number], node, levelled)


@kernel
def judge(
    features: Floats,
    surprise: Floats,
    used: Ints,
    trees: Floats,
    knots: Floats,
    tables: Floats,
    first_term: Ints,
    literals: Ints,
    ends: Ints,
    consequents: Ints,
    overlap: Floats,
    overlap_weights: Floats,
    alone_levels: Floats,
    alone_lines: Floats,
    alone_first: Ints,
    bounds: Floats,
    scores: Floats,
    categories: NDArray[np.uint8],
) -> None:
    """Write scores and categories, from features: `levels` and `infer` for the price of one call."""
    inputs = np.empty((len(used), features.shape[1]))
    levels(features, surprise, used, trees, knots, inputs)
    infer(
        inputs,
        tables,
        first_term,
        literals,
        ends,
        consequents,
        overlap,
        overlap_weights,
        alone_levels,
        alone_lines,
        alone_first,
        bounds,
        scores,
        categories,
    )


@kernel
def signals(features: Floats, surprise: Floats) -> Floats:
    """Return the signals of all inputs, an input a row: what levels are learned from."""
    out = np.empty((NOVELTY + 1, features.shape[1]))
    for number in range(len(out)):
        _signal(number, features, surprise, out[number])
    return out


@leaf
def _signal(number: int, features: Floats, surprise: Floats, signal: Floats) -> None:
    """Write an input's signal, NaN where none of its features is known."""
    rows = features.shape[1]
    if number == AMOUNT:
        for row in range(rows):
            signal[row] = features[ODDITY, row]
    elif number == TIME:
        for row in range(rows):
            signal[row] = _larger(features[HOUR, row], features[GAP, row])
    elif number == VELOCITY:
        for row in range(rows):
            signal[row] = _larger(features[HOURLY, row], features[DAILY, row])
    else:
        for row in range(rows):
            signal[row] = _novelty(features, surprise, row)


@leaf
def _larger(a: float, b: float) -> float:
    """Return the larger of two numbers, the known one where the other is not."""
    if np.isnan(a):
        return b
    return a if np.isnan(b) else max(a, b)


@leaf
def _novelty(features: Floats, surprise: Floats, row: int) -> float:
    """Return the nats of all that is new, those of unknown kinds left out."""
    count = features[COUNT, row]
    trust = count / (count + HALF_TRUSTED)
    total: float = features[TYPE, row]
    for kind in range(len(surprise)):
        nats = features[NEW + kind, row] * surprise[kind] * trust
        if np.isnan(total):
            total = nats
        elif not np.isnan(nats):
            total += nats
    return total


@leaf
def _level(
    signal: Floats, tree: Floats, knots: Floats, node: NDArray[np.uint32], out: Floats
) -> None:
    """Write where each value lies between the knots, 0 at the first and 1 beyond the last.

    A value that training saw often lies at the lowest of its knots; unknown ones stay unknown.
    """
    for row in range(len(out)):
        node[row] = np.uint32(0)
    step = 1
    while step <= len(tree):
        for row in range(len(out)):
            at = node[row]
            node[row] = np.uint32(at + at + _ONE + np.uint32(tree[at] < signal[row]))
        step *= 2
    last = len(knots) - 1
    for row in range(len(out)):
        value, low = signal[row], np.int64(node[row]) - len(tree)
        if np.isnan(value) or np.isnan(knots[0]):
            out[row] = np.nan
        elif low == 0:
            out[row] = 0.0
        elif low > last:
            out[row] = 1.0
        else:
            before = knots[low - 1]
            out[row] = (low - 1 + (value - before) / (knots[low] - before)) / last


@leaf
def _place(values: Floats, steps: int, below: Ints, work: Floats) -> None:
    """Find each value's place on the grid: the point below, the way to the next, and if known."""
    share = work[0]
    known = work[1]
    rows = len(values)
    for row in range(rows):
        value = values[row]
        unknown = np.isnan(value)
        known[row] = 0.0 if unknown else 1.0
        place = 0.0 if unknown else min(max(value, 0.0), 1.0) * steps
        point = min(int(place), steps - 1)
        below[row] = point
        share[row] = place - point
    for row in range(rows, len(below)):
        below[row] = 0
        share[row] = 0.0
        known[row] = 0.0


@leaf
def _statements(table: Floats, below: Ints, work: Floats, holds: Floats, fails: Floats) -> None:
    """Interpolate one term's membership, and its complement, for the rows of a block."""
    share = work[0]
    known = work[1]
    for row in range(len(below)):
        point = below[row]
        low = table[point]
        degree = low + share[row] * (table[point + 1] - low)
        holds[row] = known[row] * degree
        fails[row] = known[row] * (1.0 - degree)


@leaf
def _clauses(
    held: Floats, literals: Ints, ends: Ints, consequents: Ints, clause: Floats, fired: Floats
) -> None:
    """Fire every clause: the least of its statements, the most of each consequent's clauses."""
    fired[:] = 0.0
    at = 0
    for number in range(len(ends)):
        clause[:] = 1.0
        while at < ends[number]:
            degrees = held[literals[at]]
            for row in range(len(clause)):
                clause[row] = min(clause[row], degrees[row])
            at += 1
        most = fired[consequents[number]]
        for row in range(len(clause)):
            most[row] = max(most[row], clause[row])


@leaf
def _alone(levels: Floats, knots: Floats, lines: Floats, first: Ints, integrals: Floats) -> None:
    """Add the integrals over the points that one term has for itself, at its level."""
    for row in range(len(levels)):
        level = levels[row]
        piece = first[int(level * (len(first) - 1))]
        while knots[piece] <= level:
            piece += 1
        line = lines[piece]
        integrals[0, row] += line[0] + level * line[1]
        integrals[1, row] += line[2] + level * line[3]


@leaf
def _overlap(
    overlap: Floats, point: int, fired: Floats, height: Floats, weights: Floats, integrals: Floats
) -> None:
    """Add one point at which several terms are above 0: the highest of them, clipped."""
    height[:] = 0.0
    for term in range(len(overlap)):
        full = overlap[term, point]
        if full > 0.0:
            level = fired[term]
            for row in range(len(height)):
                clipped = min(full, level[row])
                height[row] = max(height[row], clipped)
    area = weights[0, point]
    moment = weights[1, point]
    for row in range(len(height)):
        integrals[0, row] += area * height[row]
        integrals[1, row] += moment * height[row]
