"""A job in parts leaves what the job in memory leaves, to the last bit."""

import threading
from collections.abc import Callable, Iterator
from math import floor
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from msgspec.structs import replace
from polars.testing import assert_frame_equal

import outlay
from outlay.errors import InputError
from outlay.pipeline import artifact, files
from outlay.pipeline.config import Loaded
from outlay.pipeline.files import run_files, score_files, train_files
from outlay.pipeline.settings import AlertOptions, Config, OutputOptions
from outlay.pipeline.stream import learning_in_time, repeats, run
from outlay.pipeline.stream.judging import judge_partition
from outlay.pipeline.stream.layout import Layout
from outlay.pipeline.stream.walking import Walker
from outlay.schema.catalog import NAMES
from tests.pipeline.parts import (
    LAYOUTS,
    ORDERS,
    assert_same,
    assert_same_model,
    assert_same_users,
    settings,
)

NOBODY = Loaded(Config(), {})


@pytest.fixture(params=list(ORDERS))
def file(request: pytest.FixtureRequest, payments: pl.DataFrame, tmp_path: Path) -> Path:
    """Write a file of the wallet in some order, with broken lines at its end."""
    path = tmp_path / "payments.csv"
    ORDERS[request.param](payments).write_csv(path)
    with path.open("a") as text:
        text.write("bad,line\n" + "x" + "," * (payments.width - 1) + "\n")
    return path


def in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every file be taken as a whole."""
    monkeypatch.setattr(files, "_layout", lambda *_: None)


@pytest.mark.parametrize("at_once", [1, 250_000])
def test_duplicates_in_parts_are_those_in_memory(
    payments: pl.DataFrame, tmp_path: Path, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that comes twice, with other rows under some ids, is told apart a few ids at a time."""
    monkeypatch.setattr(repeats, "_AT_ONCE", at_once)
    changed = pl.when(pl.int_range(pl.len()) % 7 == 0).then(pl.col("amount") + 1)
    again = payments.with_columns(amount=changed.otherwise("amount")).sample(fraction=0.1, seed=2)
    path = tmp_path / "in.parquet"
    pl.concat([payments, again]).write_parquet(path)
    part = run_files([str(path)], tmp_path / "parts", settings(), layout=LAYOUTS[0])
    in_memory(monkeypatch)
    whole = run_files([str(path)], tmp_path / "whole", settings())

    assert part.account == whole.account
    assert part.account.duplicates > len(again) / 2
    assert part.account.rejected > len(again) / 20
    assert_same(tmp_path / "whole", tmp_path / "parts")


