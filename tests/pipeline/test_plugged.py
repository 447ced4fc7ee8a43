"""A detector that another package brings is part of the decision, from training to the reasons."""

import sys
from textwrap import dedent

import msgspec
import numpy as np
import polars as pl
import pytest

import outlay
from outlay.detectors.base import detector_names
from outlay.errors import ConfigError
from outlay.pipeline.config import gather
from outlay.pipeline.reasons import explain, texts
from outlay.pipeline.settings import DETECTORS, Config
from outlay.schema.columns import DECISION
from outlay.schema.table import Columns
from tests.pipeline.parts import held_alike

WITH_HASTE = [*DETECTORS, "haste"]

CODE = '''
import numpy as np
import polars as pl

from outlay.schema.reason import Reason


class HasteDetector:
    """Scores how soon after the user's last payment this one comes."""

    name = "haste"
    threshold = 0.99

    def fit(self, table):
        """Learn the pauses of training, in order."""
        self.pauses = np.sort(table["seconds_since_last"].fill_nan(None).drop_nulls().to_numpy())
        return self

    def score(self, table):
        """Return the share of training's pauses that are longer; 0 for a first payment."""
        pause = table["seconds_since_last"].fill_nan(None).to_numpy()
        shorter = np.searchsorted(self.pauses, pause, side="right")
        share = 1.0 - shorter / max(len(self.pauses), 1)
        return np.where(np.isnan(pause), 0.0, share)

    def detail(self, table):
        """Return the column that a scored table gets."""
        return pl.DataFrame({"haste_score": self.score(table)})

    def explain(self, rows):
        """Return one reason for each row above the threshold."""
        return [
            [Reason("seconds_since_last", f"{pause:.0f} seconds after the last", 1.0, self.name)]
            if score >= self.threshold
            else []
            for score, pause in zip(self.score(rows), rows["seconds_since_last"], strict=True)
        ]

    def to_parts(self):
        """Return what was learned."""
        return {}, {"pauses": self.pauses}

    @classmethod
    def from_parts(cls, settings, arrays):
        """Return the detector again."""
        detector = cls()
        detector.pauses = np.array(arrays["pauses"])
        return detector


class TooMany(HasteDetector):
    """Gives a score too many."""

    def score(self, table):
        return np.append(super().score(table), 0.0)


class TooHigh(HasteDetector):
    """Gives scores above 1."""

    def score(self, table):
        return super().score(table) + 1.0


class Unknown(HasteDetector):
    """Gives scores that are no numbers."""

    def score(self, table):
        return super().score(table) * np.nan


class Taken(HasteDetector):
    """Adds a column that has a meaning."""

    def detail(self, table):
        return pl.DataFrame({"risk": self.score(table)})


class Short(HasteDetector):
    """Says less than it was asked."""

    def detail(self, table):
        return super().detail(table).head(3)


class Silent(HasteDetector):
    """Adds no column."""

    def detail(self, table):
        return pl.DataFrame()
'''

ENTRIES = """
[outlay.detectors]
haste = hasty:HasteDetector
too_many = hasty:TooMany
too_high = hasty:TooHigh
unknown = hasty:Unknown
taken = hasty:Taken
short = hasty:Short
silent = hasty:Silent
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Install a package that brings detectors, for as long as this module's tests run."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "hasty.py").write_text(dedent(CODE))
    about = folder / "hasty-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: hasty\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(ENTRIES)
    sys.path.insert(0, str(folder))
    yield
    sys.path.remove(str(folder))
    sys.modules.pop("hasty", None)


@pytest.fixture(scope="module")
def hasty(installed, wallet):  # noqa: ARG001 - installed for it
    """Return what a run with the detector found."""
    return outlay.run(wallet, detectors=WITH_HASTE)


def test_its_columns_stand_last(hasty, result):
    """The scored table is the usual one, with the detector's own columns after the decision."""
    assert hasty.scored.columns == [*result.scored.columns, "haste_score"]
    assert hasty.scored.columns[-2] == DECISION[-1]


def test_what_it_flags_is_an_anomaly(hasty, result):
    """A score at its threshold is an anomaly, whatever the others say; all else is as it was."""
    own = hasty.scored["haste_score"] >= 0.99

    assert own.any()
    assert (hasty.scored["is_anomaly"] == (result.scored["is_anomaly"] | own)).all()
    assert hasty.scored["anomaly_score"].equals(result.scored["anomaly_score"])


def test_it_is_a_witness_of_the_risk(hasty, result):
    """Evidence from it raises the risk, by its weight: the ranking moves, and not by much."""
    before, after = result.scored["risk"].to_numpy(), hasty.scored["risk"].to_numpy()
    odd = (hasty.scored["haste_score"] >= 0.99).to_numpy()

    assert (after[odd] - before[odd]).mean() > 0
    assert np.corrcoef(before, after)[0, 1] > 0.9


