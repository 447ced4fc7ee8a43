"""Settings as TOML: the effective ones with where each came from, or a file to begin with."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from outlay.pipeline.config import Loaded
from outlay.pipeline.config_tree import Setting, catalogue, groups
from outlay.pipeline.settings import Config

_ORIGIN_COLUMN = 40


def effective(loaded: Loaded) -> str:
    """Return every setting as TOML, with where its value came from."""
    lines: list[str] = []
    for setting, value in _grouped(loaded.config, lines):
        said = [
            origin
            for key, origin in loaded.origins.items()
            if key == setting.key or key.startswith(f"{setting.key}.")
        ]
        lines.append(f"{_line(setting, value):{_ORIGIN_COLUMN}}  # {', '.join(said) or 'default'}")
    return "\n".join(lines) + "\n"


def template() -> str:
    """Return a file that explains every setting and changes none."""
    lines = [
        "# Settings of Outlay. Take the # away from a line to change its value.",
        "# A flag goes before an environment variable (OUTLAY_ALERTS__RATE), and that before this file.",
    ]
    for setting, value in _grouped(Config(), lines):
        lines += [f"# {setting.meaning}"] if setting.meaning else []
        lines += [f"#{_line(setting, setting.example if value is None else value)}"]
    return "\n".join(lines) + "\n"


def _grouped(config: Config, lines: list[str]) -> Iterator[tuple[Setting, Any]]:
    """Yield every setting with its value, and begin each group in ``lines``."""
    about, values = groups(), msgspec.to_builtins(config)
    begun = set()
    for setting in catalogue().values():
        group, _, name = setting.key.rpartition(".")
        if group and group not in begun:
            begun.add(group)
            lines += ["", f"[{group}]  # {about[group].rstrip('.')}"]
        yield setting, values[group][name] if group else values[name]


def _line(setting: Setting, value: Any) -> str:
    name = setting.key.rpartition(".")[2]
    return f"# {name} is not set" if value is None else f"{name} = {_toml(value)}"


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        inside = ", ".join(f"{_toml(key)} = {_toml(item)}" for key, item in value.items())
        return f"{{{inside}}}"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return json.dumps(value)
