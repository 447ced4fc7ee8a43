"""A job in parts leaves what the job in memory leaves, to the last bit."""

import re
import resource
from collections.abc import Callable
from math import floor
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from msgspec.structs import replace
from polars.testing import assert_frame_equal

import outlay
from outlay.errors import ConfigError, InputError, OutputError
from outlay.pipeline import artifact, files
from outlay.pipeline.config import Loaded
from outlay.pipeline.files import run_files, score_files, train_files
from outlay.pipeline.progress import Quiet
from outlay.pipeline.settings import (
    AlertOptions,
    Config,
    DashboardOptions,
    OutputOptions,
    TrainOptions,
)
from outlay.pipeline.stream import layout as layouts
from outlay.pipeline.stream import repeats, run, walking
from outlay.pipeline.stream.layout import LEAST, Layout, fits
from outlay.pipeline.stream.resume import UNFINISHED

LAYOUTS = (Layout(700, 3, 2), Layout(97, 11, 1), Layout(5000, 1, 1))
TEXTS = ("alerts.csv", "rejected.csv", "duplicates.csv", "report.html", "scored.csv")
NOBODY = Loaded(Config(), {})


def settings(most: int = 500) -> Config:
    """Return settings under which a small file is learned from in part."""
    return Config(
        train=TrainOptions(max_rows=most),
        dashboards=DashboardOptions(users=1),
        output=OutputOptions(csv=True),
    )


@pytest.fixture(scope="module")
def payments() -> pl.DataFrame:
    """Return a small wallet with repeated rows and one id on different ones."""
    frame = outlay.synth(users=40, days=60)
    place = pl.int_range(pl.len())
    same = pl.when(place % 397 == 5).then(pl.lit("T-same")).otherwise("transaction_id")
    frame = frame.with_columns(transaction_id=same)
    return pl.concat([frame, frame[100:120]])


ORDERS: dict[str, Callable[[pl.DataFrame], pl.DataFrame]] = {
    "in time": lambda frame: frame.sort("timestamp", maintain_order=True),
    "by day": lambda frame: frame.with_columns(pl.col("timestamp").dt.truncate("1d")).sort(
        "timestamp", maintain_order=True
    ),
    "shuffled": lambda frame: frame.sample(fraction=1.0, shuffle=True, seed=1),
    "newest first": pl.DataFrame.reverse,
}


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


def assert_same(one: Path, other: Path) -> None:
    """Compare two results: the scored table, every text, the model and its users."""
    assert_frame_equal(
        pl.read_parquet(one / "scored.parquet"),
        pl.read_parquet(other / "scored.parquet"),
        check_exact=True,
    )
    for name in TEXTS:
        assert (one / name).read_bytes() == (other / name).read_bytes(), name


def assert_same_model(one: Path, other: Path) -> None:
    """Compare two models' folders."""
    assert (one / "model.json").read_bytes() == (other / "model.json").read_bytes()
    assert_same_users(one, other)


def assert_same_users(one: Path, other: Path) -> None:
    """Compare where two models stand."""
    assert (one / "books.json").read_bytes() == (other / "books.json").read_bytes()
    for name in ("users.parquet", "counterparties.parquet"):
        assert_frame_equal(
            pl.read_parquet(one / name, glob=False),
            pl.read_parquet(other / name, glob=False),
            check_exact=True,
        )


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


def test_nothing_accepted_says_why(tmp_path: Path) -> None:
    """An input without a transaction is refused with its commonest faults."""
    path = tmp_path / "bad.csv"
    path.write_text("user_id,amount,timestamp\n" + "a,x,2024-01-01\n" * 30)

    with pytest.raises(
        InputError, match=r"not one of 30 rows(?s:.*)amount is not a number \(30 rows\)"
    ):
        run_files([str(path)], tmp_path / "out", settings(), layout=Layout(7, 2, 1))
    assert not (tmp_path / "out").exists()


def test_too_little_memory_is_refused() -> None:
    """A bound under which nothing can be done is said to be one."""
    with pytest.raises(ConfigError, match="give --memory 1GB or more"):
        Layout.of(10**6, LEAST - 1)


