"""The settings of one call: flag before environment before file before default.

A setting is called ``alerts.rate`` in messages, ``rate = …`` under ``[alerts]`` in the file, and
``OUTLAY_ALERTS__RATE`` in the environment.
"""

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from outlay.errors import ConfigError, NotFoundError, nearest
from outlay.pipeline.config_tree import BadValueError, Setting, catalogue, nested
from outlay.pipeline.settings import Config

FILE: Final = "outlay.toml"
PREFIX: Final = "OUTLAY_"
NOT_SETTINGS: Final = ("OUTLAY_DEBUG",)
_MOST_BYTES: Final = 1 << 20
_RATE, _PER_DAY = "alerts.rate", "alerts.per_day"


@dataclass(frozen=True, slots=True)
class Given:
    """One value that somebody gave for one setting; an unknown one where there is no setting."""

    key: str
    value: object
    origin: str
    level: int
    is_text: bool = False


@dataclass(frozen=True, slots=True)
class Loaded:
    """The settings, and where each that is not the default came from.

    Parameters
    ----------
    config
        The settings.
    origins
        By dotted name: ``--alert-rate``, ``OUTLAY_ALERTS__RATE``, ``outlay.toml, line 3``.
    """

    config: Config
    origins: Mapping[str, str]


def load_config(
    path: Path | None = None,
    environ: Mapping[str, str] | None = None,
    flags: Mapping[str, tuple[str, object]] | None = None,
) -> Config:
    """Return the settings; see `gather`."""
    return gather(path, environ, flags).config


def gather(
    path: Path | None = None,
    environ: Mapping[str, str] | None = None,
    flags: Mapping[str, tuple[str, object]] | None = None,
) -> Loaded:
    """Return the settings, each from the first of flag, environment, file and default that has it.

    Parameters
    ----------
    path
        The file; ``outlay.toml`` in the current folder, if it is there, where none is given.
    environ
        The environment; the process's own where none is given.
    flags
        By dotted name: how the flag is called, and its value.

    Raises
    ------
    ConfigError
        If anything is unknown, of the wrong type or out of range; all such things at once.
    """
    given = [
        *_from_file(path),
        *_from_environment(os.environ if environ is None else environ),
        *(Given(key, value, name, 2, is_text=True) for key, (name, value) in (flags or {}).items()),
    ]
    return _settled(given)


def from_mapping(settings: Mapping[str, Any], origin: str = "the settings") -> Config:
    """Return the settings given as nested tables, as a library call does."""
    return _settled([Given(key, value, origin, 0) for key, value in _flat(settings)]).config


def _settled(given: list[Given]) -> Loaded:
    """Check everything that was given, and let the highest level win."""
    known = catalogue()
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    levels: dict[str, int] = {}
    problems: list[str] = []
    for one in given:
        setting = known.get(one.key) or known.get(one.key.rpartition(".")[0])
        if setting is None or (setting.key != one.key and not setting.is_table):
            problems.append(_unknown(one, known))
            continue
        try:
            value = _value(one, setting)
        except BadValueError as error:
            problems.append(f"{_called(one)} is {one.value!r}; it takes {error}")
            continue
        values[setting.key] = (
            {**values.get(setting.key, {}), **value} if setting.is_table else value
        )
        origins[one.key], levels[one.key] = one.origin, one.level
    problems += _budgets(values, origins, levels)
    if problems:
        raise _refused(problems)
    return Loaded(msgspec.convert(nested(values), Config), origins)


def _value(one: Given, setting: Setting) -> Any:
    if setting.key != one.key:  # one name of a table
        name = one.key.removeprefix(f"{setting.key}.")
        return {name: setting.entry.read(one.value, is_text=one.is_text)}
    return setting.read(one.value, is_text=one.is_text)


def _budgets(
    values: dict[str, Any], origins: dict[str, str], levels: dict[str, int]
) -> Iterator[str]:
    """Let the later word on the budget win: a rate on the command line, a number in the file."""
    if not {_RATE, _PER_DAY} <= levels.keys():
        return
    if levels[_RATE] == levels[_PER_DAY]:
        yield f"both {origins[_RATE]} and {origins[_PER_DAY]} set the alert budget; it takes one"
        return
    loser = min((_RATE, _PER_DAY), key=levels.__getitem__)
    del values[loser], origins[loser]


def _from_file(path: Path | None) -> Iterator[Given]:
    if path is None and not Path(FILE).is_file():
        return
    path = path or Path(FILE)
    text = _text(path)
    try:
        settings = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(
            f"{path} is no TOML: {error}\n\nHint: texts stand in quotes, groups in [brackets]."
        ) from error
    known = catalogue()
    for key, value in _flat(settings):
        setting = known.get(key)
        if setting and setting.is_path and isinstance(value, str):
            value = _beside(path, value)  # noqa: PLW2901
        yield Given(key, value, _place(path, text, key), 0)


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(_MOST_BYTES + 1)
        if len(raw) > _MOST_BYTES:
            raise ConfigError(
                f"{path} is longer than {_MOST_BYTES:,} bytes: these are no settings.\n\n"
                "Hint: give --config the right file."
            )
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except FileNotFoundError as error:
        raise NotFoundError(
            f"there is no settings file {str(path)!r}.\n\nHint: outlay config init writes one."
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise ConfigError(
            f"{path} cannot be read: {why}.\n\nHint: settings are UTF-8 text in TOML."
        ) from error


def _beside(path: Path, value: str) -> str:
    """Return a path that the file names relative to itself, if that is where it leads."""
    beside = path.parent / value
    return str(beside) if beside.is_file() else value


def _from_environment(environ: Mapping[str, str]) -> Iterator[Given]:
    for name in sorted(environ):
        if name.startswith(PREFIX) and name not in NOT_SETTINGS:
            key = name.removeprefix(PREFIX).lower().replace("__", ".")
            yield Given(key, environ[name], name, 1, is_text=True)


def _flat(settings: Mapping[str, Any], start: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every value with its dotted name; a table that is itself a value stays whole."""
    tables = {key for key, setting in catalogue().items() if setting.is_table}
    for name, value in settings.items():
        key = f"{start}{name}"
        if isinstance(value, Mapping) and key not in tables:
            yield from _flat(value, f"{key}.")
        else:
            yield key, value


def _place(path: Path, text: str, key: str) -> str:
    """Return the file and the line where a value stands, as far as that can be told."""
    from outlay.detectors.rules.locate import Places

    places = Places(text)
    parts = key.split(".")
    for depth in range(len(parts) - 1, -1, -1):
        span = places.keys.get((".".join(parts[:depth]), parts[depth]))
        if span is not None:
            return f"{path}, line {text.count(chr(10), 0, span.start) + 1}"
    return str(path)


def _unknown(one: Given, known: Mapping[str, Setting]) -> str:
    names = list(known)
    if one.level == 1:
        near = nearest(one.origin, [PREFIX + key.upper().replace(".", "__") for key in names])
        return f"{one.origin}: there is no setting {one.key!r}.{near}"
    return f"{one.origin}: there is no setting {one.key!r}.{nearest(one.key, names)}"


def _called(one: Given) -> str:
    """Return what the user calls the setting, with where it stands."""
    return one.origin if one.level else f"{one.origin}: {one.key}"


def _refused(problems: list[str]) -> ConfigError:
    hint = "Hint: outlay config show lists every setting, outlay config init explains them."
    if len(problems) == 1:
        return ConfigError(f"{problems[0]}\n\n{hint}")
    listed = "\n".join(f"  {problem}" for problem in problems)
    return ConfigError(f"{len(problems)} settings are not right:\n{listed}\n\n{hint}")
