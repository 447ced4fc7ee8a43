"""The profiles of users over a whole file, and the features that are judged by them."""

import math
from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.features.profiles import profiles, with_full_history
from tests.features import naive_profiles as naive

ROW = st.tuples(
    st.sampled_from(["ann", "bob", "cat"]),
    st.integers(0, 10**9).map(lambda cents: cents / 100),
    st.integers(0, 23),
    st.sampled_from(["purchase", "transfer", "unknown"]),
)
ROWS = st.lists(ROW, min_size=1, max_size=40)


def table(rows):
    """Return transactions from (user, amount, hour, type)."""
    users, amounts, hours, kinds = zip(*rows, strict=True)
    times = [datetime(2025, 3, 1, hour, 59, tzinfo=UTC) for hour in hours]
    return pl.DataFrame(
        {"user_id": users, "amount": amounts, "timestamp": times, "transaction_type": kinds},
        schema_overrides={"timestamp": pl.Datetime("us", "UTC")},
    )


@given(ROWS)
def test_profiles_are_what_the_definitions_say(rows):
    """Every figure of every user equals the plain Python definition."""
    expected = naive.profiles(rows)
    found = profiles(table(rows))

    assert found["user_id"].to_list() == sorted(expected)
    for row in found.iter_rows(named=True):
        row["type_distribution"] = {p["type"]: p["count"] for p in row["type_distribution"]}
        for name, value in expected[row["user_id"]].items():
            approximate = isinstance(value, float)
            assert row[name] == (pytest.approx(value, rel=1e-9, abs=1e-9) if approximate else value)


def test_a_profile_checked_by_hand():
    """Four amounts have the percentiles and the spread that paper and pencil give."""
    rows = [("ann", a, 9, "purchase") for a in (10.0, 20.0, 40.0)] + [("ann", 100.0, 22, "refund")]

    (row,) = profiles(table(rows)).iter_rows(named=True)

    assert row["avg_amount"] == 42.5
    assert row["median_amount"] == 30.0
    assert row["std_amount"] == pytest.approx(math.sqrt((32.5**2 + 22.5**2 + 2.5**2 + 57.5**2) / 3))
    assert row["percentile_75"] == pytest.approx(55.0)  # 40 + 0.25 * 60
    assert row["percentile_95"] == pytest.approx(91.0)  # 40 + 0.85 * 60
    assert row["common_hours"] == [9]
    assert row["type_distribution"] == [
        {"type": "purchase", "count": 3},
        {"type": "refund", "count": 1},
    ]


def test_hours_are_judged_in_the_given_zone():
    """Half past eleven at night in UTC is the next day's first hour in summer London."""
    row = table([("ann", 1.0, 23, "purchase")]).with_columns(
        timestamp=datetime(2025, 7, 1, 23, 30, tzinfo=UTC)
    )

    assert profiles(row)["common_hours"].to_list() == [[23]]
    assert profiles(row, timezone="Europe/London")["common_hours"].to_list() == [[0]]


def test_tables_without_types_have_no_common_type():
    """A file without types has profiles all the same, with empty lists in the place of types."""
    found = profiles(table([("ann", 1.0, 3, "purchase")]).drop("transaction_type"))

    assert found["common_types"].to_list() == [[]]
    assert found["type_distribution"].to_list() == [[]]


def test_a_single_transaction_has_no_spread():
    """One amount has a mean but no standard deviation: missing, not 0."""
    assert profiles(table([("ann", 5.0, 3, "x")]))["std_amount"].to_list() == [None]


@given(ROWS, st.integers(1, 12))
def test_full_history_replaces_the_amount_features(rows, least):
    """Users with enough transactions get whole-file values; the others get missing ones."""
    users = {user: [a for u, a, _, _ in rows if u == user] for user, *_ in rows}

    found = with_full_history(table(rows).with_columns(hour_rarity=1.5), least)

    assert found["hour_rarity"].to_list() == [1.5] * len(rows)
    for (user, amount, _, _), row in zip(rows, found.iter_rows(named=True), strict=True):
        amounts = users[user]
        enough = len(amounts) >= least
        mean = math.fsum(amounts) / len(amounts)
        expected = {
            "user_mean": mean,
            "user_p95": naive.quantile(amounts, 0.95),
            "user_max": max(amounts),
            "amount_ratio_mean": amount / mean if mean else math.nan,
            "amount_ratio_max": amount / max(amounts) if max(amounts) else math.nan,
            "amount_share_below": naive.share_below(amount, amounts),
        }
        assert row["prior_count"] == len(amounts)
        for name, value in expected.items():
            wanted = value if enough else math.nan
            assert row[name] == pytest.approx(wanted, rel=1e-9, abs=1e-9, nan_ok=True), name


def test_full_history_keeps_rows_in_their_place():
    """Rows come back in the order in which they were given, whoever's they are."""
    rows = [("bob", 3.0, 1, "x"), ("ann", 1.0, 1, "x"), ("bob", 2.0, 1, "x")]

    found = with_full_history(table(rows), 1)

    assert found["amount"].to_list() == [3.0, 1.0, 2.0]
    assert found["user_max"].to_list() == [3.0, 1.0, 3.0]


def test_profile_and_full_history_agree_to_the_bit():
    """The screen's percentile is the one that payments were judged by."""
    rng = np.random.default_rng(3)
    rows = [("ann", float(a), 1, "x") for a in np.exp(rng.normal(4, 2, 137))]

    assert (
        with_full_history(table(rows))["user_p95"][0] == profiles(table(rows))["percentile_95"][0]
    )
