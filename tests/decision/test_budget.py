"""The alert budget: met on the days ahead, whatever drifts, and by earlier days alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.decision.budget import Books, Budget, allot

RATE = Budget(rate=0.01)


def month(rng, *, rows_per_day, drift):
    """Return shares and days of two months in which the shares no longer are what they were."""
    days = np.repeat(np.arange(60), rows_per_day)
    return np.minimum(drift * rng.random(days.size), 1.0), days


@pytest.mark.parametrize("drift", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("rows_per_day", [60, 5_000])
def test_budget_is_met_though_the_scores_drift(drift, rows_per_day):
    """Realised alerts stay within 20 % of the budget when scores rise or sink for good."""
    shares, days = month(np.random.default_rng(1), rows_per_day=rows_per_day, drift=drift)
    alerts, _, _ = allot(shares, days, RATE, Books(rows_per_day=rows_per_day))

    assert alerts.mean() == pytest.approx(0.01, rel=0.2)


def test_number_a_day_is_met():
    """Fifty a day is fifty a day on average, also when the business doubles."""
    rng = np.random.default_rng(2)
    days = np.concatenate([np.repeat(np.arange(30), 2_000), np.repeat(np.arange(30, 60), 4_000)])
    alerts, _, _ = allot(rng.random(days.size), days, Budget(per_day=50), Books(rows_per_day=2_000))

    assert alerts[days >= 30].sum() / 30 == pytest.approx(50, rel=0.1)
    assert alerts[days < 30].sum() / 30 == pytest.approx(50, rel=0.1)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=200), st.data())
def test_a_day_does_not_see_later_ones(shares, data):
    """Cutting the days after any day leaves the alerts up to it as they were; so does carrying."""
    days = np.sort(
        data.draw(st.lists(st.integers(0, 20), min_size=len(shares), max_size=len(shares)))
    )
    cut = data.draw(st.integers(1, 20))
    shares = np.array(shares)
    early = days < cut
    if early.all() or not early.any():
        return
    whole, thresholds, end = allot(shares, days, RATE, Books(rows_per_day=10))
    first, held, books = allot(shares[early], days[early], RATE, Books(rows_per_day=10))

    np.testing.assert_array_equal(whole[early], first)
    np.testing.assert_array_equal(thresholds[early], held)
    if days[~early][0] - days[early][-1] == 1:
        rest, _, again = allot(shares[~early], days[~early], RATE, books)
        np.testing.assert_array_equal(whole[~early], rest)
        assert end == again


@given(st.permutations(range(40)))
def test_order_of_rows_does_not_count(order):
    """Rows of several days in any order get the same alerts."""
    rng = np.random.default_rng(3)
    shares, days = rng.random(40) ** 3, rng.integers(0, 6, 40)
    straight, _, end = allot(shares, days, RATE, Books(rows_per_day=7))
    mixed, _, other = allot(shares[list(order)], days[list(order)], RATE, Books(rows_per_day=7))

    np.testing.assert_array_equal(straight[list(order)], mixed)
    assert end == other


def test_the_worse_is_alerted_first():
    """Within a day nothing that is alerted is less bad than what is not."""
    shares, days = month(np.random.default_rng(4), rows_per_day=300, drift=1.0)
    alerts, _, _ = allot(shares, days, RATE, Books(rows_per_day=300))
    for day in range(60):
        today = days == day
        if alerts[today].any() and not alerts[today].all():
            assert shares[today & alerts].max() < shares[today & ~alerts].min()


def test_quiet_weeks_earn_no_flood():
    """After a month without anything bad a day gets at most e times its budget."""
    quiet = np.full(3_000, 0.9)
    bad = np.linspace(0, 1, 1_000)
    shares = np.concatenate([quiet, bad])
    days = np.concatenate([np.repeat(np.arange(30), 100), np.full(1_000, 30)])
    alerts, _, _ = allot(shares, days, RATE, Books(rows_per_day=100))

    assert alerts[days == 30].mean() <= np.e * 0.01 + 0.001
