"""Calling the command line, in this process or in one of its own."""

import os
import subprocess
import sys
from typing import NamedTuple

import pytest

from outlay.cli import main


class Answer(NamedTuple):
    """What a call printed, and its exit code."""

    code: int
    out: str
    err: str


def called(capsys, *arguments):
    """Return what a call in this process answers."""
    with pytest.raises(SystemExit) as end:
        main([str(each) for each in arguments])
    out, err = capsys.readouterr()
    return Answer(int(end.value.code or 0), out, err)


def spawned(*arguments, cwd=None, **environ):
    """Return what a call in a process of its own answers."""
    done = subprocess.run(
        command(*arguments),
        capture_output=True,
        cwd=cwd,
        env={**os.environ, **environ},
        check=False,
    )
    return Answer(done.returncode, done.stdout.decode(), done.stderr.decode())


def command(*arguments):
    """Return the words that start a process of its own."""
    start = "from outlay.cli import main; main()"
    return [sys.executable, "-c", start, *map(str, arguments)]
