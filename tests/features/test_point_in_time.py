"""The batch path, the online path and the definitions agree, and no row sees its future."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from outlay.features import Pasts, Population, compute
from outlay.features.online import Observer
from outlay.schema.catalog import NAMES
from tests.features import naive
from tests.strategies import START, frame, numbered, transactions

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_2025 = 1_735_689_600_000_000
BINNED = {"user_p95", "amount_ratio_p95", "amount_share_below"}
"""Read from logarithmic bins 5.5 % wide, so close to their definition but not equal."""


def bits(features):
    """Return the features as integers, so that comparing them compares bits."""
    return features.to_numpy().view(np.int64)


@given(transactions)
def test_batch_is_what_the_definitions_say(rows):
    """Each row of the table is the feature's definition, applied to the user's past."""
    table = frame(rows)
    population = Population.fit(table)
    computed, _ = compute(table, population)
    expected = naive.features(rows, population)
    for name in set(expected[0]) - BINNED:
        want = [row[name] for row in expected]
        np.testing.assert_allclose(computed[name], want, rtol=1e-7, atol=1e-7, err_msg=name)


@given(transactions)
def test_ratios_are_the_amount_against_the_columns_beside_them(rows):
    """The ratio columns are the amount over the user's mean, percentile and maximum."""
    table = frame(rows)
    computed, _ = compute(table, Population.fit(table))
    for ratio, base in (("mean", "user_mean"), ("p95", "user_p95"), ("max", "user_max")):
        want = table["amount"].to_numpy() / np.where(computed[base] == 0, np.nan, computed[base])
        np.testing.assert_array_equal(computed[f"amount_ratio_{ratio}"], want)


@given(st.lists(st.floats(0.01, 1e9), min_size=2, max_size=80))
def test_percentile_from_bins_is_within_a_bin(amounts):
    """The 95th percentile lies within one bin (5.6 %) of its neighbours in rank."""
    rows = [{"amount": amount, "user_id": "ann"} for amount in amounts]
    table = frame(rows).with_columns(
        timestamp=pl.datetime_range(
            pl.datetime(2025, 1, 1),
            pl.datetime(2025, 1, 1) + pl.duration(hours=len(amounts) - 1),
            "1h",
            time_unit="us",
            time_zone="UTC",
        )
    )
    computed, _ = compute(
        table.drop("transaction_type"), Population.fit(table.drop("transaction_type"))
    )
    earlier = sorted(amounts[:-1])
    rank = 0.95 * (len(earlier) - 1)
    low, high = earlier[int(rank)], earlier[min(int(rank) + 1, len(earlier) - 1)]
    assert low / 1.056 <= computed["user_p95"][-1] <= high * 1.056


@given(transactions)
def test_share_below_counts_within_a_bin(rows):
    """The share of smaller amounts lies between the shares 5.6 % below and above."""
    table = frame(rows)
    computed, _ = compute(table, Population.fit(table))
    for i, row in enumerate(rows):
        past = [max(p["amount"], 0.01) for p in rows[:i] if p["user_id"] == row["user_id"]]
        if past:
            amount = max(row["amount"], 0.01)
            least = sum(p < amount / 1.056 for p in past) / len(past)
            most = sum(p <= amount * 1.056 for p in past) / len(past)
            assert least <= computed["amount_share_below"][i] <= most


def observed(observer, rows, states, moments):
    """Take payments (dicts) through an observer in one call; keep the states by id."""
    users = sorted({row["user_id"] for row in rows})
    payees = sorted({row["counterparty_id"] for row in rows} - {None})
    before = [moments.get(payee, np.zeros(3)) for payee in payees]
    kernel_rows = observer.rows(
        [
            (
                round((row["timestamp"] - EPOCH) / timedelta(microseconds=1)),
                *(row[name] for name in ("amount", "transaction_type", "counterparty_id")),
                *(row[name] for name in ("device_id", "country")),
            )
            for row in rows
        ]
    )
    after = observer.observe_many(
        kernel_rows,
        np.array([users.index(row["user_id"]) for row in rows]),
        [states.get(user, np.empty(0)) for user in users],
        np.array(
            [payees.index(p) if (p := row["counterparty_id"]) is not None else -1 for row in rows]
        ),
        np.array(before).reshape(-1, 3),
    )
    states.update(zip(users, after.states, strict=True))
    moments.update(zip(payees, after.moments, strict=True))
    return after.features[:-1]


@given(transactions, st.data(), st.sampled_from(["UTC", "America/New_York"]))
def test_online_is_batch(rows, data, timezone):
    """Payments as they arrive, one or some at a time, get the very bits that the table gives."""
    table = frame(rows)
    population = Population.fit(table)
    observer = Observer(population, timezone)
    states: dict[str, Any] = {}
    moments: dict[str, Any] = {}
    online = []
    while rows:
        n = data.draw(st.integers(1, len(rows)))
        online.append(observed(observer, rows[:n], states, moments))
        rows = rows[n:]
    batch, pasts = compute(table, population, timezone=timezone)

    np.testing.assert_array_equal(np.hstack(online).T.view(np.int64), bits(batch))
    for user, state in states.items():
        np.testing.assert_array_equal(state, pasts.users.of(user))
    for k, payee in enumerate(pasts.counterparties.ids):
        np.testing.assert_array_equal(moments[payee], pasts.counterparties.moments[k])


@given(transactions, st.data())
def test_no_row_sees_its_future(rows, data):
    """Cutting the table after any transaction leaves the rows before it as they were."""
    table = frame(rows)
    cut = data.draw(st.integers(1, len(rows)))
    population = Population.fit(table)
    whole, _ = compute(table, population)
    part, _ = compute(table[:cut], population)

    np.testing.assert_array_equal(bits(whole[:cut]), bits(part))


