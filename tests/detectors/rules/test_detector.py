"""The rules keep the contract of a detector and fill the columns of the scored table."""

import json
import math

import numpy as np
import polars as pl
import pytest

from outlay.detectors.checks import CHECKS, Subject
from outlay.detectors.rules import RulesDetector, builtin_packs, load_pack
from outlay.detectors.rules.problems import Source
from outlay.detectors.rules.reading import read_pack
from outlay.errors import ModelError
from outlay.schema import catalog
from tests.detectors.rules.frames import row, table

HEAD = 'format = 1\nname = "mine"\nversion = "1"\n'
COLUMNS = [
    "rule_confidence", "rule_is_anomaly", "rule_violations", "amount_score",
    "user_percentile_score", "hour_risk_score", "rule_severity", "rule_action", "rule_always_alert",
]  # fmt: skip


def rule(code, when, *more):
    """Return the text of a rule."""
    lines = [f'code = "{code}"', f'name = "{code}"', f'when = "{when}"', f'reason = "{code} it is"']
    return "\n".join(["[[rule]]", *lines, *more, ""])


def detector(*rules, head=HEAD):
    """Return a detector with a pack of these rules."""
    return RulesDetector(pack=read_pack(Source("mine.toml", head + "".join(rules))))


def ordinary(n=300):
    """Return ordinary rows with features as they may be."""
    rng = np.random.default_rng(5)
    amounts = np.exp(rng.normal(4, 0.5, n))
    features = {name: rng.uniform(0, 2, n) for name in catalog.NAMES}
    return pl.DataFrame(
        {
            **features,
            "user_id": [f"u{i % 9}" for i in range(n)],
            "amount": amounts,
            "transaction_type": rng.choice(["purchase", "refund", "view", "gift"], n),
            "hour": rng.integers(7, 22, n).astype(float),
            "prior_count": rng.integers(0, 50, n).astype(float),
            "user_p95": amounts * rng.uniform(1, 3, n),
            "user_mean": amounts * rng.uniform(0.5, 2, n),
        }
    )


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_rules_keep_the_contract_of_detectors(check):
    """Everything that is asked of any detector holds for the rules of the classic pack."""
    rows = ordinary()
    outlier = rows.tail(1).with_columns(
        amount=9000.0, hour=3.0, transaction_type=pl.lit("purchase"), prior_count=20.0,
        user_p95=50.0, user_mean=30.0,
    )  # fmt: skip
    codes = {"rule_confidence"} | {r.code for r in load_pack("classic").rules}

    check(Subject(RulesDetector, rows, outlier, frozenset(codes)))


@pytest.mark.parametrize("pack", builtin_packs())
@pytest.mark.parametrize("columns", [["user_id", "amount"], ["amount", "hour"], ["note"]])
def test_missing_columns_are_told_and_never_fatal(pack, columns):
    """A table without most columns is judged by what there is, and the rest is named."""
    rows = table(row(note="x")).select(pl.lit("x").alias("note"), "user_id", "amount", "hour")
    rules = RulesDetector(pack=pack)

    found = rules.detail(rows.select(columns))
    lacking = rules.not_assessed(rows.select(columns))

    assert found.columns == COLUMNS
    assert found.height == 1
    last = rules.pack.rules[-1]
    assert lacking[last.code] == tuple(sorted(last.reads - set(columns)))


def test_columns_full_of_nothing_say_nothing():
    """A feature that is missing in every row leaves its rule unassessed, in one row it does not."""
    rules = detector(rule("fresh", "new_device = 1"))

    assert rules.not_assessed(table(row(), row())) == {"fresh": ("new_device",)}
    assert rules.not_assessed(table(row(), row(new_device=0.0))) == {}


def test_columns_of_another_type_count_as_missing_values():
    """Numbers in texts are read, what is no number is missing, and lists are no values at all."""
    rules = detector(rule("big", "amount > 100"))

    assert rules.detail(pl.DataFrame({"amount": ["500", "many"]}))["rule_violations"].to_list() == [
        ["big"],
        [],
    ]
    assert rules.detail(pl.DataFrame({"amount": [[500.0]]}))["rule_violations"].to_list() == [[]]


