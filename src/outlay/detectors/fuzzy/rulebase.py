"""A fuzzy rule base: variables with their terms, rules, and where the categories begin."""

import tomllib
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Final

from outlay.detectors.fuzzy.language import Condition, parse
from outlay.errors import ConfigError, RuleError, nearest

BUILT_IN: Final = "rules.toml"
MOST_RULES: Final = 100
LARGEST_FILE: Final = 256 * 1024
_SECTIONS: Final = ("inputs", "risk", "categories", "rules")
_RULE_KEYS: Final = ("name", "when", "risk")
_CORNERS: Final = (3, 4)

Shape = tuple[float, float, float, float]
"""Corners of a trapezoid: 0 at the first, 1 from the second to the third, 0 at the fourth."""


@dataclass(frozen=True, slots=True)
class FuzzyRule:
    """A rule: under ``condition`` the risk is ``risk``."""

    name: str
    when: str
    risk: str
    condition: Condition


@dataclass(frozen=True, slots=True)
class RuleBase:
    """All that inference needs, checked."""

    inputs: dict[str, dict[str, Shape]]
    risk: dict[str, Shape]
    medium: float
    high: float
    rules: tuple[FuzzyRule, ...]


def built_in() -> str:
    """Return the text of the rule base that comes with the package."""
    return resources.files("outlay.detectors.fuzzy").joinpath(BUILT_IN).read_text("utf-8")


def read(path: str | Path | None = None) -> str:
    """Return the text of the rule base at ``path``, or of the built-in one."""
    if path is None:
        return built_in()
    path = Path(path)
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
        if len(data) > LARGEST_FILE:
            raise RuleError(f"{path} is larger than {LARGEST_FILE:,} bytes.\n\nHint: is it TOML?")
        return data.decode("utf-8")
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be read: {error.strerror}.\n\nHint: give the path of a rule base in TOML."
        ) from error
    except UnicodeDecodeError as error:
        raise RuleError(f"{path} is not UTF-8 text.\n\nHint: save it as UTF-8.") from error


def load(text: str, known_inputs: tuple[str, ...], source: str = BUILT_IN) -> RuleBase:
    """Return the rule base that a TOML ``text`` describes over (some of) the ``known_inputs``."""
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise RuleError(f"{source} is not valid TOML: {error}.\n\nHint: mend that line.") from error
    _known(source, "section", data, _SECTIONS, required=_SECTIONS)
    inputs = _table(f"{source}: inputs", data["inputs"])
    _known(f"{source}: inputs", "input", inputs, known_inputs)
    shapes = {name: _shapes(f"{source}: inputs.{name}", terms) for name, terms in inputs.items()}
    risk = _shapes(f"{source}: risk", data["risk"])
    medium, high = _categories(f"{source}: categories", data["categories"])
    return RuleBase(shapes, risk, medium, high, _rules(source, data["rules"], shapes, risk))


def _known(
    where: str,
    kind: str,
    table: dict[str, Any],
    allowed: tuple[str, ...],
    required: tuple[str, ...] = (),
) -> None:
    for name in table:
        if name not in allowed:
            raise RuleError(
                f"{where}: {name!r} is no {kind} of a fuzzy rule base.{nearest(name, allowed)}\n\n"
                f"Hint: there is {', '.join(allowed)}."
            )
    missing = [name for name in required if name not in table]
    if missing:
        raise RuleError(
            f"{where}: the {kind} {missing[0]!r} is missing.\n\n"
            f"Hint: a rule base has {', '.join(allowed)}."
        )


def _table(where: str, value: object) -> dict[str, Any]:
    if not isinstance(value, dict) or not value:
        raise RuleError(f"{where} is not a table with entries.\n\nHint: write [section] and keys.")
    return value


def _shapes(where: str, value: object) -> dict[str, Shape]:
    return {term: _shape(f"{where}.{term}", c) for term, c in _table(where, value).items()}


def _shape(where: str, corners: object) -> Shape:
    numbers = [float(c) for c in corners if _is_number(c)] if isinstance(corners, list) else []
    rises = numbers == sorted(numbers) and all(0 <= c <= 1 for c in numbers)
    if not isinstance(corners, list) or len(numbers) != len(corners) or not rises:
        numbers = []
    if len(numbers) not in _CORNERS:
        raise RuleError(
            f"{where} is {corners!r:.80}, which is no triangle or trapezoid.\n\n"
            "Hint: give 3 or 4 numbers from 0 to 1, none smaller than the one before."
        )
    a, b, *_, d = numbers
    return (a, b, numbers[-2], d)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _categories(where: str, value: object) -> tuple[float, float]:
    table = _table(where, value)
    _known(where, "category", table, ("medium", "high"), required=("medium", "high"))
    medium, high = table["medium"], table["high"]
    if not (_is_number(medium) and _is_number(high) and 0 < medium < high <= 1):
        raise RuleError(
            f"{where}: medium is {medium!r}, high is {high!r}.\n\n"
            "Hint: scores where the categories begin, 0 < medium < high <= 1."
        )
    return float(medium), float(high)


def _rules(
    source: str, value: object, inputs: dict[str, dict[str, Shape]], risk: dict[str, Shape]
) -> tuple[FuzzyRule, ...]:
    if not isinstance(value, list) or not 0 < len(value) <= MOST_RULES:
        raise RuleError(
            f"{source}: rules is not a list of 1 to {MOST_RULES} rules.\n\nHint: write [[rules]]."
        )
    rules = tuple(_rule(f"{source}: rule {n}", r, inputs, risk) for n, r in enumerate(value, 1))
    names = [rule.name for rule in rules]
    for name in names:
        if names.count(name) > 1:
            raise RuleError(f"{source}: two rules are called {name!r}.\n\nHint: rename one.")
    return rules


def _rule(
    where: str, value: object, inputs: dict[str, dict[str, Shape]], risk: dict[str, Shape]
) -> FuzzyRule:
    table = _table(where, value)
    _known(where, "key", table, _RULE_KEYS, required=_RULE_KEYS)
    for key in _RULE_KEYS:
        if not isinstance(table[key], str):
            raise RuleError(f"{where}: {key} is {table[key]!r:.80}.\n\nHint: it must be a text.")
    if table["risk"] not in risk:
        raise RuleError(
            f"{where}: {table['risk']!r} is no term of the risk.{nearest(table['risk'], risk)}\n\n"
            f"Hint: there is {', '.join(risk)}."
        )
    condition = parse(table["when"], inputs, where)
    return FuzzyRule(table["name"], table["when"], table["risk"], condition)
