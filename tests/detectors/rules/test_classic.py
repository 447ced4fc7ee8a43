"""The pack ``classic`` gives the numbers that its rules promise."""

import math
from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.detectors.rules import RulesDetector, load_pack
from outlay.features.profiles import with_full_history
from tests.detectors.rules import naive_classic as naive
from tests.detectors.rules.frames import row, table

# Ann: 18 x 100, 200, 6000. Mean 400, five times that 2000; 95th percentile at place 18.05 of 0..19:
# 200 + 0.05 * 5800 = 490. A payment of 100 scores .02 + .2041 + .05 = .2741 by its amount.
# Bob: 3 payments, too few. Cat: 10 x 2000, so p95 = mean = 2000: .4 + 1 + .2 = 1.6 by the amount.
LIMIT, P95, MEAN = "amount_above_limit", "amount_above_p95", "amount_multiple_of_mean"
OUT, IN, LOOK = "hour_high_risk", "hour_medium_risk", "hour_low_risk"
BY_HAND = [
    ("ann", 100, "purchase", 12, 0.069, [], "normal"),  # .2741 / 4
    ("ann", 100, "purchase", 6, 0.069, [], "normal"),  # the first usual hour
    ("ann", 100, "purchase", 22, 0.069, [], "normal"),  # the last
    ("ann", 100, "purchase", 5, 0.269, [OUT], "low"),  # + .8
    ("ann", 100, "purchase", 4, 0.319, [OUT], "low"),  # + 1
    ("ann", 200, "top_up", 23, 0.387, [OUT], "low"),  # (.04 + .4082 + .1 + 1) / 4
    ("ann", 6000, "withdrawal", 3, 1.0, [LIMIT, P95, MEAN, OUT], "critical"),
    ("ann", 100, "refund", 5, 0.069, [], "normal"),
    ("ann", 100, "refund", 23, 0.069, [], "normal"),
    ("ann", 100, "refund", 4, 0.219, [IN], "low"),  # + .6
    ("ann", 100, "refund", 3, 0.269, [IN], "low"),  # + .8
    ("ann", 100, "inquiry", 1, 0.069, [], "normal"),
    ("ann", 100, "inquiry", 2, 0.194, [LOOK], "low"),  # + .5
    ("ann", 100, "inquiry", 4, 0.194, [LOOK], "low"),
    ("ann", 100, "inquiry", 5, 0.069, [], "normal"),
    ("ann", 100, "transfer", 3, 0.091, [], "normal"),  # no hour score: .2741 / 3
    ("ann", 100, "unknown", 0, 0.091, [], "normal"),
    ("ann", 100, "transfer_out", 0, 0.319, [OUT], "low"),
    ("ann", 100, "view", 3, 0.194, [LOOK], "low"),
    ("ann", 100, "credit", 0, 0.269, [IN], "low"),
    ("bob", 4500, "purchase", 12, 0.225, [], "normal"),  # .9 / 4: no history counts as 0
    ("bob", 5000, "purchase", 12, 0.25, [], "normal"),  # not above 5000
    ("bob", 5000.01, "transfer", 12, 0.333, [LIMIT], "low"),
    ("cat", 2000, "transfer", 12, 0.533, [], "medium"),  # 1.6 / 3: an anomaly without a violation
    ("cat", 2000, "purchase", 12, 0.4, [], "normal"),  # 1.6 / 4 is not above .5
    ("cat", 2000, "purchase", 23, 0.65, [OUT], "high"),
    ("cat", 2000, "purchase", 5, 0.6, [OUT], "high"),  # 2.4 / 4
    ("cat", 2000, "income", 4, 0.55, [IN], "medium"),
    ("cat", 2000, "statement", 3, 0.525, [LOOK], "medium"),
    ("cat", 2000, "statement", 6, 0.4, [], "normal"),
    ("cat", 2000, "redeem", 0, 0.65, [OUT], "high"),
    ("cat", 2000, "deposit", 12, 0.4, [], "normal"),
    ("cat", 2000, "gift", 12, 0.533, [], "medium"),
]
ACTIONS = {
    "critical": "Immediate investigation required",
    "high": "Review recommended",
    "medium": "Monitor",
    "low": "Log for pattern analysis",
    "normal": None,
}


@pytest.fixture(scope="module")
def judged():
    """Return the hand-checked table and what the pack says of it, by the whole file."""
    users, amounts, kinds, hours, *_ = zip(*BY_HAND, strict=True)
    frame = pl.DataFrame(
        {
            "user_id": users,
            "amount": [float(a) for a in amounts],
            "transaction_type": kinds,
            "hour": [float(h) for h in hours],
            "timestamp": [datetime(2025, 3, 1, h, tzinfo=UTC) for h in hours],
        }
    )
    return RulesDetector(history="full").detail(with_full_history(frame))