@pytest.mark.parametrize("most", [300, 10**6])
def test_run_in_parts_is_the_run_in_memory(
    file: Path, tmp_path: Path, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However it is cut, and whatever the order of the rows, a run leaves the same result."""
    parts = [
        run_files([str(file)], tmp_path / f"parts-{at}", settings(most), layout=layout)
        for at, layout in enumerate(LAYOUTS)
    ]
    in_memory(monkeypatch)
    whole = run_files([str(file)], tmp_path / "whole", settings(most))

    for at, part in enumerate(parts):
        assert part.account == whole.account
        assert_same(tmp_path / "whole", tmp_path / f"parts-{at}")
        assert_same_model(tmp_path / "whole/model", tmp_path / f"parts-{at}/model")


@pytest.mark.parametrize("rate", [0.004, 0.03])
def test_a_run_meets_its_budget_among_all_transactions(
    payments: pl.DataFrame, tmp_path: Path, rate: float
) -> None:
    """What is learned from some users alone promises as many alerts as there are: to the one."""
    path = tmp_path / "in.parquet"
    payments.write_parquet(path)
    config = replace(settings(300), alerts=AlertOptions(rate=rate))
    finished = run_files([str(path)], tmp_path / "out", config, layout=LAYOUTS[0])
    scored = pl.read_parquet(tmp_path / "out/scored.parquet", columns=["risk", "is_alert"])
    facts = finished.published.report.facts

    assert facts.alert_rate == rate
    assert facts.alert_risk is not None
    in_budget = (scored["risk"] >= facts.alert_risk).sum()
    assert in_budget == floor(rate * scored.height)
    assert scored.filter(pl.col("risk") >= facts.alert_risk)["is_alert"].all()


def test_score_in_parts_is_the_score_in_memory(
    file: Path, payments: pl.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Users, counterparties and the alert budget go on from where they stood, in time."""
    half = payments.sort("timestamp").head(len(payments) // 2)
    for name in ("whole", "parts"):
        outlay.train(half).save(tmp_path / f"model-{name}")
    loaded = Loaded(settings(), {"output.csv": "test"})
    part = score_files(
        [str(file)], tmp_path / "model-parts", tmp_path / "parts", loaded, layout=LAYOUTS[0]
    )
    in_memory(monkeypatch)
    whole = score_files([str(file)], tmp_path / "model-whole", tmp_path / "whole", loaded)

    assert part.account == whole.account
    assert part.notes[-1] == whole.notes[-1]
    for name in ("alerts.csv", "rejected.csv", "scored.csv"):
        assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "parts" / name).read_bytes()


@pytest.mark.parametrize("batch", [3, artifact.USERS_A_BATCH])
def test_scoring_in_parts_moves_the_model_on(
    payments: pl.DataFrame, tmp_path: Path, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With an update the model's folder is what it is after scoring in memory.

    Users are read some at a time, and those that did not pay stay where they stood.
    """
    monkeypatch.setattr(artifact, "USERS_A_BATCH", batch)
    ordered = payments.sort("timestamp")
    absent = ordered["user_id"].unique().sort()[:5]
    half = len(ordered) // 2
    later_rows = ordered.tail(-half).filter(~pl.col("user_id").is_in(absent.implode()))
    later_rows.write_csv(tmp_path / "later.csv")
    for name in ("whole", "parts"):
        outlay.train(ordered.head(half)).save(tmp_path / f"model-{name}")
    later = [str(tmp_path / "later.csv")]
    score_files(
        later, tmp_path / "model-parts", tmp_path / "a", NOBODY, update=True, layout=LAYOUTS[0]
    )
    in_memory(monkeypatch)
    score_files(later, tmp_path / "model-whole", tmp_path / "b", NOBODY, update=True)

    assert_same_model(tmp_path / "model-whole", tmp_path / "model-parts")


@pytest.mark.parametrize("room", [1 << 28, 30_000, 8_000])
def test_an_input_in_time_order_is_scored_where_its_rows_stand(
    payments: pl.DataFrame, tmp_path: Path, room: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Users go on from where they stood, on a walk while they fit; without room by user, the same."""
    monkeypatch.setattr(run, "can_walk", lambda *_: True)
    ordered = payments.sort("timestamp")
    half = len(ordered) // 2
    ordered.tail(-half).write_parquet(tmp_path / "later.parquet")
    later, loaded = [str(tmp_path / "later.parquet")], Loaded(settings(), {"output.csv": "test"})
    for name in ("whole", "parts"):
        outlay.train(ordered.head(half), train={"max_rows": 500}).save(tmp_path / f"model-{name}")
    by_user: list[int] = []

    def judged(*given: Any) -> Any:
        by_user.append(given[-1])
        return judge_partition(*given)

    monkeypatch.setattr(run, "judge_partition", judged)

    part = score_files(
        later, tmp_path / "model-parts", tmp_path / "parts", loaded,
        update=True, layout=Layout(97, 11, 1, room=room),
    )  # fmt: skip
    in_memory(monkeypatch)
    whole = score_files(later, tmp_path / "model-whole", tmp_path / "whole", loaded, update=True)

    assert bool(by_user) == (room < 1 << 28)
    assert (part.account, part.notes) == (whole.account, whole.notes)
    for name in ("alerts.csv", "rejected.csv", "scored.csv", "report.html"):
        assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "parts" / name).read_bytes()
    assert_same_model(tmp_path / "model-whole", tmp_path / "model-parts")


def test_training_in_parts_is_the_training_in_memory(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The model and where its users stand are the same."""
    part = train_files([str(file)], tmp_path / "parts", settings(), layout=LAYOUTS[1])
    in_memory(monkeypatch)
    whole = train_files([str(file)], tmp_path / "whole", settings())

    assert part.account == whole.account
    assert_same_model(tmp_path / "whole", tmp_path / "parts")


def test_what_a_later_part_decides_holds_from_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Decimal commas, the order of day and month and ids as floats show themselves at the end only."""
    lines = ["user_id;amount;timestamp;transaction_id"]
    lines += [f"{n % 7}.0;1.234;0{1 + n % 9}/0{1 + n % 8}/2024 10:00;" for n in range(60)]
    lines += [
        "8.0;12,50;02/28/2024 10:00;row-7",
        "9.0;$3;02/27/2024 10:00;x",
        "nine;3;03/03/2024;y",
    ]
    path = tmp_path / "late.csv"
    path.write_text("\n".join(lines) + "\n")
    run_files([str(path)], tmp_path / "parts", settings(), layout=Layout(5, 4, 2))
    in_memory(monkeypatch)
    run_files([str(path)], tmp_path / "whole", settings())

    assert_frame_equal(
        pl.read_parquet(tmp_path / "whole/scored.parquet"),
        pl.read_parquet(tmp_path / "parts/scored.parquet"),
        check_exact=True,
    )
    assert (tmp_path / "whole/rejected.csv").read_bytes() == (
        tmp_path / "parts/rejected.csv"
    ).read_bytes()


def test_any_order_changes_the_order_of_the_scored_rows_alone(
    payments: pl.DataFrame, tmp_path: Path
) -> None:
    """Alerts, equally bad ones too, report and model are the same, and every row is there."""
    twins = payments.with_columns(pl.col("user_id", "transaction_id") + "-twin")
    path = tmp_path / "in.parquet"
    mixed = pl.concat([payments, twins]).sample(fraction=1.0, shuffle=True, seed=3)
    mixed.write_parquet(path)  # in time order the rows are never moved
    for order in ("input", "any"):
        config = replace(settings(), output=OutputOptions(csv=True, order=order))
        run_files([str(path)], tmp_path / order, config, layout=LAYOUTS[0])
        loaded = Loaded(config, {"output.order": "test", "output.csv": "test"})
        model, out = tmp_path / order / "model", tmp_path / f"score-{order}"
        score_files([str(path)], model, out, loaded, layout=LAYOUTS[0])
    for ours in ("", "score-"):
        given, free = tmp_path / f"{ours}input", tmp_path / f"{ours}any"
        for name in ("alerts.csv", "rejected.csv", "duplicates.csv", "report.html"):
            assert (given / name).read_bytes() == (free / name).read_bytes()
        one, other = (pl.read_parquet(at / "scored.parquet") for at in (given, free))
        text = pl.read_csv(free / "scored.csv", columns=["transaction_id"])

        assert not one.equals(other)
        assert_frame_equal(one.sort("transaction_id"), other.sort("transaction_id"))
        assert text["transaction_id"].equals(other["transaction_id"])
    alerts = pl.read_csv(tmp_path / "any/alerts.csv")
    assert alerts.select("risk", "anomaly_score", "amount").is_duplicated().any()
    assert_same_users(tmp_path / "input/model", tmp_path / "any/model")


@pytest.mark.parametrize("layout", [None, Layout(700, 3, 2)])
def test_no_report_in_memory_and_in_parts(
    payments: pl.DataFrame, tmp_path: Path, layout: Layout | None
) -> None:
    """The setting leaves the pages out and changes nothing else, however the input is gone through."""
    path = tmp_path / "payments.parquet"
    payments.sort("timestamp").write_parquet(path)
    bare = replace(settings(), output=OutputOptions(csv=True, report=False))

    for name, config in (("whole", settings()), ("bare", bare)):
        run_files([str(path)], tmp_path / name, config, layout=layout)

    whole, left = (
        {each.name for each in (tmp_path / name).iterdir()} for name in ("whole", "bare")
    )
    assert whole - left == {"report.html", "dashboards"}
    for name in ("alerts.csv", "scored.csv"):
        assert (tmp_path / "bare" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


@pytest.mark.parametrize("layout", [None, *LAYOUTS])
def test_no_features_in_memory_and_in_parts(
    payments: pl.DataFrame, tmp_path: Path, layout: Layout | None
) -> None:
    """The setting takes the features out of the scored tables and changes nothing else."""
    path = tmp_path / "payments.parquet"
    payments.sort("timestamp").write_parquet(path)
    slim = replace(settings(), output=OutputOptions(csv=True, features=False))

    for name, config in (("whole", settings()), ("slim", slim)):
        run_files([str(path)], tmp_path / name, config, layout=layout)

    whole, left = (
        pl.read_parquet(tmp_path / name / "scored.parquet") for name in ("whole", "slim")
    )
    assert_frame_equal(left, whole.drop(NAMES))
    header = (tmp_path / "slim/scored.csv").read_text(encoding="utf-8").partition("\n")[0]
    assert header.split(",") == left.columns
    alerts = [(tmp_path / name / "alerts.csv").read_bytes() for name in ("whole", "slim")]
    assert alerts[0] == alerts[1]


@pytest.mark.parametrize("gone", [[], [5, 700, 701]])
def test_an_input_of_three_columns_in_memory_and_in_parts(
    payments: pl.DataFrame, tmp_path: Path, gone: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The records of a walk say all of it but, where rows are rejected, their numbers."""
    path = tmp_path / "in.parquet"
    bare = payments.sort("timestamp").select("user_id", "amount", "timestamp").with_row_index()
    lost = pl.col("index").is_in(gone)
    bare.select(
        "user_id", pl.when(~lost).then("amount").alias("amount"), "timestamp"
    ).write_parquet(path)
    part = run_files([str(path)], tmp_path / "parts", settings(300), layout=LAYOUTS[0])
    in_memory(monkeypatch)
    whole = run_files([str(path)], tmp_path / "whole", settings(300))

    assert part.account == whole.account
    assert part.account.rejected == len(gone)
    assert_frame_equal(
        *(pl.read_parquet(tmp_path / n / "scored.parquet") for n in ("whole", "parts"))
    )
    assert_same_model(tmp_path / "whole/model", tmp_path / "parts/model")


def test_who_set_off_stops_where_nothing_is_learned(
    payments: pl.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A walk begins while the model is learned; no thread of it outlives a job that fails."""
    path = tmp_path / "in.parquet"
    payments.sort("timestamp").write_parquet(path)
    before = set(threading.enumerate())
    meanwhile, made, walked = list[threading.Thread](), threading.Event(), Walker._walked

    def seen(walker: Walker, done: Callable[[], object]) -> Iterator[Any]:
        for each in walked(walker, done):
            made.set()
            yield each

    def fail(*_: Any) -> Any:
        assert made.wait(10)
        meanwhile.extend(set(threading.enumerate()) - before)
        raise InputError("nothing to learn")

    monkeypatch.setattr(Walker, "_walked", seen)
    monkeypatch.setattr(learning_in_time, "learn", fail)
    with pytest.raises(InputError, match="nothing to learn"):
        run_files([str(path)], tmp_path / "out", settings(300), layout=LAYOUTS[0])

    assert meanwhile
    assert not [thread for thread in meanwhile if thread.is_alive()]


def test_nothing_accepted_says_why(tmp_path: Path) -> None:
    """An input without a transaction is refused with its commonest faults."""
    path = tmp_path / "bad.csv"
    path.write_text("user_id,amount,timestamp\n" + "a,x,2024-01-01\n" * 30)

    with pytest.raises(
        InputError, match=r"not one of 30 rows(?s:.*)amount is not a number \(30 rows\)"
    ):
        run_files([str(path)], tmp_path / "out", settings(), layout=Layout(7, 2, 1))
    assert not (tmp_path / "out").exists()


def test_states_that_turn_out_too_large_are_gone_through_by_user(
    payments: pl.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A walk that runs out of room gives way to partitions, and the result is the same."""
    monkeypatch.setattr(run, "can_walk", lambda *_: True)
    path = tmp_path / "in.parquet"
    payments.sort("timestamp").write_parquet(path)
    tight = Layout(700, 3, 2, room=30_000)
    for name, layout in (("tight", tight), ("roomy", LAYOUTS[0])):
        run_files([str(path)], tmp_path / name, settings(), layout=layout)
        train_files([str(path)], tmp_path / f"{name}-model", settings(), layout=layout)

    assert_same(tmp_path / "roomy", tmp_path / "tight")
    assert_same_model(tmp_path / "roomy/model", tmp_path / "tight/model")
    assert_same_model(tmp_path / "roomy-model", tmp_path / "tight-model")