def test_its_reasons_are_heard(hasty):
    """What it flags says so in the table, after the rules' words and before the fuzzy ones."""
    own = hasty.scored.filter(pl.col("haste_score") >= 0.99)
    said = own["reasons"].list.join("|")

    assert said.str.contains("seconds after the last").all()
    for reasons in explain(hasty.model._core, own):
        loud = [r.detector for r in reasons if r.detector in {"rules", "haste", "fuzzy"}]
        assert loud == sorted(loud, key=("rules", "haste", "fuzzy").index)


def test_its_model_is_kept(hasty, wallet, tmp_path):
    """Saved and loaded, a model with such a detector scores the very same."""
    model = outlay.train(wallet, detectors=WITH_HASTE)
    model.save(tmp_path / "model")
    loaded = outlay.Model.load(tmp_path / "model")
    later = outlay.synth(users=40, days=10, seed=4)

    assert loaded.digest == model.digest == hasty.model.digest
    assert "haste_score" in model.score(later).columns
    assert loaded.score(later).equals(outlay.Model.load(tmp_path / "model").score(later))


def test_one_payment_is_judged_by_it_too(hasty):
    """Plain arrays get its score, its verdict and its reasons as the table does."""
    core, rows = hasty.model._core, hasty.scored
    at = int(rows["haste_score"].arg_max())
    one = rows[at]
    numbers = {n: one[n].to_numpy().copy() for n in one.columns if one[n].dtype == pl.Float64}
    said = {n: one[n].to_list() for n in one.columns if one[n].dtype == pl.String}
    columns = Columns(numbers, said, 1)
    verdicts = held_alike(core, columns)

    assert verdicts.verdict.risk[0] == one["risk"].item()
    assert verdicts.verdict.is_anomaly[0]
    assert texts(core, columns, verdicts)[0] == one["reasons"].item().to_list()


def test_scoring_a_scored_table_replaces_its_columns(hasty):
    """A column that it added before gives way to the new one."""
    again = outlay.run(hasty.scored, detectors=WITH_HASTE).scored

    assert again.columns.count("haste_score") == 1
    assert again["haste_score"].equals(hasty.scored["haste_score"])


@pytest.mark.usefixtures("installed")
def test_one_that_adds_no_column_still_judges(wallet, result):
    """No column of its own is fine: its score counts all the same."""
    scored = outlay.run(wallet, detectors=[*DETECTORS, "silent"]).scored

    assert scored.columns == result.scored.columns
    assert scored["is_anomaly"].sum() > result.scored["is_anomaly"].sum()


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("too_many", r"gives \(\d+,\) scores for [\d,]+ rows"),
        ("too_high", r"a score that is not in \[0, 1\]"),
        ("unknown", r"a score that is not in \[0, 1\]"),
        ("taken", "adds the column 'risk', which means something else"),
        ("short", "gives 3 rows of detail for"),
    ],
)
def test_one_that_breaks_the_contract_is_refused(wallet, name, says):
    """What would spoil the decision is an error that names the detector and how to test it."""
    with pytest.raises(ConfigError, match=rf"detector '{name}' .*{says}(?s:.*)check_detector"):
        outlay.run(wallet, detectors=[*DETECTORS, name])


@pytest.mark.usefixtures("installed")
def test_without_its_package_a_model_says_what_is_missing(wallet, tmp_path, monkeypatch):
    """A model whose detector is not installed names it, and what there is."""
    outlay.train(wallet, detectors=WITH_HASTE).save(tmp_path / "model")
    monkeypatch.setattr(sys, "path", [p for p in sys.path if not p.endswith("site0")])
    assert "haste" not in detector_names()

    with pytest.raises(ConfigError, match=r"No detector is called 'haste'; installed are fuzzy"):
        outlay.Model.load(tmp_path / "model")


@pytest.mark.parametrize(
    ("detectors", "says"),
    [
        (["rules", "fuzzy"], "leave out 'isolation_forest'"),
        ([*DETECTORS, "rules"], "name one twice"),
        ([*DETECTORS, "amount_log"], "one called 'amount_log', a name with another meaning"),
        ([*DETECTORS, "hast"], "No detector is called 'hast'"),
    ],
)
def test_a_set_of_detectors_that_cannot_decide_is_refused(wallet, detectors, says):
    """The three have to be there, each once, and every other has to be installed."""
    with pytest.raises(ConfigError, match=rf"{says}(?s:.*)Hint: "):
        outlay.run(wallet, detectors=detectors)


def test_the_environment_names_them_with_commas():
    """As a text the setting is a list with commas; the default is the three."""
    given = gather(environ={"OUTLAY_DETECTORS": "rules, isolation_forest,fuzzy, haste"})

    assert given.config.detectors == (*DETECTORS, "haste")
    assert Config().detectors == DETECTORS
    assert msgspec.to_builtins(Config())["detectors"] == DETECTORS