def test_confidence_is_the_mean_of_the_scores_that_apply(judged):
    """Every confidence is what paper and pencil give, to three digits."""
    assert judged["rule_confidence"].to_list() == [line[4] for line in BY_HAND]


def test_violations_are_those_checked_by_hand(judged):
    """Every row violates the rules it should, in the order of the pack, and no other."""
    assert judged["rule_violations"].to_list() == [line[5] for line in BY_HAND]


def test_severity_and_action_follow_the_confidence(judged):
    """Each anomaly has the severity and action of its confidence; a normal row has no action."""
    severities = [line[6] for line in BY_HAND]

    assert judged["rule_severity"].to_list() == severities
    assert judged["rule_action"].to_list() == [ACTIONS[word] for word in severities]
    assert judged["rule_is_anomaly"].to_list() == [word != "normal" for word in severities]


CLASSIC = RulesDetector()
AMOUNT = st.one_of(
    st.sampled_from([0.0, 100.0, 500.0, 4999.99, 5000.0, 5000.01]), st.floats(0, 2e4)
)
KIND = st.sampled_from([*sorted(naive.HIGH | naive.MEDIUM | naive.LOW), "transfer", "unknown"])
USUAL = st.one_of(st.just(math.nan), st.sampled_from([0.0, 100.0]), st.floats(0.01, 1e4))


@given(st.lists(st.tuples(AMOUNT, KIND, st.integers(0, 23), st.integers(0, 20), USUAL, USUAL), min_size=1, max_size=25))  # fmt: skip
def test_pack_is_what_its_plain_twin_says(rows):
    """Whatever the row, the pack over a table and the plain Python twin on each row agree."""
    names = ("amount", "transaction_type", "hour", "prior_count", "user_mean", "user_p95")
    frame = pl.DataFrame(rows, schema=names, orient="row", strict=False)

    found = CLASSIC.detail(frame)

    for judged, values in zip(found.iter_rows(named=True), rows, strict=True):
        expected = naive.judge(values)
        if math.isnan(values[4]) != math.isnan(values[5]):
            continue  # a mean without a percentile: no past gives that
        for name, value in expected.items():
            near = pytest.approx(value, abs=1.01e-3 if name == "rule_confidence" else 1e-12)
            assert judged[name] == (near if isinstance(value, float) else value), name


@pytest.mark.parametrize(
    ("kind", "hour", "severity"),
    [
        ("payment", 5, "high"), ("payment", 4, "critical"), ("payment", 23, "critical"),
        ("income", 4, "medium"), ("income", 3, "high"), ("income", 0, "high"),
        ("view", 2, "medium"), ("view", 4, "medium"),
    ],
)  # fmt: skip
def test_hours_have_the_severity_of_how_far_off_they_are(kind, hour, severity):
    """Each unusual hour is as severe as the kind of transaction and its distance make it."""
    text = CLASSIC.report(row(transaction_type=kind, hour=float(hour)))

    assert f"  1. [{severity}] " in text


def test_a_confidence_of_one_half_is_no_anomaly():
    """Near misses are an anomaly above one half, not at it."""
    usual = {"prior_count": 10.0, "user_mean": 2000.0, "transaction_type": "gift"}
    at = row(amount=2500.0, user_p95=3333.0 + 1 / 3, **usual)  # (.5 + .75 + .25) / 3
    above = row(amount=2500.0, user_p95=3300.0, **usual)

    found = CLASSIC.detail(table(at, above))

    assert CLASSIC.score(table(at)).tolist() == [0.5]
    assert found["rule_is_anomaly"].to_list() == [False, True]
    assert found["rule_violations"].to_list() == [[], []]


def test_history_counts_from_the_tenth_earlier_payment():
    """Nine earlier payments are too few to judge by a user's habits, ten are enough."""
    known = {"amount": 900.0, "user_p95": 100.0, "user_mean": 50.0}

    found = RulesDetector().detail(
        table(row(prior_count=9.0, **known), row(prior_count=10.0, **known))
    )

    assert found["rule_violations"].to_list() == [[], [P95, MEAN]]
    assert found["user_percentile_score"].to_list() == [0.0, 1.0]


def test_parameters_can_be_set_from_outside():
    """A limit of 50 makes a payment of 100 a violation, without another pack."""
    frame = table(row(amount=100.0))

    assert RulesDetector().detail(frame)["rule_violations"].to_list() == [[]]
    assert RulesDetector(parameters={"high_amount": 50}).detail(frame)[
        "rule_violations"
    ].to_list() == [[LIMIT]]


def test_types_of_the_pack_are_normalised_and_in_one_group_only():
    """Every type is spelled as Outlay normalises it, and no type is in two groups."""
    sets = load_pack("classic").scope.sets
    members = [kind for kinds in sets.values() for kind in kinds]

    assert len(members) == len(set(members))
    assert set(sets["high_risk_types"]) == naive.HIGH
    assert members == [kind.lower().strip().replace(" ", "_").replace("-", "_") for kind in members]
