"""What a job in parts has done, so that the same command goes on where it was interrupted.

Beside the result lies a hidden folder with the accepted input, the model, and what is judged: some
partitions, or the first transactions of a walk. Its name says of what: the files as they were, the settings, the cut and the releases.
"""

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, get_origin

import msgspec
import numpy as np
import polars as pl

from outlay import __version__
from outlay.errors import OutlayError
from outlay.features import Register
from outlay.pipeline.progress import Progress
from outlay.pipeline.stream.judging import Part
from outlay.pipeline.stream.layout import Layout
from outlay.pipeline.stream.pieces import scan
from outlay.pipeline.stream.repeats import Repeats
from outlay.pipeline.stream.take_in import Entry
from outlay.pipeline.stream.walking import WALK, kept_walks
from outlay.sinks.files import system_code
from outlay.sources import Parts

UNFINISHED: Final = ".outlay-unfinished"
_INPUT: Final = "input.json"
_COLUMNS: Final = "columns"


@dataclass(frozen=True, slots=True)
class Bench:
    """The folder of an unfinished job.

    Parameters
    ----------
    folder
        Where its files lie.
    is_kept
        Whether it outlives an interruption: not if the input came through a pipe.
    """

    folder: Path
    is_kept: bool

    @classmethod
    def of(cls, out: Path, files: Sequence[Path | None], what: Any, layout: Layout) -> "Bench":
        """Return the bench of this very job; one of another job in the same place is cleared away."""
        known = [_state(file) for file in files]
        named = [known, msgspec.to_builtins(what), msgspec.to_builtins(layout)]
        releases = [__version__, pl.__version__, np.__version__]
        digest = hashlib.sha256(json.dumps([named, releases], default=str).encode()).hexdigest()[
            :16
        ]
        place = out / UNFINISHED
        if place.is_dir():
            for other in place.iterdir():
                if other.name != digest:
                    shutil.rmtree(other, ignore_errors=True)
        folder = place / digest
        folder.mkdir(parents=True, exist_ok=True)
        return cls(folder, None not in known)

    @property
    def has_input(self) -> bool:
        """Whether the input was taken in."""
        return (self.folder / _INPUT).is_file()

    @property
    def judged(self) -> int:
        """How many partitions are done; a walk is one."""
        return len(list(self.folder.glob("part-*.json")))

    def done(self) -> str:
        """Return how much is judged, in words."""
        noted = self._noted()
        if not noted["starts"]:
            return f"{self.judged} of {noted['partitions']} partitions"
        return f"{self._walked(noted):,} of {noted['starts'][-1]:,} transactions"

    def next(self) -> str:
        """Return where the job goes on, in words."""
        noted = self._noted()
        if self.judged == noted["partitions"]:
            return "where it writes the result"
        if not noted["starts"]:
            return f"at partition {self.judged + 1} of {noted['partitions']}"
        return f"at transaction {self._walked(noted) + 1:,}"

    def _walked(self, noted: dict[str, Any]) -> int:
        """Return how many transactions need not be judged again."""
        starts: list[int] = noted["starts"]
        return starts[-1] if self.judged else starts[max(kept_walks(self.folder), default=0)]

    def _noted(self) -> dict[str, Any]:
        noted: dict[str, Any] = json.loads((self.folder / _INPUT).read_bytes())
        return noted

    def keep_input(self, entry: Entry, again: Repeats | None, notes: Sequence[str]) -> None:
        """Note that the input was taken in."""
        if again is not None:
            again.duplicates.write_ipc(self.folder / "repeats-duplicates")
            again.rejected.write_ipc(self.folder / "repeats-rejected")
        taken, register = entry.taken, entry.taken.register
        bare_taken = replace(taken, folder=Path(), schema={}, register=None)
        bare = replace(entry, taken=bare_taken, ids=None)
        pl.DataFrame(schema=taken.schema).write_ipc(self.folder / _COLUMNS)
        for kind, names in (register.names() if register else {}).items():
            names.to_frame().write_ipc(self._names(kind))
        noted = {
            "entry": msgspec.to_builtins(bare, enc_hook=_plain),
            "register": register.timezone if register else None,
            "partitions": 1 if register else taken.rows.shape[1],
            "starts": taken.starts.tolist() if register else [],
            "repeats": again is not None,
            "notes": list(notes),
        }
        self._note(_INPUT, noted)

    def kept_input(self) -> tuple[Entry, Repeats | None, tuple[str, ...]]:
        """Return what was taken in before."""
        noted = self._noted()
        entry = msgspec.convert(noted["entry"], Entry, dec_hook=_array)
        entry.taken.folder = self.folder
        entry.taken.schema = dict(scan(self.folder / _COLUMNS).collect_schema())
        if noted["register"]:
            names = (scan(self._names(kind)).collect()["name"] for kind in Register.KINDS)
            entry.taken.register = Register(noted["register"], *names)
        again = None
        if noted["repeats"]:
            kinds = ("duplicates", "rejected")
            again = Repeats(*(scan(self.folder / f"repeats-{kind}").collect() for kind in kinds))
        return entry, again, tuple(noted["notes"])

    def part(self, place: int, make: Callable[[], Part]) -> Part:
        """Return what became of a partition: as noted, or made now."""
        path = self.folder / f"part-{place:05}.json"
        if path.is_file():
            return msgspec.json.decode(path.read_bytes(), type=Part)
        part = make()
        self._note(path.name, msgspec.to_builtins(part))
        return part

    def judge_again(self) -> None:
        """Forget what is judged; the input and the model stay."""
        for path in (*self.folder.glob("part-*.json"), *self.folder.glob(f"{WALK}*")):
            path.unlink()

    def clear(self) -> None:
        """Take everything away; who is stopped meanwhile does not go on with half of it."""
        gone = self.folder.with_suffix(".gone")
        with suppress(OSError):
            self.folder.replace(gone)
        for folder in (gone, self.folder):
            shutil.rmtree(folder, ignore_errors=True)
        if not any(self.folder.parent.iterdir() if self.folder.parent.is_dir() else []):
            shutil.rmtree(self.folder.parent, ignore_errors=True)

    def _names(self, kind: str) -> Path:
        return self.folder / f"names-{kind}"

    def _note(self, name: str, content: Any) -> None:
        fresh = self.folder / f"{name}.new"
        fresh.write_text(json.dumps(content), encoding="utf-8")
        fresh.replace(self.folder / name)


