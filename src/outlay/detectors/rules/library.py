"""Where packs come from: the shipped ones by name, others by path."""

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Final

from outlay.detectors.rules.pack import Pack
from outlay.detectors.rules.problems import Source
from outlay.detectors.rules.reading import read_pack
from outlay.errors import NotFoundError, RuleError, nearest

MAX_BYTES: Final = 1 << 20
"""A pack's file is at most this long."""

_SHIPPED: Final = files("outlay.detectors.rules") / "packs"


def builtin_packs() -> tuple[str, ...]:
    """Return the names of the shipped packs.

    >>> builtin_packs()
    ('classic', 'wallet')
    """
    found = (entry.name for entry in _SHIPPED.iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in found if name.endswith(".toml")))


def load_pack(source: str | Path, *, parameters: Mapping[str, float] | None = None) -> Pack:
    """Return the pack of this name, or the pack in this file.

    Parameters
    ----------
    source
        The name of a shipped pack (``classic``), or the path of a TOML file.
    parameters
        Values that replace those under the pack's ``[parameters]``.
    """
    if str(source) in builtin_packs():
        text = (_SHIPPED / f"{source}.toml").read_text("utf-8")
        return read_pack(Source(f"{source}.toml", text), parameters)
    return read_pack(_file(Path(source)), parameters)


def _file(path: Path) -> Source:
    if not path.is_file():
        shipped = builtin_packs()
        raise NotFoundError(
            f"there is no rule pack {str(path)!r}: no such file, and no shipped pack of this name."
            f"{nearest(str(path), shipped)}\n\nHint: shipped packs are {', '.join(shipped)}"
        )
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise RuleError(
            f"rule pack {path} cannot be read: {error.strerror}\n\nHint: check its permissions"
        ) from error
    return Source(path.name, _decoded(raw, path))


def _decoded(raw: bytes, path: Path) -> str:
    if len(raw) > MAX_BYTES:
        raise RuleError(
            f"rule pack {path} is longer than {MAX_BYTES:,} bytes"
            "\n\nHint: split it, and keep long lists out of it"
        )
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise RuleError(
            f"rule pack {path} is not UTF-8 text: byte {error.start} is {raw[error.start]:#04x}"
            "\n\nHint: save it as UTF-8"
        ) from error
