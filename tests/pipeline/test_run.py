"""The whole job, as a library."""

import json

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

import outlay
from outlay.errors import ConfigError, ModelError, NotFoundError
from outlay.pipeline import job
from outlay.pipeline.job import judge_with, learn_and_judge
from outlay.pipeline.settings import Config
from outlay.schema.catalog import NAMES
from outlay.schema.columns import DECISION
from outlay.schema.intake import Raw, accept


def test_scored_columns_are_input_features_decision(wallet, result):
    """The table holds the input's columns, the features, then exactly the promised names."""
    names = result.scored.columns

    assert names[: wallet.width] == wallet.columns
    assert tuple(names[-len(DECISION) :]) == DECISION
    assert tuple(names[-len(DECISION) - len(NAMES) : -len(DECISION)]) == NAMES


def test_rows_stand_in_the_order_of_the_input(wallet, result):
    """Row i of the result is row i of the input, its own columns untouched."""
    same = ["transaction_id", "user_id", "amount", "counterparty_id", "note"]
    assert result.scored.select(same).equals(wallet.select(same))


def test_anomaly_is_any_of_the_three(result):
    """An anomaly is a rule's, the forest's or the fuzzy category's, and nothing else."""
    core = result.model._core
    expected = result.scored.select(
        pl.col("rule_is_anomaly")
        | (pl.col("anomaly_score") >= core.forest_threshold)
        | (pl.col("fuzzy_risk_category") == "high")
    ).to_series()
    assert (result.scored["is_anomaly"] == expected).all()
    assert 0 < result.scored["is_anomaly"].mean() < 0.5


def test_risk_means_its_share_of_training(result):
    """About 1 in 100 training transactions has a risk of 99 or more."""
    risk = result.scored["risk"].to_numpy()

    assert ((risk >= 0) & (risk <= 100)).all()
    for level in (50, 90, 99):
        assert np.mean(risk >= level) == pytest.approx(1 - level / 100, rel=0.1)


def test_run_meets_its_budget(result):
    """On the transactions of the training the alerts are the worst 0.5 %."""
    alerts = result.scored.filter("is_alert")
    rest = result.scored.filter(~pl.col("is_alert"))

    assert len(alerts) == pytest.approx(0.005 * len(result.scored), abs=1)
    assert alerts["risk"].min() > rest["risk"].max()


def test_outcome_follows_severity(result):
    """Alerts are for review, critical ones are blocked, the rest is approved."""
    pairs = set(result.scored.select("is_alert", "severity", "outcome").iter_rows())
    assert pairs <= {
        (False, "low", "approve"),
        (True, "medium", "review"),
        (True, "high", "review"),
        (True, "critical", "block"),
    }


def test_every_flagged_transaction_says_why(result):
    """What is flagged has reasons, each once and in words; the rest has none."""
    flagged = pl.col("is_anomaly") | pl.col("is_alert")
    said = result.scored.filter(flagged)["reasons"]

    assert said.list.len().min() > 0
    assert (said.list.n_unique() == said.list.len()).all()
    assert result.scored.filter(~flagged)["reasons"].list.len().max() == 0


def test_little_history_is_said(result):
    """A user with fewer than ten earlier payments is not assessed, and the reasons say so."""
    young = result.scored.filter(pl.col("prior_count") < 10)

    assert not young["assessed"].any()
    assert result.scored.filter(pl.col("prior_count") >= 10)["assessed"].all()
    flagged = young.filter("is_anomaly")["reasons"]
    assert flagged.list.last().str.contains("judged against all users").all()


def test_order_of_the_rows_does_not_count(wallet, result):
    """A shuffled table gives the same model, to the digest, and the same bits a row."""
    shuffled = wallet.sample(fraction=1.0, shuffle=True, seed=5)
    again = outlay.run(shuffled)
    columns = ["transaction_id", *NAMES, "anomaly_score", "risk", "is_alert", "reasons"]

    assert again.model.digest == result.model.digest
    assert (
        again.scored.select(columns)
        .sort("transaction_id")
        .equals(result.scored.select(columns).sort("transaction_id"), null_equal=True)
    )


def test_model_on_disk_is_the_model(wallet, result, tmp_path):
    """A saved model has the same digest and goes on from the same states."""
    model = outlay.train(wallet)
    model.save(tmp_path / "model")
    loaded = outlay.Model.load(tmp_path / "model")
    later = outlay.synth(users=40, days=10, seed=4)

    assert loaded.digest == model.digest == result.model.digest
    assert loaded.score(later).equals(model.score(later))


