"""A user in plain words: what is said is what was paid."""

import json
from datetime import UTC, datetime
from statistics import mean

import msgspec
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.features import compute
from outlay.pipeline.live.base import begin
from outlay.pipeline.live.glance import Glance
from outlay.pipeline.live.profile import profile
from outlay.pipeline.live.user_dashboard import as_html, as_json, as_png, user_summary
from tests.pipeline.live.test_engine import decided, pieces
from tests.strategies import SCHEMA, transactions


@given(transactions)
def test_a_glance_is_the_count_of_the_payments(tiny, rows):
    """Everything that a state tells is what a plain count of the payments tells."""
    table = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    _, pasts = compute(table, tiny.population)
    for name in pasts.users.ids:
        own = [row for row in rows if row["user_id"] == name]

        glance = Glance.of(pasts.users.of(name))

        amounts = sorted(row["amount"] for row in own)
        assert glance.n == len(own)
        assert (glance.amount_min, glance.amount_max) == (amounts[0], amounts[-1])
        assert glance.amount_mean == pytest.approx(mean(amounts))
        assert glance.hours == tuple(
            sum(row["timestamp"].hour == hour for row in own) for hour in range(24)
        )
        assert glance.weekdays == tuple(
            sum(row["timestamp"].weekday() == day for row in own) for day in range(7)
        )
        kinds = [row["transaction_type"] for row in own]
        assert glance.named_types(sorted(set(kinds))) == {kind: kinds.count(kind) for kind in kinds}
        assert glance.named_types([]) == {"other": len(own)}
        met = {
            (key, row[key]) for row in own for key in ("counterparty_id", "device_id", "country")
        }
        assert glance.met == len([pair for pair in met if pair[1] is not None])
        for q, exact in ((0.5, _quantile(amounts, 0.5)), (0.95, _quantile(amounts, 0.95))):
            assert glance.amount(q) == pytest.approx(exact, rel=0.06, abs=0.02)


def _quantile(rising, q):
    return float(pl.Series(rising).quantile(q, "linear") or 0.0)


@given(st.lists(st.integers(0, 9), min_size=24, max_size=24).filter(any))
def test_usual_hours_are_the_shortest_that_hold_most(counts):
    """No shorter stretch of the day, wherever it begins, holds nine payments in ten."""
    glance = Glance(1, 1, 1, 1, 0, 0, tuple(counts), (1,) * 7, None, {}, 0)  # type: ignore[arg-type]

    found = glance.usual_hours()

    def held(start, length):
        return sum(counts[(start + k) % 24] for k in range(length))

    shortest = next(
        length
        for length in range(1, 25)
        if max(held(s, length) for s in range(24)) >= 0.9 * sum(counts)
    )
    if found is None:
        assert shortest > 18
    else:
        begin_, end = found
        assert (end - begin_) % 24 == shortest
        assert held(begin_, shortest) >= 0.9 * sum(counts)


def test_a_users_profile_and_dashboard(model, store, later):
    """Past and present count; the ledger's part is told apart; the dashboard shows the decisions."""
    engine = begin(model, store, clock=lambda: 1_900_000_000_000_000)
    whose = max({row["user_id"] for row in later}, key=[row["user_id"] for row in later].count)
    before = profile(store, whose, model=model)
    answers = [a for piece in pieces(later, 40) for a in decided(engine, *piece)]
    own = [json.loads(a.body) for a in answers if json.loads(a.body)["user_id"] == whose]

    after = profile(store, whose, model=model)
    summary = user_summary(store, whose, model=model, days=30)

    assert before is not None
    assert after is not None
    assert before.ledger.payments == 0
    assert after.payments == before.payments + len(own)
    assert after.ledger.payments == len(own)
    assert after.ledger.alerts == sum(each["is_alert"] for each in own)
    assert after.last_seen == max(each["timestamp"] for each in own)
    assert after.first_seen == before.first_seen
    assert after.currency == "EUR"
    assert sum(after.types.values()) == after.payments
    assert after.amounts.p10 <= after.amounts.median <= after.amounts.p95 <= after.amounts.max
    assert f"{after.payments:,} payments from" in after.lines[0]
    assert any("usually pays" in line and "EUR" in line for line in after.lines)
    assert msgspec.json.decode(msgspec.json.encode(after))["lines"] == after.lines
    assert summary is not None
    assert {each.transaction_id: each.risk for each in summary.transactions} == {
        each["transaction_id"]: each["risk"]
        for each in own
        if datetime.fromisoformat(each["timestamp"]) >= summary.start.astimezone(UTC)
    }
    assert whose in as_html(summary)
    assert as_png(summary).startswith(b"\x89PNG")
    assert json.loads(as_json(summary))["user"] == whose


def test_somebody_new_or_unknown(tiny, store):
    """Two payments make nothing usual; whom nobody knows has no profile and no dashboard."""
    engine = begin(tiny, store, clock=lambda: 1_900_000_000_000_000)
    decided(
        engine,
        {"transaction_id": "A", "user_id": "new", "amount": 5, "timestamp": "2026-01-01T10:00:00Z"},
    )

    found = profile(store, "new", model=tiny)

    assert found is not None
    assert found.lines == [
        "1 payment from 2026-01-01 to 2026-01-01; judged against all users for now",
        "too few payments to say what is usual",
    ]
    assert profile(store, "nobody", model=tiny) is None
    assert user_summary(store, "nobody", model=tiny) is None
