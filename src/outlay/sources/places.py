"""Which files were meant: names, globs, folders and standard input."""

import glob
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from outlay.errors import InputError, NotFoundError, nearest

SUFFIXES: Final = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".arrow": "ipc",
    ".feather": "ipc",
    ".ipc": "ipc",
}


@dataclass(frozen=True, slots=True)
class Place:
    """One input: how the user calls it, and its path; no path for standard input."""

    name: str
    path: Path | None

    def unreadable(self, error: OSError) -> InputError:
        """Return the error that says why it cannot be read."""
        return InputError(
            f"{self.name} cannot be read: {error.strerror or error}."
            "\n\nHint: check that the file is there and that you may read it."
        )


def find_places(files: Sequence[str | Path]) -> tuple[list[Place], list[str]]:
    """Return every file that ``files`` name, each once, and notes on those named twice."""
    if not files:
        raise InputError("no input was given.\n\nHint: name a file, a folder, a glob, or - .")
    places: dict[str, Place] = {}
    notes = []
    for place in (place for file in files for place in _places(file)):
        key = "-" if place.path is None else str(place.path.resolve())
        if key in places:
            notes.append(f"{place.name} is given twice; it is read once")
        places.setdefault(key, place)
    return list(places.values()), notes


def format_by_name(name: str) -> str | None:
    """Return the format that a file's name promises, if any."""
    path = Path(name.lower())
    suffix = Path(path.stem).suffix if path.suffix == ".gz" else path.suffix
    return SUFFIXES.get(suffix)


def _places(file: str | Path) -> list[Place]:
    name = str(file)
    if name == "-":
        return [Place("standard input", None)]
    path = Path(name).expanduser()
    if path.is_dir():
        return _in_folder(path, name)
    if path.exists():
        return [Place(name, path)]
    if any(sign in name for sign in "*?["):
        return _globbed(str(path), name)
    raise NotFoundError(
        f"there is no file {name!r}.{_near(path)}\n\nHint: check the name, or give - for standard input."
    )


def _in_folder(folder: Path, name: str) -> list[Place]:
    found = sorted(p for p in folder.iterdir() if p.is_file() and format_by_name(p.name))
    if not found:
        raise NotFoundError(
            f"the folder {name!r} holds no tables."
            f"\n\nHint: these are read: {', '.join(SUFFIXES)}, and .gz of the texts."
        )
    return [Place(str(path), path) for path in found]


def _globbed(pattern: str, name: str) -> list[Place]:
    found = sorted(path for path in glob.glob(pattern, recursive=True) if Path(path).is_file())  # noqa: PTH207
    if not found:
        raise NotFoundError(
            f"no file matches {name!r}.\n\nHint: check the pattern and the folder it looks in."
        )
    return [Place(path, Path(path)) for path in found]


def _near(path: Path) -> str:
    try:
        return nearest(path.name, [p.name for p in path.parent.iterdir()])
    except OSError:
        return f" There is no folder {str(path.parent)!r} either."
