"""Inference: scikit-fuzzy's numbers on random rule bases, and each row on its own."""

import json

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from outlay.detectors.fuzzy._kernels import BLOCK, infer
from outlay.detectors.fuzzy.program import compiled, integral_weights, sampled
from outlay.detectors.fuzzy.rulebase import built_in, load
from tests.detectors.fuzzy import oracle

NAMES = ("amount", "time", "velocity", "novelty")
corner = st.one_of(st.floats(0, 1), st.integers(0, 20).map(lambda n: n / 20))
shape = st.lists(corner, min_size=4, max_size=4).map(sorted)
terms = st.dictionaries(st.sampled_from(["t1", "t2", "t3"]), shape, min_size=1)
inputs = st.dictionaries(st.sampled_from(NAMES), terms, min_size=1)
level = st.one_of(st.just(float("nan")), corner)


@st.composite
def conditions(draw, shapes):
    """Draw a condition without ``not`` above a statement, as nested tuples."""
    statement = st.sampled_from([(v, t) for v, ts in shapes.items() for t in ts]).flatmap(
        lambda vt: st.booleans().map(lambda negated: ("is", *vt, negated))
    )
    joined = st.recursive(
        statement,
        lambda part: st.tuples(
            st.sampled_from(["and", "or"]), st.lists(part, min_size=2, max_size=3)
        ).map(lambda kp: (kp[0], *kp[1])),
        max_leaves=5,
    )
    return draw(joined)


@st.composite
def rule_bases(draw):
    """Draw shapes of inputs and risk, and rules over them."""
    shapes, risk = draw(inputs), draw(terms)
    rule = st.tuples(conditions(shapes), st.sampled_from(sorted(risk)))
    return shapes, risk, draw(st.lists(rule, min_size=1, max_size=8))


def written(condition):
    """Write a nested condition in the rules' language."""
    kind, *parts = condition
    if kind == "is":
        return f"{parts[0]} is {'not ' if parts[2] else ''}{parts[1]}"
    return "(" + f" {kind} ".join(written(part) for part in parts) + ")"


def toml(shapes, risk, rules):
    """Write a rule base as its file."""
    lines = [
        f"[inputs.{v}]\n" + "\n".join(f"{t} = {s}" for t, s in ts.items())
        for v, ts in shapes.items()
    ]
    lines += ["[risk]", *(f"{t} = {s}" for t, s in risk.items())]
    lines += ["[categories]", "medium = 0.3", "high = 0.6"]
    for n, (condition, term) in enumerate(rules):
        lines.append(
            f'[[rules]]\nname = "r{n}"\nwhen = {json.dumps(written(condition))}\nrisk = "{term}"'
        )
    return "\n".join(lines)


def scores(base, levels):
    """Return the kernel's scores of levels by input."""
    out = np.empty(levels.shape[1])
    infer(levels, *compiled(base), out, np.empty(len(out), np.uint8))
    return out


@settings(max_examples=100)
@given(rule_bases(), st.data())
def test_scores_are_scikit_fuzzys(drawn, data):
    """Memberships, strengths, clipping and centroid agree to 1e-9 on any rule base."""
    shapes, risk, rules = drawn
    base = load(toml(*drawn), NAMES)
    rows = data.draw(st.lists(st.tuples(*[level] * len(shapes)), min_size=1, max_size=5))
    ours = scores(base, np.array(rows, float).T.copy())

    for row, mine in zip(rows, ours, strict=True):
        levels = dict(zip(base.inputs, row, strict=True))
        area = oracle.aggregated(rules, risk, shapes, levels).sum()
        assume(area == 0 or area > 1e-9)  # there its area is rounding
        assert mine == pytest.approx(oracle.score(rules, risk, shapes, levels), abs=1e-9)


@given(shape)
def test_a_sampled_trapezoid_is_scikit_fuzzys(corners):
    """Every trapezoid, upright sides and single points included, has the same membership."""
    theirs = oracle.membership(corners)

    np.testing.assert_allclose(sampled(tuple(corners)), theirs, atol=1e-12)


def test_integrals_of_a_triangle():
    """The area and moment of the triangle (0, 0), (1, 1), (2, 0) are 1 and 1."""
    area, moment = integral_weights(np.array([0.0, 1.0, 2.0]))
    height = np.array([0.0, 1.0, 0.0])

    assert (area @ height, moment @ height) == (1.0, 1.0)


def test_a_row_alone_has_the_bits_it_has_in_a_table():
    """Neither neighbours nor the place in a block change a bit."""
    base = load(built_in(), NAMES)
    levels = np.random.default_rng(0).random((4, 3 * BLOCK + 5))
    levels[levels < 0.05] = np.nan
    together = scores(base, levels)
    alone = [scores(base, levels[:, [n]].copy())[0] for n in range(levels.shape[1])]

    np.testing.assert_array_equal(together, alone)


def test_levels_beyond_the_grid_count_as_its_ends():
    """Below 0 is 0 and above 1 is 1."""
    base = load(built_in(), NAMES)
    beyond = scores(base, np.array([[-1.0, 7.0]] * 4))

    np.testing.assert_array_equal(beyond, scores(base, np.array([[0.0, 1.0]] * 4)))


def test_nothing_known_fires_nothing():
    """Where no rule fires the score is 0."""
    base = load(built_in(), NAMES)

    assert scores(base, np.full((4, 2), np.nan)).tolist() == [0.0, 0.0]


def test_something_unknown_holds_neither_way():
    """A negated statement about an unknown input is not evidence."""
    rules = [(("is", "amount", "t1", True), "t1")]
    shapes = {"amount": {"t1": [0, 0, 0.2, 0.4]}}
    base = load(toml(shapes, {"t1": [0.5, 0.6, 1, 1]}, rules), NAMES)

    assert scores(base, np.array([[np.nan, 0.9]])).tolist() == [0.0, pytest.approx(0.78, abs=0.02)]


def test_every_level_of_a_slope_is_scikit_fuzzys():
    """Cut anywhere, on a point of the grid or between, a slope has the same centroid."""
    rules = [(("is", "amount", "t1", False), "t1")]
    shapes, risk = {"amount": {"t1": [0, 1, 1, 1]}}, {"t1": [0.07, 0.66, 0.7, 1]}
    levels = np.random.default_rng(1).random(1_500)
    ours = scores(load(toml(shapes, risk, rules), NAMES), levels[None, :])
    theirs = [oracle.score(rules, risk, shapes, {"amount": level}) for level in levels]

    np.testing.assert_allclose(ours, theirs, atol=1e-9)
