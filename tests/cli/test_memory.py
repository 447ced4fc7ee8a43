"""``--memory``: what a job may take; and in what pages its arrays lie."""

import os
import subprocess
import sys

import polars as pl
import pytest

from outlay.pipeline import files
from outlay.pipeline.settings import MachineOptions

SIZES = {
    "2GB": 2 << 30,
    "1500MB": 1500 << 20,
    "1.5G": 3 << 29,
    " 4 gib ": 4 << 30,
    "1073741824": 1 << 30,
    "0.5TB": 1 << 39,
}

PROBE = """
from contextlib import suppress
from outlay.cli import main

with suppress(SystemExit):
    main(["--version"])

import numpy
print(numpy._core.multiarray._get_madvise_hugepage())
"""


@pytest.mark.parametrize(
    ("asked", "is_huge"), [({}, "False"), ({"NUMPY_MADVISE_HUGEPAGE": "1"}, "True")]
)
def test_arrays_lie_in_small_pages_unless_others_are_asked_for(asked, is_huge):
    """The command says so before NumPy is imported, which asks but once."""
    kept = {name: value for name, value in os.environ.items() if name != "NUMPY_MADVISE_HUGEPAGE"}
    command = [sys.executable, "-c", PROBE]
    done = subprocess.run(
        command, env={**kept, **asked}, capture_output=True, text=True, check=True
    )

    assert done.stdout.split()[-1] == is_huge


@pytest.mark.parametrize(("text", "size"), SIZES.items())
def test_a_size_has_a_number_and_a_unit(text, size):
    """Units count in 1024, in either case, with or without the B."""
    assert MachineOptions(memory=text).bytes() == size


@pytest.mark.parametrize("text", ["lots", "half", "-2GB", "2 elephants", "50%"])
def test_what_is_no_size_is_refused(call, payments, text):
    """The message names the flag and what was said, and nothing was begun."""
    answer = call("run", payments, "--memory", text)

    assert (answer.code, answer.out) == (1, "")
    assert "--memory" in answer.err
    assert text in answer.err
    assert "Reading" not in answer.err


@pytest.mark.parametrize(("text", "size"), [("100MB", "104,857,600"), ("0.5", "0")])
def test_too_little_says_how_much_it_takes(call, payments, tmp_path, text, size):
    """No job works in less than the libraries themselves take; nothing is left of one that tries."""
    answer = call("run", payments, "--out", "out", "--memory", text)

    assert (answer.code, answer.out) == (1, "")
    assert f"error: {size} bytes of memory are too few to judge in." in answer.err
    assert "Hint: give --memory 1GB or more." in answer.err
    assert not (tmp_path / "out").exists()


def test_result_does_not_depend_on_it(ran, call, payments, tmp_path, monkeypatch):
    """In parts, in another order and with little memory the same alerts come out."""
    _, folder = ran
    monkeypatch.setattr(files, "fits", lambda *_: False)
    flags = ("--alert-rate", "2%", "--memory", "1GB", "--order", "any")
    answer = call("run", payments, "--out", "parts", *flags)

    assert answer.code == 0
    assert (tmp_path / "parts/alerts.csv").read_bytes() == (folder / "alerts.csv").read_bytes()
    one, other = (pl.read_parquet(at / "scored.parquet") for at in (folder, tmp_path / "parts"))
    assert one.equals(other)  # of a single partition: any order is the input's
