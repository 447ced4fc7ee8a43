"""The rule base as scikit-fuzzy works it out: one row, one rule, one grid at a time."""

import numpy as np
import skfuzzy

GRID = np.linspace(0, 1, 101)


def membership(corners):
    """Return a trapezoid's membership on the grid."""
    return skfuzzy.trapmf(GRID, np.array(corners))


def degree(statement, shapes, levels):
    """Return how far one (variable, term, negated) holds; something unknown never does."""
    variable, term, negated = statement
    level = levels[variable]
    if np.isnan(level):
        return 0.0
    held = skfuzzy.interp_membership(GRID, membership(shapes[variable][term]), level)
    return 1 - held if negated else held


def holds(condition, shapes, levels):
    """Return how far a nested ("and" | "or" | "is", ...) holds."""
    kind, *parts = condition
    if kind == "is":
        return degree(parts, shapes, levels)
    degrees = [holds(part, shapes, levels) for part in parts]
    return min(degrees) if kind == "and" else max(degrees)


def aggregated(rules, risk, shapes, levels):
    """Return the highest of the clipped terms on the grid; rules are (condition, term)."""
    total = np.zeros_like(GRID)
    for condition, term in rules:
        strength = holds(condition, shapes, levels)
        clipped = np.fmin(strength, membership(risk[term]))
        total = np.fmax(total, clipped)
    return total


def score(rules, risk, shapes, levels):
    """Return the centroid, or 0 where no rule fires."""
    total = aggregated(rules, risk, shapes, levels)
    return skfuzzy.defuzz(GRID, total, "centroid") if total.sum() > 0 else 0.0
