"""The alert budget: met on what comes next, whatever drifts, and by the past alone."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import astuple

from outlay.decision.budget import Books, Budget, allot, most_share

DAY = 86_400_000_000
RATE = Budget(rate=0.01)


def months(seed, *, rows_per_day, drift):
    """Return shares and times of two months in which the shares no longer are what they were."""
    rng = np.random.default_rng(seed)
    times = np.sort(rng.integers(0, 60 * DAY, 60 * rows_per_day))
    return np.minimum(drift * rng.random(times.size), 1.0), times


def given_in_order(shares, times, budget, books):
    """Return what `allot` does of transactions that stand in time."""
    return astuple(allot(shares, times, np.arange(shares.size), budget, books))


def naive(shares, times, budget, books):
    """Return the alerts as the definition reads: one after the other."""
    share = budget.share(books.rows_per_day)
    daily = share * books.rows_per_day
    scale, limit = max(2 * daily, 0.5), 7 * max(daily, 1.0)
    owed, last, alerts = books.owed, books.last or times[0], []
    for p, now in zip(shares, times, strict=True):
        earned = daily * (now - last) / DAY if budget.per_day else budget.rate
        owed = min(owed + earned, limit)
        alerts.append(bool(p <= min(share * math.exp(max(min(owed / scale, 1.0), -3.0)), 1.0)))
        owed = max(owed - alerts[-1], -limit)
        last = now
    return alerts


@pytest.mark.parametrize("drift", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("rows_per_day", [40, 5_000])
def test_budget_is_met_though_the_scores_drift(drift, rows_per_day):
    """Realised alerts stay within 20 % of the budget when scores rise or sink for good."""
    shares, times = months(1, rows_per_day=rows_per_day, drift=drift)
    alerts, *_ = given_in_order(shares, times, RATE, Books(rows_per_day=rows_per_day))

    assert alerts.mean() == pytest.approx(0.01, rel=0.2)


def test_number_a_day_is_met():
    """Fifty a day is fifty a day on average, also when the business is twice that of training."""
    shares, times = months(2, rows_per_day=4_000, drift=1.0)
    alerts, *_ = given_in_order(shares, times, Budget(per_day=50), Books(rows_per_day=2_000))

    assert alerts.sum() / 60 == pytest.approx(50, rel=0.1)


def test_a_burst_of_bad_ones_is_paced():
    """A day on which everything looks bad gets its few alerts and what was owed, not all of them."""
    quiet, bad = np.full(3_000, 0.9), np.full(1_000, 0.012)
    times = np.concatenate([np.linspace(0, 29 * DAY, 3_000), np.linspace(29, 30, 1_000) * DAY])
    alerts, *_ = given_in_order(
        np.concatenate([quiet, bad]), times.astype(np.int64), RATE, Books(rows_per_day=100)
    )

    assert 5 <= alerts.sum() <= 7 + 10 + 2


@given(
    st.lists(st.tuples(st.floats(0, 0.1), st.integers(0, 10**9)), min_size=1, max_size=80),
    st.sampled_from([RATE, Budget(per_day=3), Budget(rate=0.2)]),
)
def test_alerts_are_what_the_definition_says(rows, budget):
    """The compiled loop gives the alerts of the plain one."""
    rows = sorted(rows, key=lambda row: row[1])
    shares, times = np.array([r[0] for r in rows]), np.array([r[1] * 1000 for r in rows])
    books = Books(rows_per_day=50)

    alerts, *_ = given_in_order(shares, times, budget, books)

    assert alerts.tolist() == naive(shares, times, budget, books)


@given(st.integers(1, 199), st.sampled_from([RATE, Budget(per_day=3)]))
def test_the_past_alone_counts_and_books_carry_it(cut, budget):
    """Cutting after any transaction leaves the earlier ones as they were; the books give the rest."""
    shares, times = months(3, rows_per_day=4, drift=0.1)
    shares, times = shares[:200], times[:200]
    books = Books(rows_per_day=4)
    whole, thresholds, owed, end = given_in_order(shares, times, budget, books)
    first, held, _, middle = given_in_order(shares[:cut], times[:cut], budget, books)
    rest, _, later, again = given_in_order(shares[cut:], times[cut:], budget, middle)

    np.testing.assert_array_equal(whole, np.concatenate([first, rest]))
    np.testing.assert_array_equal(thresholds[:cut], held)
    np.testing.assert_array_equal(owed[cut:], later)
    assert owed[cut - 1] == middle.owed
    assert end == again


@given(st.permutations(range(40)))
def test_order_of_rows_does_not_count(order):
    """Rows in any order get the same alerts, as long as the order in time is told."""
    rng = np.random.default_rng(3)
    shares, times = rng.random(40) ** 3, np.arange(40) * DAY // 7
    straight, _, _, end = given_in_order(shares, times, RATE, Books(rows_per_day=7))
    mixed = np.array(order)
    alerts, _, _, other = astuple(
        allot(shares[mixed], times[mixed], np.argsort(mixed), RATE, Books(rows_per_day=7))
    )

    np.testing.assert_array_equal(straight[mixed], alerts)
    assert end == other


def test_months_of_seven_alerts_are_met_too():
    """Of the months in which a small shop is due 6.5 alerts, most are met within a fifth."""
    met = 0
    for seed in range(100):
        shares = np.random.default_rng(seed).random(1_300)
        times = np.linspace(0, 30 * DAY, shares.size).astype(np.int64)
        alerts, *_ = given_in_order(shares, times, Budget(rate=0.005), Books(rows_per_day=43))
        met += abs(alerts.sum() / 6.5 - 1) <= 0.2

    assert met >= 95


def test_quiet_weeks_earn_no_flood():
    """After a month without anything bad the threshold is at most e^1.5 times the budget."""
    shares, times = np.full(3_000, 0.9), np.linspace(0, 30 * DAY, 3_000).astype(np.int64)
    _, thresholds, _, books = given_in_order(shares, times, RATE, Books(rows_per_day=100))

    assert thresholds.max() == pytest.approx(0.01 * math.exp(1.5))
    assert books.owed == pytest.approx(7)


@given(
    st.lists(st.floats(0, 1), min_size=1, max_size=80),
    st.sampled_from([Budget(rate=0.01), Budget(rate=0.9), Budget(per_day=3)]),
    st.floats(-1e4, 1e4),
)
def test_no_threshold_exceeds_the_most(shares, budget, owed):
    """However much is owed: what is rarer than no threshold need not be kept in mind."""
    books = Books(rows_per_day=50, owed=owed)
    times = np.arange(len(shares)) * DAY

    thresholds = given_in_order(np.array(shares), times, budget, books)[1]

    assert (thresholds <= most_share(budget, books)).all()


def test_the_most_is_reached():
    """Where a week's alerts are owed the threshold is as high as it may be."""
    books = Books(rows_per_day=5_000, owed=1e9)
    thresholds = given_in_order(np.ones(1), np.zeros(1, np.int64), RATE, books)[1]

    assert thresholds[0] == pytest.approx(most_share(RATE, books))
