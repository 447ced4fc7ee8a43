"""Killed at any moment, the engine loses no answer and doubles none."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from outlay.pipeline.live.base import begin
from outlay.pipeline.live.check import check
from outlay.pipeline.live.replay import replay_period
from outlay.store import open_store
from tests.pipeline.live.crasher import digest

KILLS = 30
ROOT = Path(__file__).parents[3]


def started(path, seed):
    """Return a process that has everything loaded and waits for its turn."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.pipeline.live.crasher", str(path), str(seed)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    )


def killed(process, acknowledged, seconds):
    """Let a process go on until it is killed; return what it acknowledged before that."""
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    process.stdin.write(f"{acknowledged}\n".encode())
    process.stdin.flush()
    first = process.stdout.readline()  # it is at work
    time.sleep(seconds)
    os.kill(process.pid, signal.SIGKILL)
    rest, _ = process.communicate()
    lines = (first + rest).decode().splitlines(keepends=True)
    return [line.split() for line in lines if line.endswith("\n")]


@pytest.mark.slow
def test_killed_at_any_moment(tiny, tmp_path):
    """Thirty times: what was acknowledged is in the ledger once, and every state is its fold."""
    path = tmp_path / "store.db"
    with open_store(str(path)) as store:
        begin(tiny, store)
    dice = random.Random(20261122)  # noqa: S311 - a test's dice
    acknowledged: dict[str, str] = {}
    coming = started(path, 0)
    for k in range(KILLS):
        process, coming = coming, started(path, k + 1)
        for name, mark in killed(process, len(acknowledged), dice.uniform(0, 0.25)):
            assert acknowledged.setdefault(name, mark) == mark
        with open_store(str(path)) as store:
            assert check(store).faults == []
    coming.kill()
    coming.communicate()

    with open_store(str(path)) as store, store.reading() as reading:
        rows = [row.entry.transaction_id for row in reading.ledger()]
        kept = {row.entry.transaction_id: digest(row.decision.body) for row in reading.ledger()}
    assert len(rows) == len(set(rows)) >= len(acknowledged) > 5 * KILLS
    assert {name: kept.get(name) for name in acknowledged} == acknowledged
    with open_store(str(path)) as store:
        assert replay_period(store).is_clean