@contextmanager
def bench_of(out: Path, parts: Parts, what: Any, layout: Layout, say: Progress) -> Iterator[Bench]:
    """Give the place of an unfinished job; it stays there when the job is interrupted."""
    files = [file.origin if file.is_lasting else None for file in parts.files]
    bench = Bench.of(out, files, what, layout)
    try:
        yield bench
    except BaseException as error:
        if bench.has_input and bench.is_kept and not _is_final(error):
            say.leave(f"run the same command again to go on {bench.next()}")
        else:
            bench.clear()
        raise
    bench.clear()


def _is_final(error: BaseException) -> bool:
    """Return whether going on makes no sense: a full disk needs the room, a refusal comes again."""
    is_full = isinstance(error, Exception) and system_code(error) is not None
    return is_full or isinstance(error, OutlayError)


def _state(file: Path | None) -> list[Any] | None:
    if file is None:
        return None
    known = file.stat()
    return [str(file.resolve()), known.st_size, known.st_mtime_ns]


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return {"kind": value.dtype.str, "shape": value.shape, "values": value.ravel().tolist()}
    return str(value)


def _array(kind: Any, value: Any) -> Any:
    if kind is Counter or get_origin(kind) is Counter:
        return Counter(value)
    if isinstance(value, dict):
        return np.array(value["values"], value["kind"]).reshape(value["shape"])
    return Path(value) if kind is Path else value
