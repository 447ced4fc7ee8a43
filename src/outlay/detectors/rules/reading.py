"""From a pack's text to a checked pack, or to one error with everything that is wrong with it."""

import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import msgspec

from outlay.detectors.rules.compiling import Compiler
from outlay.detectors.rules.declared import (
    BANDS,
    MAX_NAMES,
    MAX_RULES,
    TABLES,
    BandTable,
    ConfidenceTable,
    HeadTable,
    RuleTable,
)
from outlay.detectors.rules.locate import Places
from outlay.detectors.rules.pack import Band, Pack
from outlay.detectors.rules.problems import Problem, Source, Span
from outlay.detectors.rules.scope import COLUMNS, Scope, reserved
from outlay.errors import RuleError, nearest

T = TypeVar("T")

_TOP: Final = (*HeadTable.__struct_fields__, *TABLES, "confidence", "band", "rule")
_FORM: Final = "see the form of a pack in a shipped one: outlay rules show classic --toml"


def read_pack(source: Source, parameters: Mapping[str, float] | None = None) -> Pack:
    """Return the checked pack, its parameters replaced by those given."""
    reader = _Reader(source, Places(source.text))
    return reader.pack(dict(parameters or {}))


@dataclass(slots=True)
class _Reader:
    source: Source
    places: Places
    problems: list[Problem] = field(default_factory=list)

    def pack(self, overrides: dict[str, float]) -> Pack:
        data = self._data()
        self._unknown(data, "", _TOP)
        head = self._convert({k: data[k] for k in data if k in _HEAD}, "", HeadTable)
        named = {name: self._names(data, name) for name in TABLES}
        self._clashes(named)
        parameters = named["parameters"] | self._overrides(named["parameters"], overrides)
        sets = {name: tuple(members) for name, members in named["sets"].items()}
        scope = Scope({**COLUMNS, **named["columns"]}, parameters, sets)
        confidence = self._convert(data.get("confidence", {}), "confidence", ConfidenceTable)
        bands = self._bands(data)
        near_misses = confidence is None or confidence.near_misses
        compiler = Compiler(scope, self.places, self.problems, near_misses)
        rules = [compiler.rule(table, place) for table, place in self._rules(data)]
        self.problems += compiler.clashes(rules)
        if self.problems or head is None or confidence is None:
            raise self.source.error(self.problems)
        return Pack(
            name=head.name,
            version=head.version,
            description=head.description,
            rules=tuple(rule for rule in rules if rule),
            bands=bands,
            combine=confidence.combine,
            anomaly_above=confidence.anomaly_above,
            scope=scope,
            source=self.source,
            overrides=overrides,
        )

    def _data(self) -> dict[str, Any]:
        """Parse the file; a file that is not TOML has one problem, and no other can be found."""
        try:
            return tomllib.loads(self.source.text)
        except tomllib.TOMLDecodeError as error:
            problem = _broken(self.source.text, str(error))
        except (RecursionError, ValueError):  # arrays in arrays …; a number of 5,000 digits
            problem = Problem("this cannot be read as TOML", _FORM, Span(0, 1))
        raise self.source.error([problem])

    def _unknown(self, table: Mapping[str, Any], place: str, known: tuple[str, ...]) -> None:
        for key in table:
            if key not in known:
                message = f"unknown key {key[:60]!r}.{nearest(key, known)}"
                hint = f"the keys here are {', '.join(known)}"
                self._note(message, hint, self.places.key(place, key))

    def _convert(self, value: Any, place: str, form: type[T], key: str = "") -> T | None:
        """Check a table against its declared form; a wrong one becomes a problem."""
        fields: tuple[str, ...] = getattr(form, "__struct_fields__", ())
        if fields and isinstance(value, dict):
            if place:
                self._unknown(value, place, fields)
            value = {key: item for key, item in value.items() if key in fields}
        try:
            return msgspec.convert(value, form)
        except msgspec.ValidationError as error:
            what, _, path = str(error).partition(" - at ")
            field_ = re.search(r"\.(\w+)", path)
            name = field_[1] if field_ else key
            told = f"{name}: {_plain(what, name)}" if name else _plain(what, name)
            self._note(told, _FORM, self.places.key(place, name or place))
            return None

    def _names(self, data: Mapping[str, Any], table: str) -> dict[str, Any]:
        form: type[dict[str, Any]] = TABLES[table]
        given = data.get(table, {})
        if not isinstance(given, dict) or len(given) > MAX_NAMES:
            self._convert(given, table, form)
            return {}
        found: dict[str, Any] = {}
        for name, value in given.items():
            found |= self._convert({name: value}, table, form, name) or {}
            if isinstance(value, float) and not math.isfinite(value):
                self._note(f"{name} is not a finite number", _FORM, self.places.key(table, name))
        return found

    def _note(self, message: str, hint: str, span: Span) -> None:
        self.problems.append(Problem(message, hint, span))

    def _clashes(self, named: Mapping[str, Mapping[str, Any]]) -> None:
        seen: set[str] = set()
        for table, names in named.items():
            for name in names:
                if name in seen or reserved([name]):
                    message = f"{name!r} under [{table}] already means something"
                    hint = "choose a name that is no column, feature, parameter or set"
                    self._note(message, hint, self.places.key(table, name))
            seen.update(names)

    def _overrides(
        self, declared: Mapping[str, float], given: Mapping[str, float]
    ) -> dict[str, float]:
        for name, value in given.items():
            if name not in declared:
                known = ", ".join(declared) or "it has none"
                raise RuleError(
                    f"rule pack {self.source.name} has no parameter {name!r}."
                    f"{nearest(name, declared)}\n\nHint: its parameters are: {known}"
                )
            if isinstance(value, bool) or not math.isfinite(value):
                raise RuleError(
                    f"parameter {name!r} of rule pack {self.source.name} is {value!r}"
                    "\n\nHint: give a finite number"
                )
        return {name: float(value) for name, value in given.items()}

    def _tables(self, data: Mapping[str, Any], name: str) -> list[Any]:
        tables = data.get(name, [])
        if isinstance(tables, list):
            return tables
        message = f"{name} is not a list of tables"
        self._note(message, f"write [[{name}]]", self.places.key("", name))
        return []

    def _bands(self, data: Mapping[str, Any]) -> tuple[Band, ...]:
        tables = [
            self._convert(table, f"band.{i}", BandTable)
            for i, table in enumerate(self._tables(data, "band"))
        ]
        bands = [Band(t.severity, t.at_least, t.action) for t in (tables or BANDS) if t]
        if len({band.severity for band in bands}) < len(bands):
            message = "two bands have the same severity"
            span = self.places.key("band.1", "severity")
            self._note(message, "give each severity one [[band]]", span)
        return tuple(sorted(bands, key=lambda band: -band.at_least))

    def _rules(self, data: Mapping[str, Any]) -> list[tuple[RuleTable, str]]:
        tables = self._tables(data, "rule")
        if not tables or len(tables) > MAX_RULES:
            message = f"a pack has 1 to {MAX_RULES} rules, this one has {len(tables)}"
            self._note(message, _FORM, self.places.key("rule.0", ""))
        read = [
            (self._convert(table, f"rule.{i}", RuleTable), f"rule.{i}")
            for i, table in enumerate(tables[:MAX_RULES])
        ]
        return [(table, place) for table, place in read if table]


_HEAD: Final = HeadTable.__struct_fields__
_PATTERNS: Final = {
    "name": "lower case letters, digits, - and _, a letter first",
    "version": "a version like 1.2.0",
}


def _plain(message: str, name: str) -> str:
    """Turn the decoder's words into the pack writer's."""
    if "matching regex" in message:
        return f"expected {_PATTERNS.get(name, 'letters, digits and _, a letter first')}"
    words = {"`": "'", "Object missing required field": "missing key", "'object'": "a table"}
    for word, plain in words.items():
        message = message.replace(word, plain)
    return message


def _broken(text: str, message: str) -> Problem:
    found = re.search(r"\(at line (\d+), column (\d+)\)", message)
    start = len(text.rstrip())
    if found:
        lines = text.split("\n")[: int(found[1]) - 1]
        start = sum(len(line) + 1 for line in lines) + int(found[2]) - 1
    what = message.partition(" (at ")[0]
    return Problem(
        f"this is not TOML: {what}", _FORM, Span(max(0, min(start, len(text) - 1)), start)
    )
