"""The fuzzy detector: levels, categories, reasons, and what a model keeps."""

import json
import math
import re

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.detectors.base import Detector
from outlay.detectors.checks import check_detector
from outlay.detectors.fuzzy import CATEGORIES, FuzzyDetector
from outlay.detectors.fuzzy._kernels import signals
from outlay.detectors.fuzzy.inputs import FEATURES, NEW, Inputs
from outlay.errors import InputError, ModelError
from outlay.schema.catalog import NAMES
from outlay.schema.table import Columns
from tests.detectors.fuzzy import oracle
from tests.detectors.fuzzy.test_rulebase import SMALL


def payments(n=5_000, seed=0):
    """Return features of ordinary payments: standard deviations, nats, and rare novelty."""
    rng = np.random.default_rng(seed)
    nats = {name: rng.exponential(1.0, n) for name in FEATURES if name != "prior_count"}
    new = {name: (rng.random(n) < 0.05).astype(float) for name in FEATURES if "new_" in name}
    amounts = {"amount_oddity": rng.normal(size=n)}
    return pl.DataFrame({"prior_count": rng.integers(0, 200, n) * 1.0, **nats, **new, **amounts})


def odd(**features):
    """Return one payment in the middle of everything but ``features``."""
    middle = dict.fromkeys(FEATURES, 0.5) | {"prior_count": 100.0, "new_counterparty": 0.0}
    middle |= {
        "new_device": 0.0,
        "new_country": 0.0,
    }
    return pl.DataFrame({name: [float(value)] for name, value in (middle | features).items()})


LARGE = {"amount_oddity": 9}


@pytest.fixture(scope="module")
def fuzzy():
    """Return a detector that has seen ordinary payments."""
    return FuzzyDetector().fit(payments())


def test_it_is_a_detector(fuzzy):
    """It keeps the detectors' contract and looks only at features there are."""
    assert isinstance(fuzzy, Detector)
    assert set(FEATURES) <= set(NAMES)


def test_high_is_rare_and_few_are_medium(fuzzy):
    """Of ordinary payments at most 1 % are of high risk, and most are low."""
    shares = fuzzy.detail(payments(seed=1))["fuzzy_risk_category"].value_counts(normalize=True)
    share = dict(shares.iter_rows())

    assert 0 < share["high"] <= 0.01
    assert share["low"] > 0.9


@pytest.mark.parametrize(
    ("features", "category"),
    [
        ({}, "low"),
        (LARGE, "high"),
        ({"burst_1h": 20}, "high"),
        ({"hour_rarity": 20}, "low"),
        ({"new_device": 1}, "low"),
        ({"amount_oddity": 2.0, "hour_rarity": 20}, "medium"),
        (
            {"amount_oddity": 3.0, "new_device": 1, "new_country": 1},
            "high",
        ),
        (
            {**LARGE, "new_device": math.nan, "new_country": math.nan, "hour_rarity": math.nan},
            "high",
        ),
    ],
)
def test_what_is_of_which_risk(fuzzy, features, category):
    """One oddity is no alarm unless it is extreme; several together are, unknown ones or not."""
    assert fuzzy.detail(odd(**features))["fuzzy_risk_category"].item() == category


def test_the_score_is_the_oracles(fuzzy):
    """From features to score, a row comes out as the rules read by scikit-fuzzy."""
    base = fuzzy.base

    def nested(condition):
        if hasattr(condition, "term"):
            return ("is", condition.variable, condition.term, condition.negated)
        kind = "and" if type(condition).__name__ == "All" else "or"
        return (kind, *map(nested, condition.parts))

    rules = [(nested(rule.condition), rule.risk) for rule in base.rules]
    table = payments(200, seed=2)
    at = fuzzy.levels(table)
    theirs = [
        oracle.score(rules, base.risk, base.inputs, dict(zip(base.inputs, row, strict=True)))
        for row in at.T
    ]

    np.testing.assert_allclose(fuzzy.score(table), theirs, atol=1e-9)


def test_levels_are_places_in_the_tail(fuzzy):
    """One in ten lies above a third, one in a hundred above two thirds, for every input."""
    at = fuzzy.levels(payments(50_000, seed=3))

    np.testing.assert_allclose((at >= 1 / 3).mean(axis=1), 0.1, atol=0.015)
    np.testing.assert_allclose((at >= 2 / 3).mean(axis=1), 0.01, atol=0.005)


