"""A wallet's file with some bad rows, run once for all tests of the command line."""

import contextlib
import io

import pytest

from outlay.cli import main
from outlay.sources.synthetic import synthesise
from tests.cli.calling import Answer, called

BAD = (
    "B1,U000001,2025-01-20 10:00:00,-5.0",
    "B2,U000001,some day,5.0",
)


@pytest.fixture(autouse=True)
def _own_surroundings(tmp_path, monkeypatch):
    """Work in an empty folder, without settings in the environment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OUTLAY_DEBUG", "")
    monkeypatch.setenv("COLUMNS", "100")


@pytest.fixture
def call(capsys):
    """Return a function that calls the command line in this process."""
    return lambda *arguments: called(capsys, *arguments)


@pytest.fixture(scope="session")
def payments(tmp_path_factory):
    """Return a CSV of a small wallet with two bad rows and one row twice."""
    path = tmp_path_factory.mktemp("input") / "payments.csv"
    synthesise(users=20, days=40, seed=3).write_csv(path, datetime_format="%Y-%m-%d %H:%M:%S")
    lines = path.read_text().splitlines()
    fill = "," * (lines[0].count(",") - 3)
    path.write_text("\n".join([*lines, *(row + fill for row in BAD), lines[1]]) + "\n")
    return path


@pytest.fixture(scope="session")
def ran(payments, tmp_path_factory):
    """Return what ``outlay run`` said of the wallet, and the folder with its results."""
    folder = tmp_path_factory.mktemp("output") / "result"
    out, err = io.StringIO(), io.StringIO()
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        pytest.raises(SystemExit) as end,
    ):
        main(["run", str(payments), "--out", str(folder), "--alert-rate", "2%", "--format", "csv"])
    return Answer(int(end.value.code or 0), out.getvalue(), err.getvalue()), folder
