"""The isolation forest as a detector: the contract, what it learns, what it says."""

import json
import subprocess
import sys

import numpy as np
import polars as pl
import pytest
from sklearn.ensemble import IsolationForest

from outlay.detectors import forest_settings
from outlay.detectors._forest_training import learned_threshold
from outlay.detectors.checks import CHECKS, Subject, far_above
from outlay.detectors.isolation_forest import IsolationForestDetector
from outlay.detectors.surprise import Shape, Surprise
from outlay.errors import ConfigError, InputError, ModelError
from outlay.schema.catalog import BY_NAME
from tests.detectors.tables import FEATURES, ordinary

TRANSFORMS: tuple[Shape, ...] = ("raw", "surprise", "exp_surprise")


def forest(**settings):
    """Return an untrained forest over the test tables' features, small enough for a test."""
    return IsolationForestDetector(**{"features": FEATURES, "max_samples": 256, **settings})


@pytest.fixture(scope="module")
def table():
    """Return 3,000 ordinary rows."""
    return ordinary(3000)


@pytest.fixture(scope="module")
def trained(table):
    """Return a forest trained on them."""
    return forest(n_trees=30).fit(table)


def odd(name, table, value=1e3):
    """Return the most ordinary row that can be, with one feature far off."""
    medians = table.select(pl.col(FEATURES).fill_nan(None).median())
    return medians.with_columns(pl.lit(value).alias(name))


@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_keeps_the_contract(check, transform):
    """The forest passes every check of the battery, whatever its trees are trained on."""
    rows = ordinary(400)

    def factory():
        return forest(n_trees=20, transform=transform)

    check(Subject(factory, rows, far_above(rows), frozenset(FEATURES)))


def test_the_default_features_are_in_the_catalogue():
    """What the forest looks at by default is what the feature stage makes."""
    assert set(forest_settings.FEATURES) <= set(BY_NAME)


@pytest.mark.parametrize("transform", ["surprise", "exp_surprise"])
@pytest.mark.parametrize("side", ["upper", "lower", "both"])
def test_scoring_raw_values_is_scoring_their_surprise(transform, side):
    """Our scores of raw values are scikit-learn's scores of their surprise, bit for bit."""
    names = FEATURES[:4]
    table = ordinary(700, features=names)
    detector = forest(
        features=names, transform=transform, sides=dict.fromkeys(names, side), n_trees=20
    ).fit(table)
    learned = table.select(names).to_numpy()
    learned = learned[np.lexsort(learned.T)]
    curves = [Surprise.fit(column, side, transform) for column in learned.T]
    fresh = ordinary(300, seed=5, features=names)

    ours = detector.score(fresh)
    shown = _shown(curves, fresh.select(names).to_numpy())

    np.testing.assert_array_equal(ours, -_twin(detector, table, curves).score_samples(shown))


def _shown(curves, values):
    """Return values as the trees are shown them."""
    return np.stack([c.transform(v) for c, v in zip(curves, values.T, strict=True)], axis=1)


def _twin(detector, table, curves):
    """Return scikit-learn's forest over the same rows in the detector's own order."""
    from outlay.detectors._sampling import canonical_sample

    columns = table.select(detector.settings.features).to_numpy().T
    order = canonical_sample(columns, len(table), detector.settings.seed)
    shown = _shown(curves, columns[:, order].T)
    return IsolationForest(n_estimators=20, max_samples=256, random_state=0).fit(shown)


def test_the_threshold_lets_the_promised_share_through(table):
    """In training, the share at or above the threshold is the contamination asked for."""
    for share in (0.002, 0.01, 0.1):
        detector = forest(contamination=share, n_trees=20).fit(table)
        reached = (detector.score(table) >= detector.threshold).mean()
        assert 0.8 * share <= reached <= share


def test_the_threshold_before_training_is_the_middle():
    """A forest that has learned nothing has the scale's natural middle."""
    assert forest().threshold == 0.5


@pytest.mark.parametrize(
    ("scores", "share", "threshold"),
    [
        ([0.1, 0.2, 0.3, 0.4], 0.25, 0.4),
        ([0.1, 0.2, 0.3, 0.4], 0.5, 0.3),
        ([0.1, 0.2, 0.3, 0.4], 0.001, 0.4),
        ([0.1, 0.3, 0.3, 0.4], 0.5, 0.4),
        ([0.1, 0.4, 0.4, 0.4], 0.5, np.nextafter(0.4, 1)),
        ([0.5], 0.01, 0.5),
        ([0.5, 0.5], 0.01, np.nextafter(0.5, 1)),
    ],
    ids=str,
)
def test_ties_are_anomalous_together_or_not_at_all(scores, share, threshold):
    """The threshold is the lowest score that few enough reach; ties that are too many stay below."""
    assert learned_threshold(np.array(scores), share) == threshold