@pytest.mark.parametrize("cores", [1, 2, 64])
def test_layout_keeps_to_the_memory(cores: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is judged or written at one time fits, whatever the number of rows and processors."""
    monkeypatch.setattr(layouts, "cores", lambda: cores)
    for rows in (10**5, 10**6, 10**7, 10**8, 10**9):
        layout = Layout.of(rows, 2 << 30)

        assert layout.chunk_rows * layout.threads * 1_500 <= (2 << 30) - (500 << 20)
        assert layout.chunk_rows * 3_000 <= (2 << 30) - (500 << 20)
        assert layout.spread_rows * layout.threads * 1_500 <= (2 << 30) - (500 << 20)
        assert layout.partitions * layout.spread_rows >= rows
        assert layout.room + layout.chunk_rows * 3_000 <= (2 << 30) - (500 << 20)


def test_layout_has_room_for_the_users_that_a_model_knows() -> None:
    """A small file for a model of many users is cut by its users, so that they fit too."""
    assert fits(10**5, 2 << 30, users=10**5)
    assert not fits(10**5, 2 << 30, users=10**6)
    layout = Layout.of(10**5, 2 << 30, users=10**7)

    assert 10**7 / layout.partitions * layout.threads * 5_000 <= (2 << 30) - (500 << 20)


class Watching(Quiet):
    """Stops a job on its way, and remembers what it said."""

    def __init__(self, stage: str, rows: int = -1) -> None:
        self.at, self.after = stage, rows
        self.stages: list[str] = []
        self.left: list[str] = []

    def stage(self, words: str) -> None:
        """Stop at the stage."""
        self.stages.append(words)
        if self.after < 0 and words.startswith(self.at):
            raise KeyboardInterrupt

    def rows(self, done: int, total: int) -> None:  # noqa: ARG002 - as any progress
        """Stop within the stage."""
        if self.after >= 0 and self.stages[-1].startswith(self.at) and done > self.after:
            raise KeyboardInterrupt

    def leave(self, words: str) -> None:
        """Remember it."""
        self.left.append(words)


@pytest.mark.parametrize(
    ("where", "hints"),
    [
        (("Learning",), {"in time": "at transaction 1$", "shuffled": "at partition 1 of 11"}),
        (("Judging", 1500), {"in time": "at transaction 1,[0-9]{3}", "shuffled": "at partition"}),
        (("Writing the tables",), dict.fromkeys(ORDERS, "where it writes the result")),
        (("Writing the tables", 900), dict.fromkeys(ORDERS, "where it writes the result")),
        (("Writing the report",), dict.fromkeys(ORDERS, "where it writes the result")),
    ],
)
@pytest.mark.parametrize("order", ["in time", "shuffled"])
def test_an_interrupted_run_goes_on_and_leaves_the_same(  # noqa: PLR0917
    payments: pl.DataFrame,
    tmp_path: Path,
    order: str,
    where: tuple[Any, ...],
    hints: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Wherever it stops, nothing is published; the same command goes on and ends as if never stopped."""
    monkeypatch.setattr(walking, "KEEP_EVERY", 500)
    stop = Watching(*where)
    path = tmp_path / "in.parquet"
    ORDERS[order](payments).write_parquet(path)
    again = tmp_path / "again [1-3]"  # no wildcard
    run_files([str(path)], tmp_path / "once", settings(), layout=LAYOUTS[1])
    with pytest.raises(KeyboardInterrupt):
        run_files([str(path)], again, settings(), stop, LAYOUTS[1])
    left = [one.name for one in again.iterdir()]
    going_on = Watching("never")
    run_files([str(path)], again, settings(), going_on, LAYOUTS[1])

    assert left == [UNFINISHED]
    assert re.search(hints[order], stop.left[0])
    assert any(words.startswith("Going on") for words in going_on.stages)
    assert not (again / UNFINISHED).exists()
    assert_frame_equal(
        pl.read_parquet(tmp_path / "once/scored.parquet"),
        pl.read_parquet(again / "scored.parquet", glob=False),
        check_exact=True,
    )
    assert_same_model(tmp_path / "once/model", again / "model")
    for name in ("alerts.csv", "rejected.csv", "duplicates.csv", "report.html"):
        assert (tmp_path / "once" / name).read_bytes() == (again / name).read_bytes()


def test_another_input_does_not_go_on_with_the_first(
    payments: pl.DataFrame, tmp_path: Path
) -> None:
    """What is left of one job is of no use to another, and is cleared away."""
    path = tmp_path / "in.parquet"
    payments.write_parquet(path)
    with pytest.raises(KeyboardInterrupt):
        run_files([str(path)], tmp_path / "out", settings(), Watching("Judging"), LAYOUTS[1])
    payments.head(2000).write_parquet(path)
    say = Watching("never")
    finished = run_files([str(path)], tmp_path / "out", settings(), say, LAYOUTS[1])

    assert not any(words.startswith("Going on") for words in say.stages)
    assert finished.account.read == 2000
    assert not (tmp_path / "out" / UNFINISHED).exists()


@pytest.mark.parametrize("most", [20_000, 120_000, 300_000])
def test_a_full_disk_ends_cleanly(payments: pl.DataFrame, tmp_path: Path, most: int) -> None:
    """Wherever the room runs out, the error says so, and nothing is left of the job."""
    path = tmp_path / "in.parquet"
    payments.write_parquet(path)
    run_files([str(path)], tmp_path / "warm", settings(), layout=LAYOUTS[0])
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    try:
        with pytest.raises(OutputError, match=r"cannot write(?s:.*)Hint: free some space"):
            run_files([str(path)], tmp_path / "out", settings(), layout=LAYOUTS[0])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

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