def test_score_in_two_parts_is_score_in_one(wallet):
    """A month's file scored day by day gives the bits of the month in one go."""
    cut = wallet["timestamp"].quantile(0.5)
    first, rest = (
        wallet.filter(pl.col("timestamp") <= cut),
        wallet.filter(pl.col("timestamp") > cut),
    )
    middle = rest["timestamp"].dt.truncate("1d").quantile(0.5)
    early, late = (
        rest.filter(pl.col("timestamp") < middle),
        rest.filter(pl.col("timestamp") >= middle),
    )
    whole = outlay.train(first).score(rest)
    parts = outlay.train(first)
    together = pl.concat([parts.score(early), parts.score(late)])

    assert together.sort("transaction_id").equals(whole.sort("transaction_id"))


def test_importance_file_is_what_the_dashboard_reads(result):
    """feature_importance.json has the threshold where dashboards look for it."""
    content = json.loads(json.dumps(result.model._core.feature_importance()))

    assert 0 < content["metrics"]["anomaly_score_threshold"] < 1
    assert sum(content["feature_importance"].values()) == pytest.approx(1)


def test_pandas_in_is_pandas_out(wallet):
    """A pandas table comes back as one, with the same decisions."""
    import pandas as pd

    result = outlay.run(wallet.to_pandas())

    assert isinstance(result.scored, pd.DataFrame)
    assert result.scored["is_alert"].sum() == pytest.approx(0.005 * len(wallet), abs=1)


def test_explain_knows_the_decision(result):
    """The report of a decision names its figures, reasons and rules; as JSON too."""
    worst = result.alerts["transaction_id"][0]
    told = result.model.explain(worst)

    assert worst in told.as_text()
    assert told.reasons[0]["text"] in told.as_text()
    assert json.loads(json.dumps(told.as_dict()))["outcome"] == "block"


def test_unknown_transaction_names_the_nearest(result):
    """Asking for a transaction that is not there offers the nearest id."""
    known = result.alerts["transaction_id"][0]
    with pytest.raises(NotFoundError, match=r"No transaction .* Did you mean (?s:.*)Hint: "):
        result.model.explain(known + "x")


def test_settings_are_checked(wallet):
    """A setting that does not exist is refused."""
    with pytest.raises(ConfigError, match="alert_rate"):
        outlay.run(wallet, alerts={"alert_rate": 1})


@pytest.mark.parametrize("name", ["model.json", "arrays.npz", "users.parquet"])
def test_damaged_model_is_refused(wallet, tmp_path, name):
    """A file cut short or exchanged is found out, and said."""
    outlay.train(wallet).save(tmp_path / "model")
    path = tmp_path / "model" / name
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    with pytest.raises(ModelError, match=r"is damaged: (?s:.*)Hint: "):
        outlay.Model.load(tmp_path / "model")


def test_changed_model_is_refused(wallet, tmp_path):
    """A model whose numbers were changed by hand no longer fits its digest."""
    outlay.train(wallet).save(tmp_path / "model")
    path = tmp_path / "model" / "model.json"
    content = json.loads(path.read_text())
    content["population"]["amount_mean"] += 1
    path.write_text(json.dumps(content))

    with pytest.raises(ModelError, match="digest"):
        outlay.Model.load(tmp_path / "model")


def test_empty_folder_is_no_model(tmp_path):
    """A folder without a model says how to make one."""
    with pytest.raises(ModelError, match=r"holds no model(?s:.*)outlay train"):
        outlay.Model.load(tmp_path)


@pytest.mark.parametrize("name", ["version", "state_version"])
def test_model_of_another_release_is_refused(wallet, tmp_path, name):
    """A model or states in another layout are not read as if they were in this one."""
    outlay.train(wallet).save(tmp_path / "model")
    path = tmp_path / "model" / "model.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), name: 99}))

    with pytest.raises(ModelError, match=rf"has {name} 99; this release reads \d(?s:.*)Hint: "):
        outlay.Model.load(tmp_path / "model")


@pytest.mark.parametrize("rows", [1, 1_000, 10**6])
def test_who_writes_is_given_the_scored_table_in_blocks(wallet, monkeypatch, rows):
    """Decided in blocks, to be written meanwhile, the table is the one that is decided at once."""
    some = wallet.head(2_500 if rows > 1 else 60)
    accepted = accept(Raw.of(some))
    written: list[pl.DataFrame] = []
    monkeypatch.setattr(job, "_BLOCK", rows)

    at_once = learn_and_judge(accepted, Config())
    in_blocks = learn_and_judge(accepted, Config(), write=written.append)
    later = judge_with(accepted, at_once.model, write=written.append)

    blocks = -(-some.height // rows)
    assert len(written) == 2 * blocks
    assert_frame_equal(pl.concat(written[:blocks]), at_once.scored)
    assert_frame_equal(in_blocks.scored, at_once.scored)
    assert_frame_equal(pl.concat(written[blocks:]), later.scored)
    assert_frame_equal(later.scored, judge_with(accepted, at_once.model).scored)
    assert in_blocks.model.digest == at_once.model.digest
