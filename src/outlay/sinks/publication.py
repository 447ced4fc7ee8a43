"""A folder of results that appears at once.

The results are written into a hidden folder inside the target (so on the same disk, whatever is
mounted where) and moved into place only when all of them are there. If a move fails, those before it
are undone. Only files that an earlier publication wrote are ever taken away; the list of them stands
in ``.outlay-files.json``. Whatever else lies in the folder is left alone.
"""

import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Self

from outlay.sinks.files import PARTIAL, output_error, system_code, to_disk

MANIFEST = ".outlay-files.json"
_LEFT_BEHIND_SECONDS = 86_400  # what a killed run left is removed by a later one
_LONGEST_MANIFEST = 50_000_000


class Publication:
    """A place to write results to, which take the place of earlier ones when the block ends well.

    >>> with Publication(Path("result")) as publication:  # doctest: +SKIP
    ...     publication.path("dashboards/U1.html").write_text(page)
    """

    def __init__(self, target: Path) -> None:
        self.target = target.resolve()
        self._staging: Path | None = None
        self._made: list[Path] = []  # folders that were not there, outermost first
        self._undo: list[Callable[[], object]] = []
        self._aside = ThreadPoolExecutor(1)
        self._settling: list[Future[None]] = []

    def path(self, name: str) -> Path:
        """Return where to write the result that shall be called ``name``, such as ``model/a.json``."""
        path = self._ours() / "new" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def settle(self, name: str) -> None:
        """Begin to bring a result to the disk: it is whole, while others are still to be written."""
        self._settling.append(self._aside.submit(to_disk, self.path(name)))

    def adopt(self, name: str, source: Path) -> None:
        """Take a whole file from elsewhere on this disk as a result.

        It stays where it is as well, where the file system lets a file have two names.
        """
        place = self.path(name)
        place.unlink(missing_ok=True)
        _keep(source, place)
        self.settle(name)

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """Give a folder on the same disk for what is needed meanwhile; it is gone afterwards."""
        folder = self._ours() / "scratch"
        folder.mkdir()
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def __enter__(self) -> Self:
        """Make the hidden folder; a target that cannot be written to shows here, not at the end."""
        try:
            self._make_folder(self.target)
            self._remove_left_behind()
            self._staging = Path(tempfile.mkdtemp(prefix=PARTIAL, dir=self.target))
            (self._staging / "new").mkdir()
            (self._staging / "old").mkdir()
        except OSError as error:
            self._take_folders_back()
            raise output_error(self.target, system_code(error) or 0) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Move everything into place, or nothing."""
        published = False
        try:
            if error is None:
                self._publish()
                published = True
            else:
                self._explain(error)
        finally:
            self._aside.shutdown()
            shutil.rmtree(self._ours(), ignore_errors=True)
            if not published:
                self._take_folders_back()

    def _publish(self) -> None:
        place = self.target
        try:
            for each in self._settling:
                each.result()
            names = self._written()
            self._record(names)
            for name in names:
                to_disk(self._ours() / "new" / name)
            for name in (*names, MANIFEST):
                place = self.target / name
                self._move(name)
            self._set_stale_aside(set(names))
        except BaseException as error:
            for undo in reversed(self._undo):
                with suppress(OSError):
                    undo()
            if isinstance(error, OSError):
                raise output_error(place, system_code(error) or 0) from error
            raise
        self._remove_empty_folders()
        self._flush_folder()

    def _written(self) -> list[str]:
        new = self._ours() / "new"
        return sorted(path.relative_to(new).as_posix() for path in new.rglob("*") if path.is_file())

    def _record(self, names: list[str]) -> None:
        text = json.dumps({"files": names}, indent=0, ensure_ascii=False)
        (self._ours() / "new" / MANIFEST).write_text(text, encoding="utf-8")

    def _move(self, name: str) -> None:
        """Put one file into place; the old one is kept aside until all are in place."""
        place, new, old = (
            self.target / name,
            self._ours() / "new" / name,
            self._ours() / "old" / name,
        )
        self._make_folder(place.parent)
        if place.is_file():
            old.parent.mkdir(parents=True, exist_ok=True)
            _keep(place, old)
            self._undo.append(lambda: old.replace(place))
            new.replace(place)
        else:
            new.replace(place)
            self._undo.append(place.unlink)

    def _set_stale_aside(self, fresh: set[str]) -> None:
        """Take away what an earlier publication wrote and this one did not."""
        for name in _recorded(self._ours() / "old" / MANIFEST) - fresh:
            place, old = self.target / name, self._ours() / "old" / name
            if place.is_file() and place.resolve().is_relative_to(self.target):
                old.parent.mkdir(parents=True, exist_ok=True)
                place.replace(old)
                self._undo.append(lambda place=place, old=old: old.replace(place))  # type: ignore[misc]

    def _remove_empty_folders(self) -> None:
        """Remove folders that only held what is now gone."""
        old = self._ours() / "old"
        for name in _recorded(old / MANIFEST):
            with suppress(OSError):  # not empty: something else lies there
                folder = (self.target / name).parent
                if folder != self.target:
                    folder.rmdir()

    def _make_folder(self, folder: Path) -> None:
        missing = [each for each in (folder, *folder.parents) if not each.exists()]
        self._made += reversed(missing)
        folder.mkdir(parents=True, exist_ok=True)

    def _take_folders_back(self) -> None:
        for folder in reversed(self._made):
            with suppress(OSError):
                folder.rmdir()

    def _explain(self, error: BaseException) -> None:
        """Say that a result could not be written, if that is what went wrong in the block."""
        if not isinstance(error, Exception) or (code := system_code(error)) is None:
            return
        named = getattr(error, "filename", None)
        place = Path(os.fsdecode(named)) if named else self._ours()
        if place.is_relative_to(self._ours()):
            raise output_error(place, code) from error

    def _remove_left_behind(self) -> None:
        for folder in self.target.glob(PARTIAL + "*"):
            with suppress(OSError):
                if time.time() - folder.stat().st_mtime > _LEFT_BEHIND_SECONDS:
                    shutil.rmtree(folder, ignore_errors=True)

    def _flush_folder(self) -> None:
        with suppress(OSError):  # some systems cannot open a folder
            handle = os.open(self.target, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)

    def _ours(self) -> Path:
        if self._staging is None:
            raise RuntimeError("a publication is used inside its with block")
        return self._staging


def _keep(place: Path, other: Path) -> None:
    """Keep the file under a second name, so that its first is never without a file."""
    try:
        other.hardlink_to(place)
    except OSError:  # a file system without links
        place.replace(other)


def _recorded(manifest: Path) -> set[str]:
    """Return the files that an earlier publication says it wrote, none that lie elsewhere."""
    try:
        if manifest.stat().st_size > _LONGEST_MANIFEST:
            return set()
        names = json.loads(manifest.read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return set()
    known = {name for name in names if isinstance(name, str)} if isinstance(names, list) else set()
    return {name for name in known if _lies_inside(PurePosixPath(name))}


def _lies_inside(path: PurePosixPath) -> bool:
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts
