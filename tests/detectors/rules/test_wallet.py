"""Every rule of the pack ``wallet`` finds what it is for, and lets its harmless neighbour pass."""

from typing import Any

import pytest

from outlay.detectors.rules import RulesDetector, load_pack
from tests.detectors.rules.frames import row, table

KNOWN: dict[str, Any] = {
    "prior_count": 50.0, "user_mean": 60.0, "user_p95": 150.0, "user_max": 400.0, "hour_rarity": 0.0,
    "type_rarity": 0.5, "new_counterparty": 0.0, "new_device": 0.0, "new_country": 0.0,
    "new_counterparties_24h": 0.0, "count_1h": 0.0, "sum_1h": 0.0, "count_24h": 0.0, "sum_24h": 0.0,
    "count_7d": 3.0, "sum_7d": 180.0, "sum_ratio_24h": 1.0, "burst_1h": 0.0, "gap_surprise": 1.0,
    "days_since_last_transaction": 1.0, "counterparty_prior_count": 90.0, "counterparty_zscore": 0.0,
}  # fmt: skip

CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "new_device_new_counterparty": (
        {"new_device": 1.0, "new_counterparty": 1.0, "amount": 120.0},
        {"new_counterparty": 0.0},
    ),
    "new_device_rare_hour": (
        {"new_device": 1.0, "hour_rarity": 2.0, "amount": 250.0},
        {"hour_rarity": 0.5},
    ),
    "large_to_new_counterparty": (
        {"new_counterparty": 1.0, "amount": 300.0},
        {"user_p95": 350.0},
    ),
    "large_in_new_country": (
        {"new_country": 1.0, "amount": 450.0},
        {"user_max": 500.0},
    ),
    "several_new_counterparties": (
        {"new_counterparties_24h": 4.0, "sum_ratio_24h": 4.0},
        {"new_counterparties_24h": 3.0},
    ),
    "far_above_habit": ({"amount": 500.0}, {"user_max": 600.0}),
    "cash_out_at_night": (
        {"transaction_type": "cash_withdrawal", "hour": 3.0, "type_rarity": 3.0, "amount": 300.0},
        {"hour": 5.0},
    ),
    "card_testing": (
        {"amount": 4.0, "count_1h": 6.0, "sum_1h": 20.0},
        {"sum_1h": 400.0},
    ),
    "large_after_tests": (
        {"amount": 250.0, "count_1h": 6.0, "sum_1h": 20.0},
        {"sum_1h": 600.0},
    ),
    "burst": ({"count_1h": 5.0, "sum_1h": 300.0, "burst_1h": 20.0}, {"burst_1h": 2.0}),
    "in_and_out": (
        {"transaction_type": "cash_out", "count_1h": 1.0, "sum_1h": 500.0, "amount": 480.0, "type_rarity": 2.0},
        {"amount": 300.0},
    ),
    "below_report_limit": (
        {"amount": 9500.0, "count_7d": 2.0, "sum_7d": 19_000.0},
        {"amount": 10_000.0},
    ),
    "split_over_a_day": (
        {"amount": 4000.0, "count_24h": 2.0, "sum_24h": 7000.0, "sum_ratio_24h": 9.0},
        {"sum_24h": 5000.0},
    ),
    "dormant_wakes": (
        {"amount": 180.0, "days_since_last_transaction": 40.0, "gap_surprise": 9.0},
        {"gap_surprise": 3.0},
    ),
    "round_sum_to_new_counterparty": (
        {"transaction_type": "transfer", "new_counterparty": 1.0, "amount": 300.0},
        {"amount": 310.0},
    ),
    "above_usual_at_counterparty": (
        {"counterparty_zscore": 5.0, "amount": 250.0},
        {"counterparty_prior_count": 3.0},
    ),
}  # fmt: skip


def test_every_rule_is_tried_here():
    """No rule of the pack goes without a case."""
    assert list(CASES) == [rule.code for rule in load_pack("wallet").rules]


@pytest.mark.parametrize("code", CASES)
def test_rules_find_their_case_and_let_the_neighbour_pass(code):
    """The rule is violated by its case, and not once a single thing is harmless."""
    case, harmless = CASES[code]
    rows = table(row(**{**KNOWN, **case}), row(**{**KNOWN, **case, **harmless}))

    assert RulesDetector(pack="wallet").hits(rows)[code].to_list() == [True, False]


def test_an_everyday_payment_is_normal():
    """A known user's usual payment to a known shop violates nothing and scores 0."""
    found = RulesDetector(pack="wallet").detail(table(row(**KNOWN))).row(0, named=True)

    assert found["rule_violations"] == []
    assert found["rule_confidence"] == 0.0


def test_signs_add_up():
    """A new device that pays much to somebody new is worse than either sign alone."""
    signs = {"new_counterparty": 1.0, "amount": 300.0}
    rules = RulesDetector(pack="wallet")

    alone, together = rules.score(
        table(row(**{**KNOWN, **signs}), row(**{**KNOWN, **signs, "new_device": 1.0}))
    )

    assert alone == pytest.approx(0.7)
    assert together == pytest.approx(1 - 0.3 * 0.3)


def test_card_testing_is_always_shown():
    """What comes next after card testing is worth an alert beyond any budget."""
    case, _ = CASES["card_testing"]

    assert RulesDetector(pack="wallet").detail(table(row(**{**KNOWN, **case})))[
        "rule_always_alert"
    ].to_list() == [True]