def test_no_rows_have_the_columns_all_the_same():
    """An empty table gives an empty table with every column in its type."""
    full, empty = (RulesDetector().detail(frame) for frame in (ordinary(3), ordinary(3).clear()))

    assert empty.schema == full.schema
    assert empty.height == 0


def test_shadow_rules_are_counted_and_judge_nobody():
    """A rule in shadow mode shows among the hits, a paused one does not, and neither judges."""
    rules = detector(
        rule("seen", "amount > 1", 'mode = "shadow"'),
        rule("asleep", "amount > 1", 'mode = "paused"'),
        rule("awake", "amount > 1000"),
    )
    rows = table(row(amount=5.0))

    assert rules.hits(rows).to_dicts() == [{"seen": True, "awake": False}]
    assert rules.detail(rows)["rule_violations"].to_list() == [[]]
    assert rules.score(rows).tolist() == [0.0]
    assert rules.explain(rows) == [[]]


def test_a_pack_of_which_no_rule_is_active_judges_nobody():
    """With all rules in shadow every transaction is normal."""
    rules = detector(rule("seen", "amount > 1", 'mode = "shadow"'))

    found = rules.detail(table(row(), row()))

    assert found["rule_severity"].to_list() == ["normal", "normal"]
    assert found["rule_violations"].to_list() == [[], []]


def test_of_a_group_only_the_first_that_applies_judges():
    """Two rules of a group apply to a row, and the second has no say and no score."""
    group = 'group = "g"'
    rules = detector(
        rule("first", "amount > 1000", group, "applies = \"country = 'IE'\""),
        rule("second", "amount > 1", group),
        rule("third", "amount > 1", group),
    )

    found = rules.detail(table(row(country="IE"), row(country="GB")))

    assert found["rule_violations"].to_list() == [[], ["second"]]
    assert found["rule_confidence"].to_list() == [0.0, 1.0]


@pytest.mark.parametrize(("combine", "expected"), [("mean", 0.25), ("max", 0.5), ("any", 0.625)])
def test_ways_to_combine_scores(combine, expected):
    """Scores of 0.5, 0.25 and 0 that apply, and one that does not, make one confidence."""
    rules = detector(
        rule("half", "false", 'score = "0.5"'),
        rule("quarter", "false", 'score = "amount / 400"'),
        rule("none", "false"),
        rule("absent", "false", 'score = "1"', "applies = \"country = 'GB'\""),
        head=f'{HEAD}[confidence]\ncombine = "{combine}"\n',
    )

    assert rules.score(table(row(amount=100.0))).tolist() == [expected]


def test_scores_are_cut_to_the_unit_interval_and_known_where_violated():
    """Below 0 is 0, above 1 is 1, and a score that cannot be known is 1 exactly where violated."""
    rules = detector(
        rule("low", "false", 'score = "0 - amount"'),
        rule("high", "false", 'score = "amount"'),
        rule("unknown", "amount > 50", 'score = "amount / user_mean"'),
        head=f'{HEAD}[confidence]\ncombine = "mean"\n',
    )

    assert rules.score(table(row(amount=100.0), row(amount=10.0))).tolist() == [2 / 3, 1 / 3]


def test_near_misses_can_be_left_out():
    """With near_misses = false a score counts only where its rule is violated."""
    text = rule("big", "amount > 100", 'score = "amount / 200"')
    rules = detector(text, head=f"{HEAD}[confidence]\nnear_misses = false\n")

    assert rules.score(table(row(amount=90.0), row(amount=150.0))).tolist() == [0.0, 0.75]
    assert detector(text).score(table(row(amount=90.0))).tolist() == [0.45]


def test_codes_of_many_rules_are_kept_apart():
    """In a pack of 130 rules, more than one integer has bits for, each row names exactly its own."""
    rules = detector(*(rule(f"r{i}", f"amount in ({i}, 1000)") for i in range(130)))
    amounts = [0, 61, 62, 63, 124, 129, 1000, 500]

    found = rules.detail(table(*(row(amount=float(a)) for a in amounts)))["rule_violations"]

    everything = [f"r{i}" for i in range(130)]
    assert found.to_list() == [*([f"r{a}"] for a in amounts[:6]), everything, []]


