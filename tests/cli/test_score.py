"""``outlay train`` and ``outlay score``: the two halves."""

import polars as pl
import pytest

TIME_OF_CUT = "2025-02-01"


@pytest.fixture(scope="module")
def months(payments, tmp_path_factory):
    """Return the wallet's file in two parts, the later one after the earlier."""
    folder = tmp_path_factory.mktemp("months")
    lines = payments.read_text().splitlines()
    head, rows = lines[0], lines[1:-3]
    at = lines[0].split(",").index("timestamp")
    parts: dict[str, list[str]] = {"first": [], "second": []}
    for row in rows:
        parts["first" if row.split(",")[at] < TIME_OF_CUT else "second"].append(row)
    for name, part in parts.items():
        (folder / f"{name}.csv").write_text("\n".join([head, *part]) + "\n")
    return folder


@pytest.fixture
def model(months, call, tmp_path):
    """Return the folder of a model of the first part."""
    assert call("train", months / "first.csv", "--model", tmp_path / "model").code == 0
    return tmp_path / "model"


def test_train_then_score_carries_the_histories_on(months, model, call, tmp_path):
    """The second part's first payments have the first part's as their past; --update keeps both."""
    out = tmp_path / "out"
    before = (model / "users.parquet").read_bytes()
    first = pl.read_csv(months / "first.csv")

    answer = call("score", months / "second.csv", "--model", model, "--out", out)

    assert answer.code == 0
    assert {path.name for path in out.iterdir()} >= {"report.html", "alerts.csv", "scored.parquet"}
    assert not (out / "model").exists()
    scored = pl.read_parquet(out / "scored.parquet")
    known = first["user_id"].value_counts()
    earliest = scored.sort("timestamp").group_by("user_id").first().join(known, on="user_id")
    assert earliest.height > 5
    assert earliest["prior_count"].to_list() == earliest["count"].to_list()
    assert (model / "users.parquet").read_bytes() == before

    explained = call("explain", out, scored["transaction_id"][0])
    assert (explained.code, explained.err) == (0, "")

    assert call("score", months / "second.csv", "-m", model, "-o", out, "--update").code == 0
    assert (model / "users.parquet").read_bytes() != before
    moved = (model / "users.parquet").read_bytes()

    again = call("score", months / "second.csv", "-m", model, "-o", out, "--update")
    assert again.code == 1
    assert "the model seems to know this file already" in again.err
    assert (model / "users.parquet").read_bytes() == moved

    looked = call("score", months / "second.csv", "-m", model, "-o", out)
    assert looked.code == 0
    assert "no later than what the model has seen" in " ".join(looked.err.split())


def test_settings_of_the_training_count(months, model, call, tmp_path):
    """A setting that belongs to the model is not changed at scoring, and that is said."""
    (tmp_path / "outlay.toml").write_text("[forest]\nn_trees = 50\n[alerts]\nrate = 0.1\n")

    answer = call("score", months / "second.csv", "-m", model, "-o", tmp_path / "out")

    said = " ".join(answer.err.split())
    assert "line 2 says forest.n_trees = 50, but the model was trained with 100, which" in said
    assert "10.000% promised" in answer.out


def test_results_do_not_take_the_place_of_the_model(months, model, call):
    """Scoring into the folder in which the model lies is refused, the model unharmed."""
    before = sorted(model.iterdir())

    answers = [
        call("score", months / "second.csv", "-m", model, "-o", out)
        for out in (model, model.parent)
    ]

    assert [answer.code for answer in answers] == [1, 1]
    assert all("would take the place of the model" in answer.err for answer in answers)
    assert sorted(model.iterdir()) == before


def test_model_that_is_none(months, call, tmp_path):
    """A folder without a model says how to make one."""
    answer = call("score", months / "second.csv", "--model", tmp_path / "none")

    assert answer.code == 1
    assert "holds no model" in answer.err
    assert "Hint: outlay train FILE --model DIR makes one" in answer.err
