"""Evaluation: scikit-learn's areas, the handbook's precisions, and errors that help."""

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from outlay.errors import ConfigError, InputError, MissingColumnsError
from outlay.pipeline import metrics
from outlay.pipeline.evaluate import evaluate
from outlay.pipeline.metrics import DEFINITIONS
from tests.pipeline import naive_metrics

MIDNIGHT = datetime(2025, 3, 1, tzinfo=UTC)


def scored(rows):
    """Return a scored table of (hours since the start, user, amount, label, risk, alert)."""
    hours, user, amount, label, risk, alert = zip(*rows, strict=True)
    return pl.DataFrame(
        {
            "user_id": user,
            "timestamp": [MIDNIGHT + timedelta(hours=h) for h in hours],
            "amount": [float(a) for a in amount],
            "is_fraud": [bool(one) for one in label],
            "risk": [float(r) for r in risk],
            "is_alert": [bool(one) for one in alert],
        }
    )


SIX = scored(
    [
        (1, "ann", 10, 0, 5, 0),
        (2, "ann", 100, 1, 40, 0),
        (3, "ann", 300, 1, 90, 1),
        (4, "ann", 500, 1, 20, 0),
        (30, "bob", 20, 0, 95, 1),
        (31, "bob", 100, 1, 60, 0),
        (32, "eve", 30, 0, 10, 0),
        (33, "eve", 40, 0, 30, 1),
    ]
)

ties = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 4), st.integers(0, 5), st.booleans()),
    min_size=2,
    max_size=40,
).filter(lambda rows: len({row[3] for row in rows}) == 2)


def arrays(rows):
    """Return day, user, score and label as arrays."""
    day, user, score, label = (np.array(column) for column in zip(*rows, strict=True))
    return day, user, score.astype(float), label


@given(ties)
def test_areas_are_scikit_learns(rows):
    """ROC-AUC and average precision agree on any ranking, ties and all."""
    _, _, score, label = arrays(rows)

    assert metrics.roc_auc(label, score) == pytest.approx(roc_auc_score(label, score), abs=1e-12)
    theirs = average_precision_score(label, score)
    assert metrics.average_precision(label, score) == pytest.approx(theirs, abs=1e-12)


@given(ties, st.integers(1, 5))
def test_precisions_are_what_the_definitions_say(rows, k):
    """Daily precision of payments and of users equal their slow twins."""
    day, user, score, label = arrays(rows)
    payments = metrics.precision_at_k(label, score, day, k)
    users = metrics.user_precision_at_k(label, score, day, user, k)

    assert payments == pytest.approx(naive_metrics.precision_at_k(rows, k), abs=1e-12)
    assert users == pytest.approx(naive_metrics.user_precision_at_k(rows, k), abs=1e-12)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9), st.integers(1, 9), st.booleans(), st.booleans()), min_size=1))  # fmt: skip
def test_value_detection_is_what_the_definition_says(rows):
    """The stopped share of fraud value equals its slow twin; without fraud value there is none."""
    user, time, amount, label, alert = (np.array(column) for column in zip(*rows, strict=True))
    ours = metrics.value_detection_rate(label, alert, amount.astype(float), user, time)

    if label.any():
        assert ours == pytest.approx(naive_metrics.value_detection_rate(rows), abs=1e-12)
    else:
        assert ours is None


def test_precision_by_lot_is_the_mean_of_many_lots():
    """Drawing at random reaches what the formulas say."""
    rng = np.random.default_rng(0)
    day, user = np.sort(rng.integers(0, 3, 60)), rng.integers(0, 25, 60)
    label = rng.random(60) < 0.2
    drawn = [metrics.precision_at_k(label, rng.random(60), day, 5) for _ in range(2_000)]
    first_day = day == 0
    bad, who = label[first_day], user[first_day]
    people = np.unique(who)
    hits = sum(bad[who == one].any() for one in people)
    by_lot = metrics.random_user_precision_at_k(bad, day[first_day], who, 5)

    assert np.mean(drawn) == pytest.approx(metrics.random_precision_at_k(label, day, 5), abs=0.01)
    assert by_lot == pytest.approx(hits / len(people))


def test_figures_of_a_small_table():
    """Eight payments, counted by hand."""
    found = evaluate(SIX, k=1)
    overall = found.overall

    assert (overall.payments, overall.frauds, overall.base_rate, found.days) == (8, 4, 0.5, 2)
    assert overall.alert_rate == 3 / 8
    assert overall.precision == 1 / 3
    assert overall.recall == 1 / 4
    assert overall.false_positive_ratio == 2.0
    assert overall.false_positive_rate == 2 / 4
    assert overall.value_detection_rate == (300 + 500) / (100 + 300 + 500 + 100)
    assert overall.roc_auc == (3 + 2 + 3 + 1) / 16 + 2 / 16
    assert overall.precision_at_k == 1 / 2
    assert found.perfect.precision_at_k == 1.0
    assert found.random.precision_at_k == (3 / 4 + 1 / 4) / 2
    assert found.random.average_precision == 0.5


def test_a_scenario_is_judged_against_all_that_is_legitimate():
    """Each scenario's frauds stand beside every legitimate payment; unnamed ones are told apart."""
    named = SIX.with_columns(
        fraud_scenario=pl.Series(["x", "takeover", "takeover", "", None, None, "", "x"])
    )
    groups = evaluate(named, by="fraud_scenario", k=1).groups
    alone = named.filter(~pl.col("is_fraud") | (pl.col("fraud_scenario") == "takeover"))

    assert list(groups) == ["(none)", "takeover"]
    assert groups["takeover"] == evaluate(alone, k=1).overall
    assert (groups["takeover"].payments, groups["takeover"].frauds) == (6, 2)


