"""Files that are there whole or not at all.

A file is written under another name in the same folder, brought to the disk, and then renamed over
the old one, which the system does in one step. Whoever reads meanwhile sees the old file or the new.
"""

import errno
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from typing import Final

from outlay.errors import OutputError

PARTIAL = ".outlay-partial-"
"""How the hidden folders of unfinished publications begin; in them lie ``new`` and ``old``."""

_BETWEEN_SECONDS: Final = 0.5
_OS_ERROR = re.compile(r"\(os error (\d+)\)")  # how Polars passes on what the system said

_FULL = "free some space there, or choose another folder; an earlier result is as it was."
_DENIED = "choose a folder that you may write to; an earlier result is as it was."
_BLOCKED = "move away what stands there, or choose another folder; an earlier result is as it was."
_HINTS = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: _FULL,
    errno.EACCES: _DENIED,
    errno.EPERM: _DENIED,
    errno.EROFS: _DENIED,
    errno.ENOTDIR: _BLOCKED,
    errno.EISDIR: _BLOCKED,
    errno.EEXIST: _BLOCKED,
    errno.ENAMETOOLONG: "choose a shorter name.",
}
_ELSE = "look at the disk and the folder, then try again; an earlier result is as it was."


def write_text(path: Path, text: str) -> None:
    """Write a text as UTF-8, whole or not at all."""
    write_bytes(path, text.encode())


def write_bytes(path: Path, data: bytes) -> None:
    """Write bytes, whole or not at all."""
    with replacing(path) as fresh:
        fresh.write_bytes(data)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a path to write to, whose file takes the place of ``path`` when the block ends well.

    The folder is made where it is missing. When the block fails, ``path`` is as it was.
    """
    fresh: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = _fresh(path)
        yield fresh
        to_disk(fresh)
        fresh.replace(path)
    except Exception as error:
        if (code := system_code(error)) is None:
            raise
        raise output_error(path, code) from error
    finally:
        if fresh is not None:
            with suppress(OSError):
                fresh.unlink(missing_ok=True)


def system_code(error: Exception) -> int | None:
    """Return the system's error number that an exception carries, of Python's or Polars' making."""
    if isinstance(error, OSError) and error.errno:
        return error.errno
    found = _OS_ERROR.search(str(error))
    return int(found[1]) if found else None


def output_error(path: Path, code: int) -> OutputError:
    """Return the error that says which path could not be written, why, and what to do."""
    reason = os.strerror(code)
    return OutputError(
        f"cannot write {_final(path)}: {reason[0].lower()}{reason[1:]}\n\nHint: {_HINTS.get(code, _ELSE)}"
    )


def _final(path: Path) -> Path:
    """Return where a file that is written into a publication's hidden folder would have gone."""
    for depth, part in enumerate(path.parts):
        if part.startswith(PARTIAL):
            return Path(*path.parts[:depth], *path.parts[depth + 2 :])
    return path


def to_disk(path: Path, *, keeps: bool = True) -> None:
    """Wait until the file's bytes are on the disk; a full disk may only show itself here.

    Unless it ``keeps`` them, the system's copy in memory is free for others.
    """
    with path.open("rb") as file:
        os.fsync(file.fileno())
        if not keeps and hasattr(os, "posix_fadvise"):
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


@contextmanager
def to_disk_meanwhile(path: Path) -> Iterator[None]:
    """Bring a growing file to the disk as long as the block lasts, so that little is left to wait for.

    What is there does not stay in memory besides: the file may be larger than all of it, and memory
    that the system has to fetch anew takes longer than the writing. What the disk refuses shows
    when the block ends: the system tells it to one who asks, not to all.
    """
    over, refused = Event(), list[OSError]()

    def work() -> None:
        while not refused and not over.wait(_BETWEEN_SECONDS):
            try:
                to_disk(path, keeps=False)
            except OSError as error:
                refused.append(error)

    thread = Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    for error in refused:
        raise output_error(path, system_code(error) or 0) from error


def _fresh(path: Path) -> Path:
    """Return a new empty file beside ``path``, with the rights that a new file gets."""
    handle, name = tempfile.mkstemp(prefix=".outlay-", suffix=path.suffix, dir=path.parent)
    mask = os.umask(0)
    os.umask(mask)
    with suppress(OSError):  # not every file system knows rights
        os.fchmod(handle, 0o666 & ~mask)
    os.close(handle)
    return Path(name)
