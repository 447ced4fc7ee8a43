"""``outlay run``, and what can be asked of its results."""

import json
import re
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from outlay.schema.catalog import NAMES
from outlay.sources.synthetic import SCENARIOS

DONE = 0


def test_run_leaves_every_result(ran):
    """Tables, report, dashboards, model and importances lie in the folder."""
    answer, folder = ran

    assert answer.code == DONE
    names = {path.name for path in folder.iterdir()}
    assert names >= {
        *("report.html", "alerts.csv", "scored.parquet", "scored.csv", "rejected.csv"),
        *("duplicates.csv", "dashboards", "model", "feature_importance.json"),
    }
    assert not [name for name in names if name.startswith(".outlay-partial")]


def test_summary_adds_up(ran):
    """Rows read are rows scored, rejected and found twice, and the files agree."""
    answer, folder = ran

    pattern = r"read (\S+) = scored (\S+) \+ rejected (\S+) \+ duplicates (\S+)"
    found = re.findall(pattern, answer.out)
    read, scored, rejected, twice = (int(number.replace(",", "")) for number in found[0])

    assert (rejected, twice) == (2, 1)
    assert read == scored + rejected + twice
    assert len(pl.read_parquet(folder / "scored.parquet")) == scored
    assert len(pl.read_csv(folder / "rejected.csv")) == rejected


def test_summary_tells_what_was_found(ran):
    """Period, users, columns, budget, severities, the worst alert and where to look are printed."""
    answer, folder = ran
    scored = pl.read_parquet(folder / "scored.parquet")
    alerts = pl.read_csv(folder / "alerts.csv")

    assert f"users         {scored['user_id'].n_unique():,}" in answer.out
    assert f"alerts        {len(alerts):,}: " in answer.out
    severities = re.findall(r"(\d+) (critical|high|medium)", answer.out.split("budget")[0])
    assert sum(int(count) for count, _ in severities) == len(alerts)
    realised = len(alerts) / len(scored)
    assert f"2.000% promised, {realised:.3%} realised" in answer.out
    first = alerts.row(0, named=True)
    assert first["transaction_id"] in answer.out
    assert first["reasons"].partition(" | ")[0][:40] in " ".join(answer.out.split())
    assert "report.html     open this first" in answer.out
    shown = answer.out.replace(str(folder), "result")  # however long the test's own folder is
    assert all(len(line) <= 100 for line in shown.splitlines())


def test_words_while_it_works_go_to_stderr(ran):
    """Progress is no data, and a log gets plain lines without control characters."""
    answer, _ = ran

    assert "Reading " in answer.err
    assert "Writing the report" in answer.err
    assert "Reading " not in answer.out
    assert "\x1b" not in answer.err + answer.out
    assert "\r" not in answer.err


def test_without_a_report_there_are_the_tables_and_the_model(ran, call, payments, monkeypatch):
    """Nobody gets ready to draw, the tables are the same, and an older report does not stay."""
    _, folder = ran
    flags = ("--out", "bare", "--alert-rate", "2%", "--format", "csv")
    call("run", payments, *flags)

    monkeypatch.setattr("outlay.cli.ahead.Artist", None)
    answer = call("run", payments, *flags, "--no-report")

    assert answer.code == DONE
    names = {path.name for path in Path("bare").iterdir()}
    assert names == {path.name for path in folder.iterdir()} - {"report.html", "dashboards"}
    for name in ("alerts.csv", "scored.csv", "rejected.csv"):
        assert (Path("bare") / name).read_bytes() == (folder / name).read_bytes()
    assert "Writing the alerts" in answer.err
    assert "report" not in answer.err + answer.out
    assert "dashboard" not in answer.out


def test_without_features_there_are_the_verdicts(ran, call, payments):
    """The scored table loses its features and nothing else, and who asks for them is told."""
    _, folder = ran
    call("run", payments, "--out", "whole", "--alert-rate", "2%", "--no-report")

    answer = call(
        "run", payments, "--out", "slim", "--alert-rate", "2%", "--no-report", "--no-features"
    )
    id_ = pl.read_csv("slim/alerts.csv")["transaction_id"][0]
    asked = call("explain", "slim", id_)

    whole, slim = (pl.read_parquet(f"{name}/scored.parquet") for name in ("whole", "slim"))
    assert_frame_equal(slim, whole.drop(NAMES))
    assert Path("slim/alerts.csv").read_bytes() == (folder / "alerts.csv").read_bytes()
    assert "with decisions\n" in answer.out
    assert "outlay explain" not in answer.out
    assert (asked.code, asked.out) == (1, "")
    assert "The scored table has no prior_count" in asked.err
    assert "without --no-features (output.features)" in asked.err


