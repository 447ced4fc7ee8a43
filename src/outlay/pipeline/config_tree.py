"""Every setting by its dotted name, and what a value given for it comes to."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final, get_args, get_origin

import msgspec
from msgspec import inspect

from outlay.pipeline.settings import Config


class BadValueError(Exception):
    """A value is not what a setting takes; the text says what it takes."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting.

    Parameters
    ----------
    key
        Its dotted name, as ``alerts.rate``.
    kind
        Its type, with its range.
    default
        What it is when nobody chooses.
    meaning
        What it is, in words.
    example
        What it could be, where the default is nothing.
    is_share, is_path
        Whether it may be given in per cent, and whether it names a file.
    """

    key: str
    kind: Any
    default: Any
    meaning: str
    example: Any
    is_share: bool
    is_path: bool

    @property
    def is_table(self) -> bool:
        """Whether it is made of names that the user chooses."""
        return isinstance(self.default, dict)

    def read(self, value: object, *, is_text: bool = False) -> Any:
        """Return the value as the setting's type; ``is_text`` where it could only be given as text."""
        if self.is_share and isinstance(value, str):
            value = _share(value)
        if is_text and isinstance(value, str) and isinstance(self.default, tuple):
            value = [word.strip() for word in value.split(",")]
        try:
            return msgspec.convert(value, self.kind, strict=not is_text)
        except msgspec.ValidationError as error:
            raise BadValueError(self.wanted) from error

    @property
    def entry(self) -> "Setting":
        """One of its values, where it is a table."""
        table = get_args(self.kind)[0] if get_origin(self.kind) is Annotated else self.kind
        return replace(self, kind=get_args(table)[1], default=None)

    @property
    def wanted(self) -> str:
        """What it takes, in words."""
        return _wanted(inspect.type_info(self.kind)) + (
            ', or in per cent as "0.5%"' if self.is_share else ""
        )


def catalogue() -> dict[str, Setting]:
    """Return every setting by its dotted name, in the order in which they are shown."""
    return {setting.key: setting for setting in _settings(Config, "")}


def groups() -> dict[str, str]:
    """Return each group of settings with what it is about."""
    return {
        field.name: (field.type.__doc__ or "").partition("\n")[0]
        for field in msgspec.structs.fields(Config)
        if _is_group(field.type)
    }


def nested(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values by dotted name as tables in tables."""
    tree: dict[str, Any] = {}
    for key, value in values.items():
        *path, name = key.split(".")
        branch = tree
        for part in path:
            branch = branch.setdefault(part, {})
        branch[name] = value
    return tree


def _settings(group: type[msgspec.Struct], start: str) -> Iterator[Setting]:
    for field in msgspec.structs.fields(group):
        key = f"{start}{field.name}"
        if _is_group(field.type):
            yield from _settings(field.type, f"{key}.")
            continue
        info: Any = inspect.type_info(field.type)
        is_told = isinstance(info, inspect.Metadata)
        extra = (info.extra if is_told else None) or {}
        words = (info.extra_json_schema if is_told else None) or {}
        factory = field.default_factory
        yield Setting(
            key=key,
            kind=field.type,
            default=field.default if factory is msgspec.NODEFAULT else factory(),
            meaning=words.get("description", ""),
            example=next(iter(words.get("examples", [])), None),
            is_share="share" in extra,
            is_path="path" in extra,
        )


def _is_group(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _share(text: str) -> float | str:
    """Return what ``0.5%`` is worth, or the text where it is no number."""
    number, sign, rest = text.strip().partition("%")
    try:
        share = float(number)
    except ValueError:
        return text
    return text if rest.strip() or not math.isfinite(share) else share / (100 if sign else 1)


_WORDS: Final[Mapping[type, str]] = {
    inspect.StrType: "a text",
    inspect.BoolType: "true or false",
    inspect.IntType: "a whole number",
    inspect.FloatType: "a number",
}


def _wanted(info: Any) -> str:
    if isinstance(info, inspect.Metadata):
        return _wanted(info.type)
    if isinstance(info, inspect.UnionType):
        kinds = [kind for kind in info.types if not isinstance(kind, inspect.NoneType)]
        return " or ".join(map(_wanted, kinds))
    if isinstance(info, inspect.LiteralType):
        return " or ".join(f"'{value}'" for value in info.values)
    if isinstance(info, inspect.VarTupleType):
        return f"a list of {_wanted(info.item_type).removeprefix('a ')}s"
    if isinstance(info, inspect.DictType):
        return f"a table of {_wanted(info.value_type).removeprefix('a ')}s"
    return _WORDS.get(type(info), "another value") + _range(info)


def _range(info: Any) -> str:
    if not isinstance(info, inspect.IntType | inspect.FloatType):
        return ""
    if info.le is None:
        return ""
    if info.gt is not None:
        return f" above {_number(info.gt)} and up to {_number(info.le)}"
    return f" from {_number(info.ge or 0)} up to {_number(info.le)}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == round(value) else f"{value:g}"
