"""The type check: walks a syntax tree by a table of the nodes that a rule may hold."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast

from sqlglot import exp

from outlay.detectors.rules.language import ExpressionError, Tree, parse, span_of
from outlay.detectors.rules.meaning import Draft, Meaning, Text
from outlay.detectors.rules.problems import Span
from outlay.detectors.rules.scope import Kind, Scope

ARTICLES: Final = {"number": "a number", "text": "a text", "boolean": "a condition"}
ALLOWED: Final = (
    "a rule may use + - * / %, = <> < <= > >=, between, in, like, is null, and, or, not, case, if, "
    "coalesce, least, greatest, abs, ln, sqrt, exp, round, floor, ceil, lower, starts_with"
)


@dataclass(frozen=True, slots=True)
class Typed:
    """A part of an expression: its kind (``None``: the word null), and which step or text it is."""

    kind: Kind | None
    value: int | Text = None


@dataclass(frozen=True, slots=True)
class Node:
    """How one kind of node is translated, and which of its arguments we know."""

    translate: Callable[["Translator", Any], Typed]
    takes: frozenset[str]


@dataclass(slots=True)
class Translator:
    """Translates one expression; keeps the columns that it reads."""

    source: str
    scope: Scope
    nodes: Mapping[type[Any], Node]
    reads: set[str] = field(default_factory=set)
    draft: Draft = field(default_factory=Draft)

    def whole(self, wanted: Kind) -> Meaning:
        """Return the meaning of the whole text, which must be of the kind ``wanted``."""
        tree = parse(self.source)
        try:
            return self.draft.finished(self.step(tree, wanted))
        except RecursionError as error:
            raise self.refusal(
                tree, "an expression is nested too deeply", "split the rule"
            ) from error

    def of(self, node: Tree, wanted: Kind) -> Typed:
        """Translate a part that must be of the kind ``wanted``."""
        typed = self.any(node)
        if typed.kind == wanted:
            return typed
        if typed.kind is None:
            raise self.refusal(node, "null cannot be used here", "ask with: x is null")
        message = f"this is {ARTICLES[typed.kind]}, and {ARTICLES[wanted]} is needed here"
        raise self.refusal(node, message, conversion(typed.kind, wanted))

    def any(self, node: Tree) -> Typed:
        """Translate a part of any kind."""
        return self.allowed(node).translate(self, node)

    def allowed(self, node: Tree) -> Node:
        """Return how a part is translated, or refuse it."""
        rule = self.nodes.get(type(node))
        if rule is None:
            raise self.refusal(
                node, f"{_spelled(self.source, node)} is not allowed in a rule", ALLOWED
            )
        extra = {name for name, value in node.args.items() if value} - rule.takes
        if extra:
            raise self.refusal(node, "this is not allowed in a rule in this form", ALLOWED)
        return rule

    def number(self, node: Tree) -> int:
        """Translate a part that must be a number, and return its step."""
        return self.step(node, "number")

    def condition(self, node: Tree) -> int:
        """Translate a part that must be a condition, and return its step."""
        return self.step(node, "boolean")

    def step(self, node: Tree, wanted: Kind) -> int:
        """Translate a part that must be of the kind ``wanted``, which texts are not."""
        return cast("int", self.of(node, wanted).value)

    def known(self, part: Typed) -> int:
        """Return the step of a number or a condition that may be the word null."""
        return self.draft.constant(math.nan) if part.kind is None else cast("int", part.value)

    def text(self, node: Tree) -> Text:
        """Translate a part that must be a text."""
        return cast("Text", self.of(node, "text").value)

    def same(self, nodes: list[Tree]) -> list[Typed]:
        """Translate parts that must be of one kind, null aside."""
        parts = [self.any(node) for node in nodes]
        kinds = [part.kind for part in parts if part.kind]
        for node, part in zip(nodes, parts, strict=True):
            if part.kind and part.kind != kinds[0]:
                message = f"{ARTICLES[part.kind]} stands beside {ARTICLES[kinds[0]]}"
                raise self.refusal(node, message, conversion(part.kind, kinds[0]))
        return parts

    def refusal(self, node: Tree, message: str, hint: str) -> ExpressionError:
        """Return the error for a part of the expression."""
        return ExpressionError(message, hint, span_of(node) or Span(0, len(self.source)))


def conversion(given: Kind, wanted: Kind) -> str:
    """Say how to come from one kind to the other."""
    if given == "number" and wanted == "boolean":
        return "compare it: a feature that is 0 or 1 is written new_counterparty = 1"
    if given == "text" and wanted == "number":
        return "numbers stand without quotes: amount > 5000"
    if given == "number" and wanted == "text":
        return "texts stand in single quotes: country = 'GB'"
    return (
        f"use {ARTICLES[wanted]}: conditions compare (amount > 5000), scores count (amount / 5000)"
    )


def _spelled(text: str, node: Tree) -> str:
    """Name a forbidden node in the rule writer's words."""
    if isinstance(node, exp.Window):
        return "a window over other rows"
    if isinstance(node, exp.Subquery | exp.Select | exp.Exists):
        return "a subquery"
    if isinstance(node, exp.Func) and "start" in node.meta:
        sort = "aggregate" if isinstance(node, exp.AggFunc) else "function"
        return f"the {sort} {text[node.meta['start'] : node.meta['end'] + 1]}"
    return "this"
