"""A folder of results: all of it or nothing, and never somebody else's files."""

import contextlib
import errno
import json
import os
import shutil
import subprocess
import time
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.errors import OutputError
from outlay.sinks.files import write_text
from outlay.sinks.growing import GrowingParquet
from outlay.sinks.publication import MANIFEST, Publication
from outlay.sinks.table import write_scored_csv


def tree(folder):
    """Return every file under a folder with its bytes, the list of files left out."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in Path(folder).rglob("*")
        if path.is_file() and path.name != MANIFEST
    }


def publish(folder, files):
    """Publish texts by name."""
    with Publication(folder) as publication:
        for name, text in files.items():
            publication.path(name).write_text(text)


def test_nothing_is_in_place_before_the_end_and_everything_after(tmp_path):
    """A reader sees none of the results until all are there."""
    target = tmp_path / "result"

    with Publication(target) as publication:
        publication.path("report.html").write_text("report")
        publication.path("model/forest.json").write_text("{}")
        assert not (target / "report.html").exists()

    assert tree(target) == {"report.html": b"report", "model/forest.json": b"{}"}


@pytest.mark.parametrize("has_links", [True, False])
def test_a_file_from_elsewhere_becomes_a_result(tmp_path, monkeypatch, has_links):
    """It stays where it was, where files can have two names, and is published with the others."""
    if not has_links:
        monkeypatch.setattr(
            Path, "hardlink_to", lambda *_: (_ for _ in ()).throw(OSError(95, "no"))
        )
    source, target = tmp_path / "kept", tmp_path / "result"
    source.write_text("whole")
    with contextlib.suppress(KeyboardInterrupt), Publication(target) as publication:
        publication.path("model/users").write_text("none")
        publication.adopt("model/users", source)
        raise KeyboardInterrupt

    assert not target.exists()
    assert source.exists() == has_links

    source.write_text("whole")
    with Publication(target) as publication:
        publication.adopt("model/users", source)

    assert tree(target) == {"model/users": b"whole"}


def test_what_an_earlier_run_wrote_and_this_one_does_not_is_gone(tmp_path):
    """A dashboard of an earlier run does not stand among those of this one; a person's note stays."""
    publish(tmp_path, {"report.html": "1", "dashboards/U1.html": "1", "old/x": "1"})
    (tmp_path / "dashboards" / "note.txt").write_text("mine")

    publish(tmp_path, {"report.html": "2", "dashboards/U2.html": "2"})

    assert tree(tmp_path) == {
        "report.html": b"2",
        "dashboards/U2.html": b"2",
        "dashboards/note.txt": b"mine",
    }
    assert not (tmp_path / "old").exists()


@pytest.mark.parametrize(
    "fault", [ValueError("x"), KeyboardInterrupt(), OSError(errno.ENOSPC, "x")]
)
def test_a_run_that_fails_leaves_the_earlier_result(tmp_path, fault):
    """Whatever ends the run, the folder is as it was, hidden files included."""
    publish(tmp_path, {"report.html": "1"})
    before = sorted(tmp_path.iterdir())

    with pytest.raises((ValueError, KeyboardInterrupt, OutputError)), Publication(tmp_path) as new:  # noqa: PT012
        new.path("report.html").write_text("2")
        raise fault

    assert tree(tmp_path) == {"report.html": b"1"}
    assert sorted(tmp_path.iterdir()) == before


def test_a_result_that_does_not_get_to_the_disk_ends_the_run(tmp_path, monkeypatch):
    """What is brought to the disk ahead of the end can fail there: the earlier result stays."""
    publish(tmp_path, {"scored": "old", "report": "old"})

    def full(path):
        raise OSError(errno.ENOSPC, f"no space for {path.name}")

    publication = Publication(tmp_path)
    with pytest.raises(OutputError, match="no space left on device"), publication:  # noqa: PT012
        publication.path("scored").write_text("new")
        monkeypatch.setattr("outlay.sinks.publication.to_disk", full)
        publication.settle("scored")
        publication.path("report").write_text("new")
        monkeypatch.undo()

    assert tree(tmp_path) == {"scored": b"old", "report": b"old"}


def test_a_run_that_fails_takes_the_folders_it_made_with_it(tmp_path):
    """No empty folder tells of a result that is not there."""
    with pytest.raises(ValueError, match="x"), Publication(tmp_path / "a" / "b"):
        raise ValueError("x")

    assert list(tmp_path.iterdir()) == []


@given(st.integers(0, 9))
def test_a_move_that_fails_undoes_those_before_it(fails_at):
    """Whichever file cannot be put into place, the earlier result stands whole."""
    with scratch() as folder:
        earlier = {"a": "1", "b/c": "1", "b/d": "1", "stale": "1", "f/gone": "1"}
        publish(folder, earlier)
        calls = []
        real = Path.replace

        def replace(self, target):
            calls.append(target)
            if len(calls) == fails_at + 1:
                raise OSError(errno.EIO, "Input/output error")
            return real(self, target)

        with pytest.MonkeyPatch.context() as patch, contextlib.suppress(OutputError):
            patch.setattr(Path, "replace", replace)
            publish(folder, {"a": "2", "b/c": "2", "b/new": "2", "e/f": "2"})

        later = {"a": "2", "b/c": "2", "b/new": "2", "e/f": "2"}
        failed = len(calls) > fails_at
        expected = earlier if failed else later
        assert tree(folder) == {name: text.encode() for name, text in expected.items()}
        assert (folder / "e").exists() is not failed
        assert not list(folder.glob(".outlay-partial-*"))