def test_a_table_where_all_is_alike_has_no_anomaly():
    """Where every row is the same, nothing is odd, and every feature counts alike."""
    same = ordinary(1).select(pl.all().repeat_by(300).explode(empty_as_null=True))
    detector = forest().fit(same)

    assert (detector.score(same) < detector.threshold).all()
    assert detector.importances() == dict.fromkeys(FEATURES, pytest.approx(1 / len(FEATURES)))


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_trains_on_next_to_nothing(rows):
    """A handful of rows train a forest that scores within its scale."""
    table = ordinary(rows)

    scores = forest().fit(table).score(table)

    assert ((scores >= 0) & (scores <= 1)).all()


@pytest.mark.parametrize("name", ["amount_zscore", "burst_1h", "hour_rarity"])
def test_the_reason_is_the_feature_that_is_odd(name, table, trained):
    """A row that is odd in one feature is explained by that feature first."""
    reasons = trained.explain(odd(name, table))[0]

    assert reasons[0].code == name
    assert reasons[0].weight > 0.5
    assert reasons[0].detector == "isolation_forest"
    assert sum(reason.weight for reason in reasons) <= 1 + 1e-9


def test_a_missing_value_is_no_reason():
    """A feature that could not be assessed is never named, even where its fill value is odd."""
    rng = np.random.default_rng(0)
    two_heaps = np.concatenate((rng.normal(-50, 1, 250), [0.0], rng.normal(50, 1, 250)))
    table = pl.DataFrame({"heaps": two_heaps, "size": rng.normal(0, 1, 501)})
    detector = forest(features=["heaps", "size"], transform="raw", n_trees=30)
    rows = pl.DataFrame({"heaps": [0.0, np.nan], "size": [5.0, 5.0]})

    there, missing = detector.fit(table).explain(rows)

    assert {reason.code for reason in there} == {"heaps", "size"}
    assert [reason.code for reason in missing] == ["size"]


def test_the_importances_are_shares(table, trained):
    """Importances name every feature, add up to 1, and find the feature that makes rows odd."""
    tame = table.select((pl.col(FEATURES).rank("ordinal") % 3).cast(pl.Float64))
    importances = forest(n_trees=30).fit(tame.with_columns(table["burst_24h"])).importances()

    assert list(trained.importances()) == list(FEATURES)
    assert sum(trained.importances().values()) == pytest.approx(1)
    assert max(importances.items(), key=lambda item: item[1])[0] == "burst_24h"


def test_tails_are_shares_of_the_training_scores(table, trained):
    """The tail of a score is the share of training scores at least as high."""
    scores = np.sort(trained.score(table))

    assert trained.tail(scores[[0]])[0] == pytest.approx(1)
    assert trained.tail(scores[[-1]])[0] == pytest.approx(1 / 3000)
    assert trained.tail(scores[[2700]])[0] == pytest.approx(0.1, rel=0.05)


def test_detail_is_the_score(table, trained):
    """The column that the forest adds is its score."""
    detail = trained.detail(table)

    assert detail.columns == ["anomaly_score"]
    np.testing.assert_array_equal(detail["anomaly_score"].to_numpy(), trained.score(table))


def test_a_long_table_is_sampled_the_same_in_any_order(table):
    """With more rows than are trained on, reordering the file still trains the same forest."""
    shuffled = table.sample(fraction=1, shuffle=True, seed=3)

    first = forest(train_rows=500, n_trees=10).fit(table)
    second = forest(train_rows=500, n_trees=10).fit(shuffled)

    assert first.to_parts()[0] == second.to_parts()[0]
    np.testing.assert_array_equal(first.score(table), second.score(table))


def test_another_seed_grows_another_forest(table):
    """The seed decides."""
    other = forest(n_trees=30, seed=1).fit(table.head(500))

    same = forest(n_trees=30, seed=0).fit(table.head(500))
    rows = table.head(50)
    assert not np.array_equal(other.score(rows), same.score(rows))


def test_low_values_are_odd_where_the_side_says_so():
    """With the lower side, low values score high and high ones do not."""
    size = np.random.default_rng(0).lognormal(0, 1, 2000)
    table = pl.DataFrame({"size": size})
    rows = pl.DataFrame({"size": [size.min() / 2, float(np.median(size)), size.max() * 2]})

    def scores(side):
        detector = forest(features=["size"], sides={"size": side}, n_trees=20)
        return detector.fit(table).score(rows)

    low, middle, high = scores("lower")
    assert low > 0.7 > high
    low, middle, high = scores("upper")
    assert high > 0.7 > low
    low, middle, high = scores("both")
    assert min(low, high) > 0.7 > middle