@given(
    st.lists(st.integers(-20, 20), min_size=101, max_size=101).map(sorted),
    st.floats(-25, 25),
)
def test_a_level_is_the_first_place_that_is_not_below(knots, value):
    """Between two knots levels are in proportion; a value that training saw takes its lowest."""
    inputs = Inputs(np.zeros(3), np.array([knots] * 4, float))
    out = inputs.levels(Columns.of(odd(amount_oddity=value)), ("amount",))[:, 0]
    below = [n for n, knot in enumerate(knots) if knot < value]
    if not below:
        expected = 0.0
    elif len(below) == len(knots):
        expected = 1.0
    else:
        low, high = knots[below[-1]], knots[below[-1] + 1]
        expected = (below[-1] + (value - low) / (high - low)) / 100

    assert out[0] == pytest.approx(expected, abs=1e-12)


maybe = st.one_of(st.just(math.nan), st.floats(-5, 30))
flag = st.sampled_from([0.0, 1.0, math.nan])


def naive_signals(row, nats):
    """Return the four signals of one row of features, as their definitions read."""

    def larger(a, b):
        known = [x for x in (row[a], row[b]) if not math.isnan(x)]
        return max(known, default=math.nan)

    trust = row["prior_count"] / (row["prior_count"] + 10)
    news = [row["type_rarity"], *(row[name] * n * trust for name, n in zip(NEW, nats, strict=True))]
    known = [x for x in news if not math.isnan(x)]
    novelty = math.fsum(known) if known else math.nan
    times = larger("hour_rarity", "gap_surprise"), larger("burst_1h", "burst_24h")
    return [row["amount_oddity"], *times, novelty]


@given(
    st.lists(
        st.fixed_dictionaries(
            {name: flag if name in NEW else maybe for name in FEATURES}
            | {"prior_count": st.integers(0, 300).map(float)}
        ),
        min_size=1,
        max_size=70,
    ),
    st.tuples(*[st.floats(0, 8)] * 3),
)
def test_signals_are_what_their_definitions_say(rows, nats):
    """What is unknown is left out, of two the larger counts, and what is new adds up."""
    features = np.array([[row[name] for row in rows] for name in FEATURES])
    wanted = np.array([naive_signals(row, nats) for row in rows]).T

    np.testing.assert_allclose(signals(features, np.array(nats)), wanted, rtol=1e-12, atol=1e-12)


def test_answers_need_no_table(fuzzy):
    """Columns of plain arrays, one payment's too, get the bits that the table gets."""
    table = payments(9_000, seed=7)
    scored = fuzzy.detail(table)
    for at in (0, 4_095, 4_096, 8_999):
        one = Columns({name: table[name][at : at + 1].to_numpy() for name in FEATURES}, {}, 1)
        answers = fuzzy.answers(one)

        assert answers["fuzzy_risk_score"][0] == scored["fuzzy_risk_score"][at]
        category = CATEGORIES[answers["fuzzy_risk_category"][0]]
        assert category == scored["fuzzy_risk_category"][at]


def test_rows_order_and_other_columns_do_not_matter(fuzzy):
    """Trained on shuffled rows and columns, with others beside, it scores the very same."""
    table = payments()
    shuffled = table.sample(fraction=1, shuffle=True, seed=1).select(sorted(table.columns))
    again = FuzzyDetector().fit(shuffled.with_columns(is_fraud=pl.lit(value=True)))

    np.testing.assert_array_equal(again.score(table), fuzzy.score(table))


def test_nulls_are_unknown_like_nan(fuzzy):
    """A missing value reads the same as null and as NaN."""
    nan = odd(hour_rarity=math.nan, gap_surprise=math.nan, **LARGE)
    null = nan.with_columns(pl.col("hour_rarity", "gap_surprise").fill_nan(None))

    assert np.isnan(fuzzy.levels(nan)[1, 0])
    np.testing.assert_array_equal(fuzzy.score(nan), fuzzy.score(null))


def test_a_newcomers_novelty_counts_for_less(fuzzy):
    """A new device says little about someone's third payment and more about the hundredth."""
    third, hundredth = (odd(new_device=1, prior_count=n) for n in (2, 99))

    assert fuzzy.levels(third)[3, 0] < fuzzy.levels(hundredth)[3, 0]


