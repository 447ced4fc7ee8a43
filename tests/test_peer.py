"""The tuned peer of the benchmarks makes Outlay's features: all of them, and the same numbers."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from benchmarks import big, by_hand
from benchmarks.features import features
from benchmarks.windows import CONTENT

from outlay.features import Population, compute
from outlay.features._kernels import BIN_WIDTH, EDGES
from outlay.schema.catalog import NAMES
from tests.features import naive

BINNED = {"user_p95", "amount_ratio_p95", "amount_share_below"}
"""Exact in the peer; ours are read from logarithmic bins."""
A_BIN = float(np.exp(BIN_WIDTH)) * (1 + 1e-9)
"""An amount, and the bin that it is read from, are no further apart than the bin's two edges."""


def in_order(folder):
    """Return what the benchmark of ten million rows is made of: few ties, no countries."""
    big.write(folder / "payments.parquet", 5_000)
    table = pl.read_parquet(folder / "payments.parquet")
    return table.with_columns(pl.col("timestamp").dt.replace_time_zone("UTC"))


def tied(_folder):
    """Return shuffled payments with holes, most of them at the same moment as others of their user."""
    rng = np.random.default_rng(1)
    rows = 3_000

    def any_of(*values):
        return [values[at] for at in rng.integers(0, len(values), rows)]

    hours = [timedelta(hours=float(hour)) for hour in rng.integers(0, 60 * 24, rows) // 8 * 8]
    return pl.DataFrame(
        {
            "transaction_id": [f"T{at:05}" for at in rng.permutation(rows)],
            "user_id": rng.choice(["ann", "bob", "çelik", "4"], rows, p=[0.6, 0.3, 0.09, 0.01]),
            "timestamp": [datetime(2025, 3, 1, tzinfo=UTC) + hour for hour in hours],
            "amount": rng.choice([0.0, 20.0, 20.01, 300.0, 5e6], rows),
            "transaction_type": any_of("purchase", "deposit", None),
            "counterparty_id": any_of("shop", "bank", "kiosk", None),
            "device_id": any_of("phone", "tablet", None),
            "country": any_of("DE", "FR", None),
        },
        schema_overrides={"timestamp": pl.Datetime("us", "UTC")},
    )


def bare(folder):
    """Return payments of which nothing is known but who, when and how much."""
    return in_order(folder).select("transaction_id", "user_id", "timestamp", "amount")


@pytest.fixture(params=[in_order, tied, bare])
def both(request, tmp_path):
    """Return transactions, the peer's features of them, and ours."""
    table = request.param(tmp_path)
    ours, _ = compute(table, Population.fit(table))
    return table, features(table).fill_null(float("nan")), ours


def test_the_peer_makes_our_features(both):
    """Every feature but those from bins is ours to nine figures, and missing where ours is."""
    _, peer, ours = both
    assert tuple(peer.columns) == NAMES
    for name in set(NAMES) - BINNED:
        np.testing.assert_allclose(peer[name], ours[name], rtol=1e-9, atol=1e-12, err_msg=name)


def test_percentiles_agree_within_a_bin(both):
    """The peer's exact percentile and ours lie no further apart than the edges of a bin.

    Ours lies in the bin of each amount that it is read from, and an amount between two of them
    keeps that distance; amounts below a cent all stand in the lowest bin.
    """
    table, peer, ours = both
    exact, read = peer["user_p95"].to_numpy(), ours["user_p95"].to_numpy()
    np.testing.assert_array_equal(np.isnan(exact), np.isnan(read))
    known = ~np.isnan(exact)
    assert (read <= exact * A_BIN + EDGES[1])[known].all()
    assert (exact <= read * A_BIN)[known].all()
    ratios = table["amount"].to_numpy() / np.where(exact > 0, exact, np.nan)
    np.testing.assert_allclose(peer["amount_ratio_p95"], ratios, rtol=1e-15)


def test_shares_agree_within_a_bin(both):
    """The peer's exact share of smaller amounts and ours differ by half of the row's bin at most."""
    table, peer, ours = both
    bins = np.digitize(table["amount"], EDGES * (1 - 1e-12))
    with_bins = table.with_columns(bin=pl.Series(bins), row=pl.int_range(len(table)))
    told = [name for name in CONTENT if name in table.columns]
    order = with_bins.sort("user_id", "timestamp", *told)
    inside = order.select(
        "row",
        share=pl.int_range(pl.len()).over("user_id", "bin")
        / pl.int_range(pl.len()).over("user_id"),
    ).sort("row")["share"]
    apart = np.abs(peer["amount_share_below"].to_numpy() - ours["amount_share_below"].to_numpy())
    assert (apart <= inside.to_numpy() / 2 + 1e-12)[~np.isnan(apart)].all()


def test_percentile_and_share_are_what_the_definitions_say(tmp_path):
    """Where ours are read from bins, the peer's are the definitions' to the last figures."""
    table = in_order(tmp_path).filter(pl.col("user_id").rank("dense") <= 3)
    expected = naive.features(table.with_columns(country=None).to_dicts(), Population.fit(table))
    peer = features(table)
    for name in ("user_p95", "amount_share_below"):
        want = [row.get(name, np.nan) for row in expected]
        np.testing.assert_allclose(peer[name].fill_null(float("nan")), want, rtol=1e-12)


@pytest.mark.filterwarnings("ignore:Passing more than 2 positional:DeprecationWarning")
def test_the_ways_by_hand_judge_alike():
    """scikit-fuzzy at once, step by step and by its control system: how fast differs, no risk does."""
    given = np.random.default_rng(3).random((4, 60))

    at_once = by_hand.fuzzy(given)

    assert by_hand.fuzzy_by_steps(given) == pytest.approx(at_once, abs=1e-12)
    assert by_hand.fuzzy_control(given) == pytest.approx(at_once, abs=1e-3)
