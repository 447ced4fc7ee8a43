"""The functions that an expression may call."""

from collections.abc import Callable
from functools import reduce
from typing import Any

from sqlglot import exp

from outlay.detectors.rules.language import Tree
from outlay.detectors.rules.meaning import lowered
from outlay.detectors.rules.translator import Translator, Typed

Translation = Callable[[Translator, Any], Typed]


def extreme(what: int) -> Translation:
    """Take the least or the greatest; missing if one is: least(amount / user_p95, 1) is not 1 then."""

    def translate(t: Translator, node: Tree) -> Typed:
        values = [t.number(part) for part in (node.this, *node.expressions)]
        return Typed("number", reduce(lambda a, b: t.draft.step(what, a, b), values))

    return translate


def function(what: int) -> Translation:
    """Apply a function of one number; outside its domain it is missing."""

    def translate(t: Translator, node: Tree) -> Typed:
        return Typed("number", t.draft.step(what, t.number(node.this)))

    return translate


def lower(t: Translator, node: exp.Lower) -> Typed:
    """Take a text in lower case."""
    return Typed("text", lowered(t.text(node.this)))


def like(t: Translator, node: exp.Like) -> Typed:
    """Match a pattern: % is any text, _ any one character."""
    pattern = t.text(node.expression)
    if not isinstance(pattern, str):
        raise t.refusal(node.expression, "'like' needs a text to compare with", "like 'cash%'")
    return Typed("boolean", t.draft.asked("like", t.text(node.this), pattern))


def starts_with(t: Translator, node: exp.StartsWith) -> Typed:
    """Compare the beginning of a text."""
    text, prefix = t.text(node.this), t.text(node.expression)
    return Typed("boolean", t.draft.asked("begins", text, prefix))