@contextlib.contextmanager
def scratch():
    """Give a folder of one example's own (a fixture would be shared by all of them)."""
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        yield Path(name).resolve()


def test_a_folder_in_the_way_of_a_file_is_named(tmp_path):
    """The error names the final path, not the hidden one, and nothing is changed."""
    publish(tmp_path, {"a.txt": "1"})
    (tmp_path / "report.html" / "sub").mkdir(parents=True)

    with pytest.raises(OutputError) as caught:
        publish(tmp_path, {"a.txt": "2", "report.html": "2"})

    assert str(caught.value).startswith(f"cannot write {tmp_path / 'report.html'}: is a directory")
    assert tree(tmp_path) == {"a.txt": b"1"}


def test_a_file_in_the_place_of_the_folder_is_an_error_before_any_work(tmp_path):
    """The run stops at the start and the file stays."""
    (tmp_path / "out").write_text("mine")

    with pytest.raises(OutputError, match=r"cannot write .*out: file exists"):
        publish(tmp_path / "out", {"a": "1"})

    assert (tmp_path / "out").read_text() == "mine"


def test_the_list_of_files_cannot_reach_outside(tmp_path):
    """A list that was tampered with takes nothing away beyond the folder."""
    target = tmp_path / "result"
    target.mkdir()
    (tmp_path / "secret").write_text("mine")
    (tmp_path / "empty").mkdir()
    names = ["../secret", str(tmp_path / "secret"), "../empty/x", 7, "", "link/secret", "\0"]
    (target / "link").symlink_to(tmp_path)
    (target / MANIFEST).write_text(json.dumps({"files": names}))

    publish(target, {"a": "1"})

    assert (tmp_path / "secret").read_text() == "mine"
    assert (tmp_path / "empty").is_dir()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"files": 3}', "\x00"])
def test_a_damaged_list_of_files_is_no_hindrance(tmp_path, text):
    """The new result takes its place; nothing else is touched."""
    (tmp_path / MANIFEST).write_text(text)

    publish(tmp_path, {"a": "1"})

    assert json.loads((tmp_path / MANIFEST).read_text()) == {"files": ["a"]}


def test_what_a_killed_run_left_is_removed_a_day_later(tmp_path):
    """Old hidden folders go, young ones may belong to a run that still works."""
    old, young = tmp_path / ".outlay-partial-old", tmp_path / ".outlay-partial-young"
    old.mkdir()
    young.mkdir()
    long_ago = time.time() - 2 * 86_400
    os.utime(old, (long_ago, long_ago))

    publish(tmp_path, {"a": "1"})

    assert not old.exists()
    assert young.exists()


def test_an_error_of_something_else_is_not_taken_for_a_failed_result(tmp_path):
    """A file that the block could not read is reported as what it is."""
    with pytest.raises(FileNotFoundError), Publication(tmp_path):
        (tmp_path / "not there").read_text()


def test_a_helper_that_cannot_write_names_the_final_path(tmp_path, monkeypatch):
    """Single files are written with the same care inside a publication; the hidden name stays hidden."""

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError) as caught, Publication(tmp_path) as publication:
        write_text(publication.path("model/a.json"), "{}")

    assert str(caught.value).startswith(f"cannot write {tmp_path / 'model' / 'a.json'}: no space")


@pytest.fixture
def tiny_disk(tmp_path):
    """Give a file system of 256 kB, where the system lets us mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = shutil.which("mount")
    command = [mount or "mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(place)]
    if mount is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting a file system needs root")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.mark.parametrize("kind", ["parquet", "csv", "text"])
def test_a_full_disk_leaves_the_earlier_result(tiny_disk, kind):
    """On a real full disk the error says so and the earlier result stands."""
    target = tiny_disk / "result"
    publish(target, {"scored.csv": "1"})
    large = pl.DataFrame({"a": pl.int_range(200_000, eager=True).hash()})

    with pytest.raises(OutputError) as caught, Publication(target) as publication:  # noqa: PT012
        if kind == "text":
            publication.path("scored.csv").write_text("x" * 1_000_000)
        elif kind == "csv":
            write_scored_csv(publication.path("scored.csv"), large)
        else:
            with GrowingParquet(publication.path("scored.parquet")) as table:
                table.write(large)

    name = "scored.parquet" if kind == "parquet" else "scored.csv"
    assert str(caught.value).startswith(f"cannot write {target}")
    assert "no space left on device\n\nHint: free some space" in str(caught.value)
    assert kind == "text" or name in str(caught.value)
    assert tree(target) == {"scored.csv": b"1"}
    assert not list(target.glob(".outlay-*-*"))


def test_a_folder_that_may_not_be_written_to_is_named(tmp_path):
    """A read-only folder is an error at the start, before the work."""
    if os.geteuid() == 0:
        chattr = shutil.which("chattr")
        command = [chattr or "chattr", "+i", str(tmp_path)]
        if chattr is None or subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("root may write anywhere, and this file system has no immutable flag")
    else:
        tmp_path.chmod(0o500)
    try:
        with pytest.raises(OutputError) as caught:
            publish(tmp_path / "result", {"a": "1"})
    finally:
        if os.geteuid() == 0:
            subprocess.run(["chattr", "-i", str(tmp_path)], check=True)
        tmp_path.chmod(0o700)

    assert f"cannot write {tmp_path / 'result'}: " in str(caught.value)
    assert "Hint: choose a folder that you may write to" in str(caught.value)