def test_a_column_that_training_never_knew_says_nothing():
    """Where no payment of training tells the novelty, none is judged by it."""
    unknown = {
        name: pl.lit(math.nan) for name in (*(f for f in FEATURES if "new_" in f), "type_rarity")
    }
    fuzzy = FuzzyDetector().fit(payments().with_columns(**unknown))

    assert np.isnan(fuzzy.levels(odd(new_device=1))[3, 0])
    assert fuzzy.detail(odd(new_device=1, **LARGE))["fuzzy_risk_category"].item() == "high"


def test_an_alarm_says_which_rules_fired_how_strongly(fuzzy):
    """The reason names the rule, its statements with their degrees, and the risk."""
    (reasons,) = fuzzy.explain(odd(hour_rarity=20, **LARGE))
    by_code = {reason.code: reason for reason in reasons}

    assert reasons[0].weight == max(reason.weight for reason in reasons)
    assert {reason.detector for reason in reasons} == {"fuzzy"}
    assert by_code["very_large_at_an_odd_time"].text == (
        "amount is very large (1.00) and time is very odd (1.00) → risk high"
    )


def test_every_row_at_the_threshold_has_a_reason(fuzzy):
    """Nothing is high without a rule that says so, and weights lie in [0, 1]."""
    table = payments(20_000, seed=4)
    high = table.filter(pl.Series(fuzzy.score(table) >= fuzzy.threshold))

    assert len(high)
    assert all(reasons for reasons in fuzzy.explain(high))
    assert all(0 <= reason.weight <= 1 for reasons in fuzzy.explain(high) for reason in reasons)


def test_nothing_unusual_is_no_reason(fuzzy):
    """A rule that argues for low risk is not shown as a reason."""
    assert fuzzy.explain(odd()) == [[]]


def test_a_model_keeps_all_it_needs(fuzzy, tmp_path):
    """Taken apart, written as JSON, and put together it scores the very same, custom rules too."""
    path = tmp_path / "mine.toml"
    path.write_text(SMALL)
    table = payments(300, seed=5)
    for detector in (fuzzy, FuzzyDetector(rules=path).fit(payments())):
        settings, arrays = detector.to_parts()
        again = FuzzyDetector.from_parts(json.loads(json.dumps(settings)), arrays)

        assert detector.detail(table).equals(again.detail(table))
        assert detector.explain(table) == again.explain(table)


@pytest.mark.parametrize(
    ("part", "value", "says"),
    [
        ("version", 99, "version is 99"),
        ("rules", "[inputs", "damaged: RuleError"),
        ("knots", np.zeros((2, 3)), "other shapes"),
        ("knots", np.zeros((4, 101)) - np.arange(101), "do not rise"),
        ("surprise", np.full(3, np.inf), "not finite"),
        ("surprise", None, "damaged: "),
    ],
)
def test_damaged_parts_are_refused(fuzzy, part, value, says):
    """The error says what is wrong with the model and what to do."""
    settings, arrays = fuzzy.to_parts()
    (settings if part in settings else arrays)[part] = value
    with pytest.raises(ModelError, match=rf"(?s){re.escape(says)}.*Hint: .*train"):
        FuzzyDetector.from_parts(settings, arrays)


def test_untrained_it_says_so():
    """Scoring before training is an error that says what to call."""
    with pytest.raises(ModelError, match=r"not been trained.*\n\nHint: call fit"):
        FuzzyDetector().score(payments(5))


def test_a_missing_feature_is_named(fuzzy):
    """The error names the column and the nearest there is."""
    table = payments(5).rename({"hour_rarity": "hour_rarety"})
    with pytest.raises(InputError, match=r"'hour_rarity'.*Did you mean 'hour_rarety'"):
        fuzzy.score(table)


def test_an_empty_table():
    """No rows cannot be trained on, but they can be scored."""
    with pytest.raises(InputError, match="without rows"):
        FuzzyDetector().fit(payments(5).clear())

    assert len(FuzzyDetector().fit(payments(5)).detail(payments(5).clear())) == 0


def test_it_passes_the_battery(fuzzy):
    """It does what every detector must; its reasons carry the names of its rules."""
    known = pl.int_range(pl.len()) % 9 > 0
    table = payments(400, seed=6).with_columns(
        pl.when(known).then("hour_rarity").otherwise(math.nan).alias("hour_rarity")
    )
    check_detector(FuzzyDetector, table, codes={rule.name for rule in fuzzy.base.rules})
