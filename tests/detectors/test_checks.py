"""The battery of checks must be able to fail: one bad detector for each, and a good one."""

import numpy as np
import polars as pl
import pytest

from outlay.detectors.checks import CHECKS, Subject, check_detector, far_above
from tests.detectors.bad_detectors import BAD, Distance

ROWS = 200


def table():
    """Return ordinary rows of one feature."""
    size = np.random.default_rng(0).normal(50, 10, ROWS)
    return pl.DataFrame({"size": size, "user_id": [f"U{i % 5}" for i in range(ROWS)]})


def test_a_good_detector_passes():
    """The battery has nothing against a detector that keeps the contract."""
    check_detector(Distance, table())


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.__name__)
def test_a_bad_detector_fails_for_its_fault(bad):
    """Each fault is found, and the message names it."""
    with pytest.raises(AssertionError, match=BAD[bad]):
        check_detector(bad, table())


def test_every_check_can_fail():
    """Each check of the battery is failed by some bad detector: none passes everything."""
    rows = table()
    unfailed = {check.__name__ for check in CHECKS}
    for bad in BAD:
        subject = Subject(bad, rows, far_above(rows), frozenset(rows.columns))
        for check in CHECKS:
            try:
                check(subject)
            except AssertionError:
                unfailed.discard(check.__name__)
    assert not unfailed


def test_the_outlier_and_the_codes_can_be_given():
    """A given outlier is the one that must be found, and given codes are the ones allowed."""
    rows = table()
    typical = rows.tail(1).with_columns(size=pl.lit(50.0))

    with pytest.raises(AssertionError, match="outlier above the typical row"):
        check_detector(Distance, rows, outlier=typical)
    with pytest.raises(AssertionError, match=r"known codes, not \['size'\]"):
        check_detector(Distance, rows, codes=["amount"])


def test_parts_must_be_plain():
    """Arrays of Python objects, which only pickle can save, are refused."""

    class Objects(Distance):
        def to_parts(self):
            return {}, {"spread": np.array([self], dtype=object)}

    class Lists(Distance):
        def to_parts(self):
            return {"middle": self.middle}, {"spread": [self.spread]}

    def check(detector):
        rows = table()
        CHECKS[-2](Subject(detector, rows, far_above(rows), frozenset(rows.columns)))

    with pytest.raises(AssertionError, match="arrays of plain numbers"):
        check(Objects)
    with pytest.raises(AssertionError, match="parts in arrays"):
        check(Lists)
