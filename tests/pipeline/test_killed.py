"""A job that is killed without a warning goes on, and an earlier result is whole all the while."""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import outlay
from outlay.pipeline.stream.resume import UNFINISHED

SETTINGS = "[train]\nmax_rows = 15000\n\n[dashboards]\nusers = 1\n"
STAGES = ("Reading", "Learning", "Judging", "Judging", "Writing the tables")
IN_PARTS = "from outlay.pipeline import files; files.fits = lambda *_: False; "
"""Nothing is small enough to be taken as a whole."""
LONGEST = 0.4
"""Seconds within a stage."""


def command(*arguments: str) -> list[str]:
    """Return the words that start Outlay as a process of its own, which works in parts."""
    return [sys.executable, "-c", f"{IN_PARTS}from outlay.cli import main; main()", *arguments]


def killed_in(stage: str, seconds: float, folder: Path) -> bool:
    """Start the job, and kill it so long after it began the stage; say whether it was running."""
    words = command("run", "payments.parquet", "--out", "result")
    with subprocess.Popen(words, cwd=folder, stderr=subprocess.PIPE, text=True) as job:
        assert job.stderr is not None
        for line in job.stderr:
            if stage in line:
                time.sleep(seconds)
                break
        job.kill()
        return job.wait() < 0


def contents(folder: Path) -> dict[str, bytes]:
    """Return all published files of a result."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.relative_to(folder).parts[0].startswith(".outlay")
    }


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a file that is worked through in parts, and what comes of it."""
    folder = tmp_path_factory.mktemp("killed")
    (folder / "outlay.toml").write_text(SETTINGS)
    payments = outlay.synth(users=330, days=180)
    payments.write_parquet(folder / "payments.parquet")
    payments.head(500).write_parquet(folder / "few.parquet")
    subprocess.run(command("run", "payments.parquet", "--out", "once"), cwd=folder, check=True)
    return folder


def test_a_killed_job_goes_on(place: Path) -> None:
    """Killed again and again, in every stage, the same command ends with the same bytes."""
    random, result = np.random.default_rng(1), place / "result"
    subprocess.run(command("run", "few.parquet", "--out", "result"), cwd=place, check=True)
    earlier = contents(result)
    kills = 0
    for stage in STAGES:
        kills += killed_in(stage, random.uniform(0, LONGEST), place)

        assert contents(result) == earlier
    assert kills == len(STAGES)
    assert (result / UNFINISHED).is_dir()
    again = subprocess.run(
        command("run", "payments.parquet", "--out", "result"),
        cwd=place,
        check=True,
        capture_output=True,
        text=True,
    )
    whole, ours = contents(place / "once"), contents(result)

    assert "Going on with what is done" in again.stderr
    assert not (result / UNFINISHED).exists()
    assert ours.keys() == whole.keys()
    assert [name for name in whole if ours[name] != whole[name]] == []
    assert pl.read_parquet(result / "scored.parquet").height == again_rows(again.stdout)


def again_rows(told: str) -> int:
    """Return how many rows a run says it scored."""
    return int(told.partition("= scored ")[2].split()[0].replace(",", ""))
