"""A reason's text with places for the row's values: ``{amount} is above {user_p95}``.

Not ``str.format``: that would reach into attributes. A placeholder is a name and at most a format,
``{high_amount:money}``, both checked when the pack is loaded.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import islice, repeat
from typing import Any, Final

from outlay.detectors.rules.language import ExpressionError
from outlay.detectors.rules.problems import Span
from outlay.detectors.rules.scope import Scope
from outlay.detectors.rules.units import FORMATS, Wording, usual_format, written
from outlay.errors import nearest

MAX_LENGTH: Final = 500
"""Characters in one template."""
COMPUTED: Final = {
    "history": ("prior_count", "history"),
    "time_of_day": ("hour", "time_of_day"),
    "severity": ("severity", "text"),
}
"""Placeholders beyond the scope: the column each is made of, and its format."""

_NUMERIC: Final = tuple(form for form in FORMATS if form != "text")
_PLACE: Final = re.compile(r"\{([^{}]*)\}|[{}]")
_HINT: Final = "write the name of a column, feature or parameter: {amount}, {high_amount:money}"


@dataclass(frozen=True, slots=True)
class Slot:
    """One placeholder: where its value comes from and how it is written."""

    name: str
    form: str


@dataclass(frozen=True, slots=True)
class Template:
    """A checked text; knows the columns it shows."""

    parts: tuple[str | Slot, ...]
    reads: frozenset[str]

    def then(self, between: str, other: "Template") -> "Template":
        """Return the text with another one after it."""
        return Template((*self.parts, between, *other.parts), self.reads | other.reads)

    def fill(self, row: Mapping[str, Any], wording: Wording) -> str:
        """Return the text with the values of ``row``."""
        return "".join(
            part if isinstance(part, str) else written(row.get(part.name), part.form, wording)
            for part in self.parts
        )

    def fill_all(self, written: Callable[[Slot], Iterable[str]], rows: int) -> list[str]:
        """Return `fill` for many rows; ``written`` gives a placeholder's value in each of them."""
        parts = [repeat(part) if isinstance(part, str) else written(part) for part in self.parts]
        return ["".join(row) for row in islice(zip(*parts, strict=False), rows)]


def template(text: str, scope: Scope) -> Template:
    """Return the checked template, or raise ExpressionError with the place of what is wrong.

    >>> template("{amount} at {hour}", Scope()).fill({"amount": 4200.0, "hour": 3.0}, Wording("EUR"))
    '4,200 EUR at 03:00'
    """
    if len(text) > MAX_LENGTH:
        message = f"a text has {len(text):,} characters, at most {MAX_LENGTH} are allowed"
        raise ExpressionError(message, "say it shorter", Span(0, len(text)))
    parts: list[str | Slot] = []
    end = 0
    for place in _PLACE.finditer(text):
        parts += [text[end : place.start()], _slot(place, scope)]
        end = place.end()
    parts.append(text[end:])
    shown = {part.name for part in parts if isinstance(part, Slot)} & scope.columns.keys()
    return Template(tuple(part for part in parts if part), frozenset(shown))


def _slot(place: re.Match[str], scope: Scope) -> Slot:
    span = Span(place.start(), place.end())
    if place[1] is None:
        raise ExpressionError(f"a lone {place[0]!r} in a text", _HINT, span)
    name, _, form = (part.strip() for part in place[1].partition(":"))
    if name in COMPUTED and not form:
        return Slot(*COMPUTED[name])
    if name not in scope.columns and name not in scope.parameters:
        known = nearest(name, (*scope.columns, *scope.parameters, *COMPUTED))
        raise ExpressionError(f"unknown name {name[:60]!r} in a text.{known}", _HINT, span)
    kind = scope.columns.get(name, "number")
    forms = _NUMERIC if kind == "number" else ("text",)
    if form and form not in forms:
        message = f"{name} cannot be written as {form[:40]!r}.{nearest(form, forms)}"
        raise ExpressionError(message, f"its formats are {', '.join(forms)}", span)
    return Slot(name, form or usual_format(name, kind))
