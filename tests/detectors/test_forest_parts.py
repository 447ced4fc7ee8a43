"""A forest from a file is checked before the compiled walk may trust it."""

import numpy as np
import pytest

from outlay.detectors.isolation_forest import IsolationForestDetector
from outlay.errors import ModelError
from tests.detectors.tables import FEATURES, ordinary


@pytest.fixture(scope="module")
def parts():
    """Return a sound forest's parts."""
    return (
        IsolationForestDetector(features=FEATURES, n_trees=5, max_samples=64)
        .fit(ordinary(300))
        .to_parts()
    )


def put(name, at, value):
    """Return a change of one value in one array."""

    def change(settings, arrays):
        array = arrays[name].copy()
        array[at] = value
        return settings, arrays | {name: array}

    return change


def cut(name, part):
    """Return a change that keeps only part of an array."""
    return lambda settings, arrays: (settings, arrays | {name: arrays[name][part]})


def setting(name, value):
    """Return a change of one setting."""
    return lambda settings, arrays: (settings | {name: value}, arrays)


def without(name):
    """Return a change that loses an array."""
    return lambda settings, arrays: (settings, {k: v for k, v in arrays.items() if k != name})


DAMAGE = {
    "a split on a feature beyond the last": (
        put("feature", (0, 0), 10),
        "feature that is not there",
    ),
    "a threshold that is no number": (put("cut", (2, 1), np.nan), "not a number"),
    "an endless path": (put("expected", (0, 0), np.inf), "not a number"),
    "trees that lost a node": (cut("feature", (slice(None), slice(-1))), "not perfect"),
    "trees in one dimension": (cut("feature", 0), "not perfect"),
    "no trees": (cut("feature", slice(0)), "not perfect"),
    "thresholds of other trees": (cut("cut", slice(1)), "do not fit each other"),
    "leaves that are missing": (cut("expected", (slice(None), slice(9))), "do not fit each other"),
    "a fill value too few": (cut("fill", slice(-1)), "do not fit its features"),
    "an importance too few": (cut("importances", slice(-1)), "do not fit its features"),
    "a fill value missing": (put("fill", 0, np.nan), "fill value"),
    "a tail that rises": (cut("tail_scores", slice(None, None, -1)), "tail does not fall"),
    "a threshold beyond the scale": (setting("threshold", 3), "threshold is out of range"),
    "a threshold in words": (setting("threshold", "high"), "ValueError"),
    "a negative path length": (setting("normal", -1.0), "normal path length"),
    "a setting that nobody knows": (setting("settings", {"depth": 3}), "TypeError"),
    "a setting out of range": (setting("settings", {"n_trees": 0}), "n_trees is 0"),
    "no settings": (setting("settings", None), "TypeError"),
    "an array missing": (without("cut"), "KeyError: 'cut'"),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_damaged_parts_are_refused(damage, parts):
    """Every kind of damage is refused with what is wrong and what to do, before anything runs."""
    change, why = damage
    with pytest.raises(ModelError, match=r"(?s)parts are damaged: .*Hint: restore") as caught:
        IsolationForestDetector.from_parts(*change(*parts))
    assert why in str(caught.value)


def test_another_version_is_refused(parts):
    """A forest saved by a release with another layout asks to be trained again."""
    with pytest.raises(ModelError, match=r"version is 99, this release reads 1\.\n\nHint: train"):
        IsolationForestDetector.from_parts(parts[0] | {"version": 99}, parts[1])


def test_arrays_in_another_order_or_type_still_load(parts):
    """Arrays that a file format gave back otherwise laid out score the same."""
    settings, arrays = parts
    turned = {name: np.asfortranarray(array) for name, array in arrays.items()}
    turned["feature"] = turned["feature"].astype(np.int64)
    rows = ordinary(50)

    np.testing.assert_array_equal(
        IsolationForestDetector.from_parts(settings, turned).score(rows),
        IsolationForestDetector.from_parts(settings, arrays).score(rows),
    )
