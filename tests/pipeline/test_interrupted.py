"""A job in parts that is stopped on its way goes on, and one that fails leaves nothing behind."""

import re
import resource
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import outlay
from outlay.errors import OutputError
from outlay.pipeline.config import Loaded
from outlay.pipeline.files import run_files, score_files
from outlay.pipeline.progress import Progress, Quiet
from outlay.pipeline.stream import walking
from outlay.pipeline.stream.resume import UNFINISHED
from tests.pipeline.parts import LAYOUTS, ORDERS, assert_same, assert_same_model, settings


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


@pytest.mark.parametrize(
    ("where", "hint"),
    [
        (("Judging", 1500), "at transaction 1,[0-9]{3}"),
        (("Writing the tables",), "where it writes the result"),
        (("Writing the report",), "where it writes the result"),
    ],
)
def test_an_interrupted_scoring_goes_on_and_leaves_the_same(
    payments: pl.DataFrame,
    tmp_path: Path,
    where: tuple[Any, ...],
    hint: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A walk from where the model's users stand goes on in its middle, and moves the model on once."""
    monkeypatch.setattr(walking, "KEEP_EVERY", 500)
    stop, going_on, path = Watching(*where), Watching("never"), tmp_path / "in.parquet"
    ordered = ORDERS["in time"](payments)
    ordered.tail(-len(ordered) // 4).write_parquet(path)
    for name in ("once", "again"):
        outlay.train(ordered.head(len(ordered) // 4)).save(tmp_path / f"model-{name}")

    def scored(name: str, say: Progress | None = None) -> None:
        score_files(
            [str(path)], tmp_path / f"model-{name}", tmp_path / name, Loaded(settings(), {}),
            update=True, progress=say, layout=LAYOUTS[1],
        )  # fmt: skip

    scored("once")
    with pytest.raises(KeyboardInterrupt):
        scored("again", stop)
    scored("again", going_on)

    assert re.search(hint, stop.left[0])
    assert any(words.startswith("Going on") for words in going_on.stages)
    assert_same_model(tmp_path / "model-once", tmp_path / "model-again")
    assert_frame_equal(
        pl.read_parquet(tmp_path / "once/scored.parquet"),
        pl.read_parquet(tmp_path / "again/scored.parquet"),
        check_exact=True,
    )
    assert (tmp_path / "once/alerts.csv").read_bytes() == (
        tmp_path / "again/alerts.csv"
    ).read_bytes()


def test_a_table_that_had_become_a_result_is_written_again(
    payments: pl.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a file has one name alone, it is gone with the result that was not published."""

    def refuse(*_: Any) -> None:
        raise OSError(95, "this file system has no links")

    monkeypatch.setattr(walking, "KEEP_EVERY", 500)
    monkeypatch.setattr(Path, "hardlink_to", refuse)
    path = tmp_path / "in.parquet"
    ORDERS["in time"](payments).write_parquet(path)
    run_files([str(path)], tmp_path / "once", settings(), layout=LAYOUTS[1])
    stop = Watching("Writing the report")
    with pytest.raises(KeyboardInterrupt):
        run_files([str(path)], tmp_path / "again", settings(), stop, LAYOUTS[1])
    left = [path.name for path in (tmp_path / "again" / UNFINISHED).glob("*/scored.parquet")]
    run_files([str(path)], tmp_path / "again", settings(), Watching("never"), LAYOUTS[1])

    assert left == []
    assert_same(tmp_path / "once", tmp_path / "again")
    assert_same_model(tmp_path / "once/model", tmp_path / "again/model")


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
