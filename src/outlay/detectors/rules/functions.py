"""The functions that an expression may call."""

import re
from collections.abc import Callable
from typing import Any

import polars as pl
from sqlglot import exp

from outlay.detectors.rules.language import Tree
from outlay.detectors.rules.missing import all_known, known
from outlay.detectors.rules.translator import Translator, Typed

Translation = Callable[[Translator, Any], Typed]


def extreme(operation: Callable[..., pl.Expr]) -> Translation:
    """Take the least or the greatest; missing if one is: least(amount / user_p95, 1) is not 1 then."""

    def translate(t: Translator, node: Tree) -> Typed:
        values = [t.of(part, "number").expr for part in (node.this, *node.expressions)]
        return Typed("number", all_known(operation, values))

    return translate


def function(operation: Callable[[pl.Expr], pl.Expr]) -> Translation:
    """Apply a function of one number; outside its domain it is missing."""

    def translate(t: Translator, node: Tree) -> Typed:
        return Typed("number", known(operation(t.of(node.this, "number").expr)))

    return translate


def like(t: Translator, node: exp.Like) -> Typed:
    """Match a pattern: % is any text, _ any one character."""
    pattern = t.of(node.expression, "text").literal
    if pattern is None:
        raise t.refusal(node.expression, "'like' needs a text to compare with", "like 'cash%'")
    parts = (".*" if c == "%" else "." if c == "_" else re.escape(c) for c in pattern)
    return Typed("boolean", t.of(node.this, "text").expr.str.contains(f"(?s)^{''.join(parts)}$"))


def starts_with(t: Translator, node: exp.StartsWith) -> Typed:
    """Compare the beginning of a text."""
    text, prefix = t.of(node.this, "text").expr, t.of(node.expression, "text").expr
    return Typed("boolean", text.str.starts_with(prefix))