def test_rules_may_ask_to_be_shown_always():
    """A row is marked where, and only where, a rule with always_alert is violated."""
    rules = detector(
        rule("always", "amount > 100", "always_alert = true"), rule("never", "amount > 1")
    )

    found = rules.detail(table(row(amount=500.0), row(amount=50.0)))

    assert found["rule_always_alert"].to_list() == [True, False]


def test_reasons_stand_in_human_units_weightiest_first():
    """Each violation has its sentence with what would be normal, the severe ones first."""
    odd = row(
        amount=4200.0, hour=3.0, prior_count=87.0, user_p95=1310.0, user_mean=420.0,
        amount_ratio_mean=10.0, transaction_type="withdrawal",
    )  # fmt: skip

    (reasons,) = RulesDetector(currency="EUR").explain(table(odd))

    assert [(reason.code, reason.weight) for reason in reasons] == [
        ("hour_high_risk", 1.0),
        ("amount_multiple_of_mean", 0.8),
        ("amount_above_p95", 0.6),
    ]
    assert reasons[0].text == (
        "03:00 (very late night or early morning) is outside the usual 06:00 to 22:59 for "
        "withdrawal; normal is between 06:00 and 22:59"
    )
    assert reasons[1].text == (
        "4,200 EUR is 10 × the user's mean (420 EUR over 87 earlier payments); "
        "normal is up to 5 × the mean"
    )
    assert reasons[2].text == (
        "4,200 EUR is above the user's 95th percentile (1,310 EUR over 87 earlier payments); "
        "normal is up to 1,310 EUR"
    )


def test_an_anomaly_without_a_violation_says_what_came_near():
    """Where only the sum of near misses is odd, the reason names the nearest rules."""
    near = row(amount=4900.0, prior_count=20.0, user_p95=5000.0, user_mean=2000.0)

    (reasons,) = RulesDetector().explain(table(near, row()).head(1))

    assert [reason.code for reason in reasons] == ["rule_confidence"]
    assert reasons[0].text == (
        "no rule is violated, but together the near misses reach 0.61: Amount above the absolute "
        "limit 98%, Amount above the user's 95th percentile 98%, Amount a multiple of the user's "
        "mean 49%"
    )


def test_normal_rows_have_no_reason():
    """A row that breaks no rule is not explained."""
    assert RulesDetector().explain(table(row(), row(amount=1.0))) == [[], []]


def test_training_keeps_how_often_rules_are_violated():
    """The share of hits in training is kept for a later comparison."""
    rules = detector(rule("big", "amount > 100")).fit(table(row(amount=50.0), row(amount=500.0)))

    assert rules.hit_shares == {"big": 0.5}
    assert type(rules).from_parts(*json_parts(rules)).hit_shares == {"big": 0.5}


def json_parts(rules):
    """Return the parts as they come back from a file."""
    settings, arrays = rules.to_parts()
    return json.loads(json.dumps(settings)), arrays


def test_a_saved_pack_is_replayed_with_its_parameters():
    """Text, parameters, currency and reading of history come back; the file is not needed."""
    rules = RulesDetector(parameters={"high_amount": 50}, currency="INR", history="full")

    again = RulesDetector.from_parts(*json_parts(rules))

    assert again.pack.digest == rules.pack.digest
    assert again.explain(table(row())) == rules.explain(table(row()))
    assert "100 INR is above the limit of 50 INR" in again.explain(table(row()))[0][0].text


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 2}, "the rules are of format 2, this version reads 1"),
        ({"parameters": {"high_amount": 7}}, "is not the one it was trained with: its digest differs"),
    ],
)  # fmt: skip
def test_a_changed_pack_is_refused(change, message):
    """A model whose rules were changed by hand does not judge as if nothing had happened."""
    settings, arrays = json_parts(RulesDetector())

    with pytest.raises(ModelError, match=message):
        RulesDetector.from_parts({**settings, **change}, arrays)


def test_the_threshold_lies_just_above_the_packs():
    """A confidence of exactly one half is no anomaly, the next number is."""
    assert RulesDetector().threshold == math.nextafter(0.5, 1)
    head = f"{HEAD}[confidence]\nanomaly_above = 1.0\n"
    assert detector(rule("a", "true"), head=head).threshold == 1.0
