"""Single files: whole or not at all, and an error that says where, why and what to do."""

import errno
import os
import re
import stat
import threading
from pathlib import Path

import polars as pl
import pytest

from outlay.errors import OutputError
from outlay.sinks import files
from outlay.sinks.files import (
    output_error,
    replacing,
    system_code,
    to_disk_meanwhile,
    write_bytes,
    write_text,
)


def test_a_file_is_written_with_the_rights_of_a_new_file(tmp_path):
    """The text stands in the file as UTF-8, missing folders are made, the usual mask applies."""
    path = tmp_path / "a" / "b.txt"

    write_text(path, "£ 😀")

    plain = tmp_path / "plain"
    plain.touch()
    assert path.read_bytes() == "£ 😀".encode()
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)


@pytest.mark.parametrize(
    "fault", [OSError(errno.ENOSPC, "x"), ValueError("x"), KeyboardInterrupt()]
)
def test_a_failed_block_leaves_the_old_file_and_nothing_else(tmp_path, fault):
    """Whatever ends the block, the old bytes stand and no other file is left."""
    path = tmp_path / "a.txt"
    path.write_text("old")

    with pytest.raises((OutputError, ValueError, KeyboardInterrupt)), replacing(path) as fresh:  # noqa: PT012
        fresh.write_text("half")
        raise fault

    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_old_file_stands_until_the_new_one_is_whole(tmp_path):
    """While the block runs, a reader sees the old file."""
    path = tmp_path / "a.txt"
    path.write_text("old")

    with replacing(path) as fresh:
        fresh.write_text("new")
        assert path.read_text() == "old"

    assert path.read_text() == "new"


def test_the_old_bytes_are_never_written_over(tmp_path):
    """Whoever has the old file open, or knows it by another name, keeps it."""
    path, other = tmp_path / "a.txt", tmp_path / "other.txt"
    path.write_text("old")
    other.hardlink_to(path)

    write_text(path, "new")

    assert (path.read_text(), other.read_text()) == ("new", "old")


def test_bytes_are_on_the_disk_before_they_take_the_old_ones_place(tmp_path, monkeypatch):
    """A full disk that only the flush reports leaves the old file."""
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(OutputError, match="no space left on device"):
        write_bytes(path, b"new")
    assert path.read_bytes() == b"old"


def test_the_error_names_path_reason_and_way_out(tmp_path):
    """A file in the place of a folder is named, with a hint."""
    (tmp_path / "out").write_text("in the way")
    path = tmp_path / "out" / "a.txt"

    with pytest.raises(OutputError) as caught:
        write_text(path, "x")

    assert re.fullmatch(
        re.escape(f"cannot write {path}: ") + r"(file exists|not a directory)\n\n"
        r"Hint: move away what stands there, or choose another folder; "
        r"an earlier result is as it was\.",
        str(caught.value),
    )


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (errno.ENOSPC, "no space left on device\n\nHint: free some space there"),
        (errno.EACCES, "permission denied\n\nHint: choose a folder that you may write to"),
        (errno.EROFS, "read-only file system\n\nHint: choose a folder that you may write to"),
        (errno.EIO, "input/output error\n\nHint: look at the disk"),
    ],
)
def test_each_cause_has_its_hint(code, words):
    """The hint fits the system's reason."""
    assert words in str(output_error(Path("x"), code))


def test_an_error_that_polars_passes_on_is_understood():
    """Polars wraps some system errors as its own; the number in the text is read."""
    error = pl.exceptions.ComputeError("parquet: IO error: No space left on device (os error 28)")

    assert system_code(error) == errno.ENOSPC
    assert system_code(ValueError("no number")) is None


def test_a_growing_file_is_brought_to_the_disk_until_it_is_whole(tmp_path, monkeypatch):
    """Again and again while it is written, and no more afterwards."""
    asked = threading.Semaphore(0)
    monkeypatch.setattr(files, "_BETWEEN_SECONDS", 0.001)
    monkeypatch.setattr(files, "to_disk", lambda *_, **__: asked.release())

    with to_disk_meanwhile(tmp_path / "table"):
        assert all(asked.acquire(timeout=30) for _ in range(3))
    while asked.acquire(blocking=False):
        pass

    assert not asked.acquire(timeout=0.05)


def test_what_the_disk_refuses_meanwhile_is_told(tmp_path, monkeypatch):
    """The system says once that a file could not be kept; so whoever writes it is told."""
    refused = threading.Event()

    def full(*_, **__):
        refused.set()
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files, "_BETWEEN_SECONDS", 0.001)
    monkeypatch.setattr(files, "to_disk", full)

    with (
        pytest.raises(OutputError, match=r"cannot write .*table: no space left on device"),
        to_disk_meanwhile(tmp_path / "table"),
    ):
        assert refused.wait(30)


def test_a_growing_file_does_not_take_memory_besides(tmp_path, monkeypatch):
    """What was brought to the disk is given up by the system's memory, from the first byte on."""
    told = threading.Event()
    given_up = []

    def advise(handle, begin, size, advice):
        given_up.append((os.fstat(handle).st_ino, begin, size, advice))
        told.set()

    monkeypatch.setattr(files, "_BETWEEN_SECONDS", 0.001)
    monkeypatch.setattr(os, "posix_fadvise", advise)
    path = tmp_path / "table"
    path.write_bytes(b"rows")

    with to_disk_meanwhile(path):
        assert told.wait(30)

    assert set(given_up) == {(path.stat().st_ino, 0, 0, os.POSIX_FADV_DONTNEED)}