def test_days_are_local():
    """23:30 in London is the next day in Kolkata."""
    rows = [(22, "ann", 1, 1, 1, 0), (23.5, "bob", 1, 0, 2, 0)]

    assert evaluate(scored(rows), timezone="UTC").days == 1
    assert evaluate(scored([(12, *rows[0][1:]), rows[1]]), timezone="Asia/Kolkata").days == 2


def test_rows_without_a_label_are_left_out_and_counted():
    """Unknown is not legitimate."""
    unknown = SIX.with_columns(is_fraud=pl.Series([None, *SIX["is_fraud"][1:]]))
    found = evaluate(unknown, k=1)

    assert found.unlabelled == 1
    assert found.overall == evaluate(SIX[1:], k=1).overall
    assert "1 without a label left out" in found.as_text()


@pytest.mark.parametrize("spelled", [("1", "0"), ("true", "FALSE"), ("Yes ", "no"), ("1.0", "0.0")])
def test_labels_may_be_written_in_several_ways(spelled):
    """Text and numbers count as labels, whatever their case."""
    text = SIX.with_columns(
        is_fraud=pl.when("is_fraud").then(pl.lit(spelled[0])).otherwise(pl.lit(spelled[1]))
    )

    assert evaluate(text, k=1).overall == evaluate(SIX, k=1).overall
    assert evaluate(SIX.with_columns(pl.col("is_fraud").cast(pl.Int8)), k=1).overall.frauds == 4


def test_without_alerts_or_amounts_those_figures_stay_empty():
    """What cannot be measured is None, in text a dash."""
    found = evaluate(SIX.drop("is_alert", "amount"), k=1)

    assert found.overall.alert_rate is None
    assert found.overall.value_detection_rate is None
    assert evaluate(SIX.drop("amount"), k=1).overall.recall == 1 / 4


def test_no_alert_at_all_has_no_precision():
    """0 of 0 is not a number."""
    overall = evaluate(SIX.with_columns(is_alert=pl.lit(value=False)), k=1).overall

    assert (overall.precision, overall.false_positive_ratio, overall.recall) == (None, None, 0.0)


def test_every_figure_is_printed_beside_its_definition():
    """Name, value and definition stand on one line, and scenarios below."""
    named = SIX.with_columns(fraud_scenario=pl.when("is_fraud").then(pl.lit("take\nover")))
    text = evaluate(named, by="fraud_scenario", k=3).as_text()
    lines = text.splitlines()

    assert lines[0] == "8 payments with a label, 4 frauds (50.00%), 2 days, ranked by risk"
    for definition in DEFINITIONS.values():
        assert sum(definition.format(k=3) in line for line in lines) == 1
    assert any(line.split()[:4] == ["ROC-AUC", "0.688", "0.500", "1.000"] for line in lines)
    assert any(
        line.split()[:3] == ["false", "positive", "ratio"] and "2.0:1" in line for line in lines
    )
    assert any(line.startswith("take over ") for line in lines)


def test_as_dict_is_plain():
    """All of it survives JSON."""
    plain = evaluate(SIX, k=1).as_dict()

    assert json.loads(json.dumps(plain)) == plain
    assert plain["overall"]["recall"] == 0.25
    assert set(plain["definitions"]) == set(DEFINITIONS)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"label": "is_frod"}, "There is no column 'is_frod'. Did you mean 'is_fraud'?"),
        ({"score": "rsk"}, "There is no column 'rsk'. Did you mean 'risk'?"),
        ({"by": "scenario"}, "There is no column 'scenario'. There is user_id, timestamp, amount"),
    ],
)
def test_a_column_that_is_not_there(options, says):
    """The error names the nearest column and all there are."""
    with pytest.raises(MissingColumnsError) as error:
        evaluate(SIX, **options)
    assert str(error.value).startswith(says)
    assert "\n\nHint: " in str(error.value)


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        ({"is_fraud": pl.lit(value=True)}, InputError, "Every payment with a label in 'is_fraud' is fraud (8"),
        ({"is_fraud": pl.lit(value=False)}, InputError, "'is_fraud' is legitimate (8 of them)"),
        ({"is_fraud": pl.lit(None, pl.Boolean)}, InputError, "No payment has a label in 'is_fraud'"),
        ({"is_fraud": pl.lit("maybe")}, InputError, "'is_fraud' holds 'maybe', which is no label"),
        ({"risk": pl.lit("high")}, InputError, "'risk' holds String, not scores"),
        ({"risk": pl.lit(float("nan"))}, InputError, "'risk' is missing in 8 of 8 payments"),
        ({"timestamp": pl.lit("today")}, InputError, "'timestamp' holds String, not times"),
    ],
)  # fmt: skip
def test_what_cannot_be_evaluated(change, error, says):
    """The error says what is wrong with which column, and what to do."""
    with pytest.raises(error) as raised:
        evaluate(SIX.with_columns(**change))
    assert says in str(raised.value)
    assert "\n\nHint: " in str(raised.value)


def test_too_many_scenarios():
    """A column of ids is no column of scenarios."""
    many = pl.concat([SIX] * 20).with_row_index("n").with_columns(pl.col("n").cast(pl.String))
    with pytest.raises(ConfigError, match="The frauds have 80 different 'n', more than 50"):
        evaluate(many, by="n")


def test_nobody_looks_at_nothing():
    """K below 1 is refused."""
    with pytest.raises(ConfigError, match="k is 0"):
        evaluate(SIX, k=0)