def test_explain_tells_the_decision(ran, call):
    """Reasons, what would be normal and the rules' report are printed; --json gives the figures."""
    _, folder = ran
    alert = pl.read_csv(folder / "alerts.csv").row(0, named=True)
    id_ = alert["transaction_id"]

    text, plain = call("explain", folder, id_), call("explain", folder, id_, "--json")

    assert text.out.startswith(f"Transaction {id_} of user {alert['user_id']}\n")
    assert "Why\n  1. " in text.out
    values = json.loads(plain.out)
    assert values["transaction_id"] == id_
    assert [each["text"] for each in values["reasons"]] == alert["reasons"].split(" | ")
    assert text.err == plain.err == ""


def test_explain_of_the_unknown(ran, call):
    """An id that is not there gets the nearest one; a folder that is no result says so."""
    _, folder = ran
    id_ = pl.read_csv(folder / "alerts.csv")["transaction_id"][0]

    unknown, elsewhere = call("explain", folder, f"{id_}x"), call("explain", folder.parent, id_)

    assert (unknown.code, unknown.out) == (1, "")
    assert f"Did you mean {id_!r}?" in unknown.err
    assert elsewhere.code == 1
    assert "holds no scored.parquet" in elsewhere.err


def test_explain_without_the_model(ran, call, tmp_path):
    """A result whose model was moved says how to name it."""
    _, folder = ran
    moved = tmp_path / "moved"
    moved.mkdir()
    (moved / "scored.parquet").write_bytes((folder / "scored.parquet").read_bytes())
    id_ = pl.read_csv(folder / "alerts.csv")["transaction_id"][0]

    lost, found = call("explain", moved, id_), call("explain", moved, id_, "-m", folder / "model")

    assert lost.code == 1
    assert "Hint: say where it is: --model DIR." in lost.err
    assert found.out.startswith(f"Transaction {id_}")


def test_evaluate_prints_figures(ran, call):
    """A result with labels is measured, each kind of fraud apart when asked."""
    _, folder = ran

    text = call("evaluate", folder, "--by", "fraud_scenario")
    values = json.loads(call("evaluate", folder / "scored.csv", "--json").out)

    assert "average precision" in text.out
    assert any(scenario in text.out for scenario in SCENARIOS)
    frauds = pl.read_parquet(folder / "scored.parquet")["is_fraud"].sum()
    assert values["overall"]["frauds"] == frauds


def test_evaluate_is_the_same_on_both_formats(ran, call):
    """Parquet and CSV of one result give the same figures."""
    _, folder = ran

    answers = [
        call("evaluate", folder / name, "--json").out for name in ("scored.parquet", "scored.csv")
    ]

    assert json.loads(answers[0]) == json.loads(answers[1])


def test_evaluate_names_columns_as_the_file_does(call, tmp_path):
    """A column that was taken for one of ours can still be called by its own name."""
    rows = [("U1", 5, f"2025-01-0{day}", day == 3, day / 10) for day in range(1, 7)]
    table = pl.DataFrame(
        rows, orient="row", schema=["customer_id", "amount", "date", "TX_FRAUD", "mine"]
    )
    table.write_csv(tmp_path / "other.csv")

    answer = call("evaluate", "other.csv", "--label", "TX_FRAUD", "--score", "mine", "--json")

    assert json.loads(answer.out)["overall"]["frauds"] == 1


def test_result_is_not_written_over_its_input(ran, call):
    """A run on its own result's file into the same folder is refused."""
    _, folder = ran
    before = (folder / "scored.parquet").read_bytes()

    answer = call("run", folder / "scored.parquet", "--out", folder)

    assert answer.code == 1
    assert "would be overwritten" in answer.err
    assert (folder / "scored.parquet").read_bytes() == before


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--alert-rate", "70%", "--alert-rate is '70%'; it takes a number above 0 and up to 0.5"),
        ("--rules", "clasic", "Did you mean 'classic'?"),
        ("--rule-parameter", "high_amuont=2", "Did you mean 'high_amount'?"),
        ("--rule-parameter", "high_amount=x", "high_amount is 'x'; it takes a number"),
        ("--timezone", "Europe/Pari", "Did you mean 'Europe/Paris'?"),
        ("--map", "amount=Sum", "there is no column 'Sum' for amount"),
        ("--map", "usr=x", "Did you mean 'user_id'?"),
        ("--config", "none.toml", "there is no settings file 'none.toml'"),
    ],
)
def test_wrong_value_says_what_is_right(payments, call, option, value, words):
    """A value that cannot be meant ends the run before it begins, with the way out."""
    answer = call("run", payments, "--out", "out", option, value)

    assert (answer.code, answer.out) == (1, "")
    assert words in answer.err
    assert "\nHint: " in answer.err
    assert not Path("out").exists()