def test_whole_numbers_and_marks_are_features_too():
    """Integers, booleans and nulls in the columns are read as numbers and missing values."""
    names = ["n", "mark"]
    rows = pl.DataFrame({"n": [1, 2, None, 500], "mark": [True, None, False, True]})
    floats = rows.select(pl.all().cast(pl.Float64).fill_null(float("nan")))
    detector = forest(features=names).fit(rows)

    np.testing.assert_array_equal(detector.score(rows), detector.score(floats))


def test_infinite_and_huge_values_are_scored(table):
    """Values beyond float32 are the oddest there are, in training and after, never an error."""
    column = pl.Series([np.inf, 1e300, -1e300, 1.0] * 50)
    huge = table.head(200).with_columns(amount_zscore=column)
    for transform in TRANSFORMS:
        scores = forest(transform=transform, n_trees=10).fit(huge).score(huge)
        assert np.isfinite(scores).all()


def test_scoring_does_not_import_scikit_learn(tmp_path, trained, table):
    """A loaded forest scores and explains without scikit-learn, which takes seconds to import."""
    settings, arrays = trained.to_parts()
    (tmp_path / "settings.json").write_text(json.dumps(settings))
    np.savez(tmp_path / "arrays.npz", **arrays)
    table.head(20).write_parquet(tmp_path / "table.parquet")
    code = (
        "import json, sys, numpy as np, polars as pl\n"
        "from outlay.detectors.isolation_forest import IsolationForestDetector as D\n"
        f"folder = {str(tmp_path)!r}\n"
        "detector = D.from_parts(json.load(open(folder + '/settings.json')),\n"
        "    dict(np.load(folder + '/arrays.npz', allow_pickle=False)))\n"
        "table = pl.read_parquet(folder + '/table.parquet')\n"
        "detector.explain(table)\n"
        "print(detector.score(table).tobytes().hex(), 'sklearn' in sys.modules)\n"
    )

    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()

    assert printed == [trained.score(table.head(20)).tobytes().hex(), "False"]


def test_an_untrained_forest_says_so(table):
    """Scoring before training is an error that names the way out."""
    with pytest.raises(ModelError, match=r"has not been trained\.\n\nHint: call fit\(table\)"):
        forest().score(table)


def test_an_empty_table_cannot_be_learned_from(table):
    """Training without rows is refused in words."""
    with pytest.raises(InputError, match=r"without rows\.\n\nHint: "):
        forest().fit(table.clear())


def test_a_missing_feature_is_named_with_the_nearest(table, trained):
    """A table without one of the features is refused, naming it and what resembles it."""
    renamed = table.rename({"burst_1h": "burst_1hour"})
    with pytest.raises(
        InputError, match=r"'burst_1h', and .* Did you mean 'burst_1hour'\?\n\nHint"
    ):
        trained.score(renamed)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"features": []}, r"features \[\]"),
        ({"features": ["a", "a"]}, "each once"),
        ({"transform": "surprize"}, "none of raw, surprise, exp_surprise. Did you mean 'surprise'"),
        ({"sides": {"amount": "upper"}}, "sides is 'amount'"),
        ({"sides": {"burst_1h": "left"}}, "sides.burst_1h is 'left'"),
        ({"n_trees": 0}, "n_trees is 0, out of 1 to 10,000"),
        ({"max_samples": 5000}, "max_samples is 5000, out of 2 to 4,096"),
        ({"contamination": 0.9}, "contamination is 0.9, out of 0 to 0.5"),
        ({"train_rows": 0}, "train_rows is 0"),
        ({"seed": -1}, "seed is -1"),
    ],
    ids=str,
)
def test_settings_out_of_range_are_refused(settings, message):
    """A setting that cannot be is refused with its name, its value and what may be."""
    with pytest.raises(ConfigError, match=message) as caught:
        forest(**settings)
    assert "\n\nHint: " in str(caught.value)


def test_every_size_of_sample_is_scored(table):
    """Shallow and deep trees keep the contract of scikit-learn's numbers: see test_forest."""
    for samples in (2, 5, 4096):
        detector = forest(max_samples=samples, n_trees=3).fit(table)
        scores = detector.score(table)
        assert ((scores > 0) & (scores < 1)).all()
