"""A rule base as arrays: what the kernel reads."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from outlay.detectors.fuzzy.language import Clause, clauses
from outlay.detectors.fuzzy.rulebase import RuleBase, Shape

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

POINTS: Final = 101
BUCKETS: Final = 256
GRID: Final[Floats] = np.linspace(0.0, 1.0, POINTS)


class Program(NamedTuple):
    """A compiled rule base.

    Parameters
    ----------
    tables
        Membership of each term of the inputs at each point of the grid, one term a row.
    first_term
        Where each input's terms begin in ``tables``, and where the last one's end.
    literals, ends, consequents
        The clauses one after the other: statement ``2 t`` is term t, ``2 t + 1`` its negation; where
        each clause ends; which term of the risk it argues for.
    overlap, overlap_weights
        The risk's terms at the points where several are above 0, and those points' weights in the
        area and the moment.
    alone_levels, alone_lines, alone_first
        A term of the risk a row: the levels between which its own points' integrals are linear; for
        each piece the area's intercept and slope and the moment's; and at which piece to begin to
        look, for every `BUCKETS`-th part of the levels.
    bounds
        From which score on the risk is medium, and high.
    """

    tables: Floats
    first_term: Ints
    literals: Ints
    ends: Ints
    consequents: Ints
    overlap: Floats
    overlap_weights: Floats
    alone_levels: Floats
    alone_lines: Floats
    alone_first: Ints
    bounds: Floats


def sampled(shape: Shape, grid: Floats = GRID) -> Floats:
    """Return a trapezoid's membership at the points of ``grid``; an upright side belongs to it."""
    a, b, c, d = shape
    height = np.where((grid >= b) & (grid <= c), 1.0, 0.0)
    np.divide(grid - a, b - a, out=height, where=(grid > a) & (grid < b))
    np.divide(d - grid, d - c, out=height, where=(grid > c) & (grid < d))
    return height


def compiled(base: RuleBase) -> Program:
    """Return the arrays of a rule base."""
    places = [(name, term) for name, shapes in base.inputs.items() for term in shapes]
    number = {place: n for n, place in enumerate(places)}
    outputs = {name: n for n, name in enumerate(base.risk)}
    argued = [(clause, outputs[r.risk]) for r in base.rules for clause in clauses(r.condition)]
    risk = np.array([sampled(shape) for shape in base.risk.values()])
    weights = np.array(integral_weights(GRID))
    shared = (risk > 0).sum(axis=0) > 1
    return Program(
        np.array([sampled(base.inputs[name][term]) for name, term in places]),
        np.cumsum([0, *(len(shapes) for shapes in base.inputs.values())]).astype(np.int64),
        np.array([n for clause, _ in argued for n in _literals(clause, number)], np.int64),
        np.cumsum([len(clause) for clause, _ in argued]).astype(np.int64),
        np.array([output for _, output in argued], np.int64),
        np.ascontiguousarray(risk[:, shared]),
        np.ascontiguousarray(weights[:, shared]),
        *_alone(np.where(shared, 0.0, risk), weights),
        np.array([base.medium, base.high], np.float64),
    )


def _alone(risk: Floats, weights: Floats) -> tuple[Floats, Floats, Ints]:
    """Return how the integrals over a term's own points depend on its level."""
    knots = np.full((len(risk), POINTS + 1), np.inf)
    lines = np.zeros((len(risk), POINTS + 1, 4))
    buckets = np.arange(BUCKETS + 1) / BUCKETS
    first = np.zeros((len(risk), BUCKETS + 1), np.int64)
    for term, heights in enumerate(risk):
        levels = np.unique(heights[heights > 0])
        knots[term, : len(levels)] = levels
        for piece in range(len(levels) + 1):
            whole = (heights > 0) & (heights <= levels[piece - 1]) if piece else heights < 0
            clipped = (heights > 0) & ~whole
            for one, weight in enumerate(weights):
                lines[term, piece, 2 * one] = (weight * heights)[whole].sum()
                lines[term, piece, 2 * one + 1] = weight[clipped].sum()
        first[term] = np.searchsorted(levels, buckets, side="right")
    return knots, lines, first


def _literals(clause: Clause, place: dict[tuple[str, str], int]) -> list[int]:
    return [2 * place[one.variable, one.term] + one.negated for one in clause]


def integral_weights(x: Floats) -> tuple[Floats, Floats]:
    """Return weights such that sum(w * y) is the exact area, and moment, under the polygon (x, y).

    Both integrals are linear in y: on one piece of width h that starts at x the area is
    ``h (y1 + y2) / 2`` and the moment ``x h (y1 + y2) / 2 + h² (y1 + 2 y2) / 6``.
    """
    h, start = np.diff(x), x[:-1]
    area, moment = np.zeros_like(x), np.zeros_like(x)
    area[:-1] += h / 2
    area[1:] += h / 2
    moment[:-1] += start * h / 2 + h**2 / 6
    moment[1:] += start * h / 2 + h**2 / 3
    return area, moment