@given(transactions, st.data())
def test_order_of_the_file_does_not_count(rows, data):
    """Shuffled rows get the same bits, population and all."""
    table = frame(rows)
    shuffled = table[data.draw(st.permutations(range(len(rows))))]
    features, _ = compute(table, Population.fit(table))
    again, _ = compute(shuffled, Population.fit(shuffled))
    back = again[np.argsort(shuffled["row_number"].to_numpy())]

    np.testing.assert_array_equal(bits(features), bits(back))


@given(transactions, st.data())
@settings(max_examples=50)
def test_chunks_and_threads_do_not_count(rows, data):
    """A file cut in two, its pasts carried over, and any number of threads give the same bits."""
    table = frame(rows)
    cut = data.draw(st.integers(0, len(rows)))
    population = Population.fit(table)
    whole, ends = compute(table, population, threads=1)
    parts, pasts = [], Pasts()
    for chunk in (table[:cut], table[cut:]):
        if len(chunk):
            part, newer = compute(chunk, population, pasts, threads=3)
            pasts = pasts.merged(newer)
            parts.append(part)

    np.testing.assert_array_equal(bits(whole), bits(pl.concat(parts)))
    assert pasts.users.to_frame().equals(ends.users.to_frame())
    assert pasts.counterparties.to_frame().equals(ends.counterparties.to_frame())


def test_two_tables_at_once_do_not_disturb_each_other():
    """Runs in several threads at the same time give what each gives alone."""
    rng = np.random.default_rng(5)
    tables = []
    for users in (3, 40, 900):
        n = 20_000
        rows = {
            "row_number": np.arange(1, n + 1),
            "transaction_id": [f"T{k}" for k in range(n)],
            "user_id": [f"U{k}" for k in rng.integers(0, users, n)],
            "amount": rng.integers(1, 10**6, n) / 100,
            "timestamp": EPOCH_2025 + np.sort(rng.integers(0, 40 * 86_400_000_000, n)),
            "transaction_type": rng.choice(["purchase", "cash_withdrawal"], n),
            "counterparty_id": [f"a rather long name {k}" for k in rng.integers(0, 300, n)],
        }
        tables.append(pl.DataFrame(rows).cast({"timestamp": pl.Datetime("us", "UTC")}))
    population = Population.fit(tables[0])
    alone = [compute(table, population, threads=2) for table in tables]

    with ThreadPoolExecutor(3) as pool:
        together = list(pool.map(lambda t: compute(t, population, threads=1), tables))

    for (features, pasts), (again, pasts_again) in zip(alone, together, strict=True):
        np.testing.assert_array_equal(bits(features), bits(again))
        np.testing.assert_array_equal(pasts.users.words, pasts_again.users.words)


@given(st.lists(st.integers(0, 400), min_size=1, max_size=300), st.data())
@settings(max_examples=30)
def test_many_acquaintances_are_all_remembered(payees, data):
    """A user of hundreds of counterparties knows each, through any number of runs and tables grown."""
    rows = [
        {
            "user_id": "ann",
            "amount": 5.0,
            "timestamp": START + timedelta(days=2 * k),
            "counterparty_id": f"shop {payee}",
        }
        for k, payee in enumerate(payees)
    ]
    table = frame(numbered(rows)).drop("transaction_type", "device_id", "country")
    population = Population.fit(table)
    cut = data.draw(st.integers(0, len(rows)))
    _, pasts = compute(table[:cut], population)
    features, _ = compute(table[cut:], population, pasts)

    firsts = [payees.index(payee) == k for k, payee in enumerate(payees)][cut:]
    young = [k == 0 for k in range(len(payees))][cut:]
    want = [np.nan if new else float(first) for new, first in zip(young, firsts, strict=True)]
    np.testing.assert_array_equal(features["new_counterparty"].to_numpy(), want)


@given(transactions)
@settings(max_examples=20)
def test_moments_of_one_time_are_ordered_by_content(rows):
    """Payments of one moment get the same features whichever comes first in the file."""
    table = frame(rows).with_columns(timestamp=pl.col("timestamp").dt.truncate("1d"))
    population = Population.fit(table)
    forward, _ = compute(table, population)
    backward, _ = compute(table.reverse(), population)

    np.testing.assert_array_equal(bits(forward), bits(backward.reverse()))


def test_late_payment_is_taken_at_the_time_of_the_last():
    """A payment earlier than the carried state is scored as it arrives, never with a negative pause."""
    table = frame(
        [
            {"user_id": "ann", "amount": 5.0, "timestamp": naive_time(day)}
            for day in ("2025-03-10", "2025-03-01")
        ]
    )
    population = Population.fit(table)
    _, pasts = compute(table[:1], population)
    late, _ = compute(table[1:], population, pasts)

    assert late["seconds_since_last"][0] == 0.0
    assert late["count_1h"][0] == 1.0


def naive_time(day):
    """Return midnight of a day, in UTC."""
    return pl.Series([day]).str.to_datetime(time_unit="us", time_zone="UTC")[0]


def test_columns_are_the_catalogue():
    """The kernel's columns stand under the catalogue's names, in its order."""
    table = frame([{"user_id": "ann", "amount": 1.0, "timestamp": naive_time("2025-03-10")}])
    features, _ = compute(table, Population.fit(table))

    assert tuple(features.columns) == NAMES
    assert features["prior_count"][0] == 0.0
    assert features["hour"][0] == 0.0
    assert features["weekday"][0] == 0.0
