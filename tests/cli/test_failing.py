"""How it fails: words for people, exit codes for scripts, nothing half-done left behind."""

import contextlib
import os
import signal
import subprocess
import sys

import pytest

from outlay.cli import app
from tests.cli.calling import command, spawned

HEAD = "transaction_id,user_id,amount,timestamp\n"
ROW = "T1,U1,5.0,2025-01-01 10:00:00\n"

BAD_FILES = {
    "empty": ("", "x.csv is empty"),
    "header only": (
        HEAD,
        "has columns ('transaction_id', 'user_id', 'amount', 'timestamp') and no rows",
    ),
    "column missing": (
        (HEAD + ROW).replace("amount", "amonut"),
        "it has 'transaction_id', 'user_id', 'amonut', 'timestamp'. Nearest to amount: 'amonut'.",
    ),
    "no valid row": (HEAD + "T1,U1,many,never\n", "not one of 1 row in x.csv is a transaction"),
    "workbook": ("PK\x03\x04rest", "x.csv is an Excel workbook or a ZIP archive"),
}


@pytest.mark.parametrize(("content", "words"), BAD_FILES.values(), ids=BAD_FILES)
def test_bad_file_is_told_in_words(call, tmp_path, content, words):
    """A file that is no table of payments says why, and leaves nothing behind."""
    (tmp_path / "x.csv").write_text(content)

    answer = call("run", "x.csv", "--out", "out")

    assert (answer.code, answer.out) == (1, "")
    assert words in answer.err
    assert "\nHint: " in answer.err
    assert "Traceback" not in answer.err
    assert not (tmp_path / "out").exists()


def test_process_of_its_own_fails_in_the_same_way(tmp_path):
    """From outside: exit code 1, words on stderr, nothing on stdout."""
    answer = spawned("run", "nix.csv", cwd=tmp_path)

    assert (answer.code, answer.out) == (1, "")
    assert "error: there is no file 'nix.csv'." in answer.err
    assert "Traceback" not in answer.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["run"],
        ["fly"],
        ["run", "x", "--negative", "maybe"],
        ["run", "x", "--map", "user_id"],
        ["train", "x"],
    ],
    ids=["argument", "command", "choice", "map", "option"],
)
def test_wrong_call_ends_with_two(call, arguments):
    """A call that cannot be parsed is a matter of usage, not of the job."""
    answer = call(*arguments)

    assert (answer.code, answer.out) == (2, "")
    assert "Usage: outlay" in answer.err


def test_earlier_result_survives_a_failure(call, tmp_path):
    """What lies in the folder stays as it is when a run fails."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "report.html").write_text("earlier")
    (tmp_path / "x.csv").write_text(HEAD)

    assert call("run", "x.csv", "--out", "out").code == 1

    assert [path.name for path in (tmp_path / "out").iterdir()] == ["report.html"]
    assert (tmp_path / "out" / "report.html").read_text() == "earlier"


def test_folder_that_cannot_be_written_to_shows_before_the_work(call, tmp_path):
    """No file is read when the results have no place to go."""
    (tmp_path / "x.csv").write_text(HEAD + ROW)
    (tmp_path / "file").write_text("")

    answer = call("run", "x.csv", "--out", "file/out")

    assert answer.code == 1
    assert "cannot write" in answer.err
    assert "Reading" not in answer.err


def test_unexpected_error_asks_for_a_report(call, monkeypatch):
    """A fault of ours is one short message; the trace is printed only when asked for."""

    def broken(*_):
        raise ZeroDivisionError("nobody thought of it")

    monkeypatch.setattr("outlay.pipeline.config.gather", broken)

    short, long = call("config", "show"), call("--debug", "config", "show")

    assert (short.code, short.out) == (1, "")
    assert "outlay did not expect this: ZeroDivisionError: nobody thought of it" in short.err
    assert "Hint: please report it with what OUTLAY_DEBUG=1 prints" in short.err
    assert "Traceback" not in short.err
    assert "Traceback" in long.err


def test_control_characters_of_a_file_do_not_reach_the_terminal(call, tmp_path):
    """A column name with an escape sequence is printed without it."""
    (tmp_path / "x.csv").write_text("user_id,\x1b[31mred\x07,timestamp\nU1,5,2025-01-01\n")

    answer = call("run", "x.csv")

    assert answer.code == 1
    assert "red" in answer.err
    assert not {"\x1b", "\x07"} & set(answer.err)


def test_reader_that_leaves_is_no_error_worth_words():
    """When nobody reads on, the command ends without a traceback."""
    read_end, write_end = os.pipe()
    os.close(read_end)
    done = subprocess.run(
        command("features", "--json"), stdout=write_end, stderr=subprocess.PIPE, check=False
    )
    os.close(write_end)

    assert done.stderr == b""
    assert done.returncode == 1


def interrupt(process):
    """Press Ctrl-C until it is heard: one that comes just before a read begins is not."""
    while process.poll() is None:
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(5)


@pytest.mark.skipif(sys.platform == "win32", reason="interrupts work differently there")
def test_interrupt_ends_cleanly(tmp_path):
    """Ctrl-C ends with 130, without a traceback, and leaves no folder."""
    with subprocess.Popen(
        command("run", "-", "--out", tmp_path / "out"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stderr
        first = process.stderr.readline()
        interrupt(process)
        words = process.stderr.read()

    assert b"Reading standard input" in first
    assert b"Traceback" not in words
    assert process.returncode == 130
    assert not (tmp_path / "out").exists()


def test_terminal_without_unicode_gets_plain_signs():
    """Signs that an encoding does not have are written otherwise, never as an error."""
    answer = spawned("features", "--markdown", PYTHONIOENCODING="ascii")

    assert answer.code == 0
    assert "s2 from the earlier" in answer.out
    assert answer.out.isascii()


def test_app_can_be_mounted():
    """The commands can be taken up by another command line."""
    assert app.info.name == "outlay"
