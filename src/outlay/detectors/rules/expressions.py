"""From a syntax tree to steps of arithmetic: the allow-list, the type check and the meaning in one.

A node without a translation here does not exist in the language: no subquery, no window, no
aggregate, no cast, no name from outside the row. Each translation says the kinds it takes and the
kind it gives, so an expression that was built cannot fail on a table later.

**Missing values.** Missing is one thing here: NaN, whatever the table has for it. Comparisons with a
missing value are missing, ``and``, ``or`` and ``not`` follow SQL's three values, and a condition that
comes out missing does not hold.
"""

from dataclasses import dataclass
from typing import Any, Final

from sqlglot import exp

from outlay.detectors.rules import _kernels as k
from outlay.detectors.rules import functions as f
from outlay.detectors.rules import operators as o
from outlay.detectors.rules.meaning import Meaning
from outlay.detectors.rules.scope import Kind, Scope
from outlay.detectors.rules.translator import Node, Translator, Typed


@dataclass(frozen=True, slots=True)
class Expression:
    """A checked expression: its text, its meaning, the columns it reads."""

    text: str
    meaning: Meaning
    reads: frozenset[str]


def expression(text: str, scope: Scope, wanted: Kind) -> Expression:
    """Return the meaning of ``text``, or raise ExpressionError with the place of what is wrong.

    >>> expression("amount > 5 * user_mean", Scope(), "boolean").reads == {"amount", "user_mean"}
    True
    """
    translator = Translator(text, scope, NODES)
    meaning = translator.whole(wanted)
    return Expression(text, meaning, frozenset(translator.reads))


def _node(translate: o.Translation, *takes: str) -> Node:
    return Node(translate, frozenset(takes))


_TWO: Final = ("this", "expression")
NODES: Final[dict[type[Any], Node]] = {
    exp.Column: _node(o.column, "this"),
    exp.Literal: _node(o.literal, "this", "is_string"),
    exp.Boolean: _node(o.truth, "this"),
    exp.Null: _node(lambda *_: Typed(None)),
    exp.Paren: _node(lambda t, node: t.any(node.this), "this"),
    exp.Not: _node(o.negation, "this"),
    exp.Neg: _node(f.function(k.NEGATE), "this"),
    exp.And: _node(o.logic(k.AND), *_TWO),
    exp.Or: _node(o.logic(k.OR), *_TWO),
    **dict.fromkeys(o.ARITHMETIC, _node(o.arithmetic, *_TWO)),
    exp.EQ: _node(o.comparison(k.EQUAL), *_TWO),
    exp.NEQ: _node(o.comparison(k.EQUAL, denied=True), *_TWO),
    exp.LT: _node(o.comparison(k.LESS), *_TWO),
    exp.LTE: _node(o.comparison(k.AT_MOST), *_TWO),
    exp.GT: _node(o.comparison(k.LESS, turned=True), *_TWO),
    exp.GTE: _node(o.comparison(k.AT_MOST, turned=True), *_TWO),
    exp.Between: _node(o.between, "this", "low", "high"),
    exp.In: _node(o.membership, "this", "expressions", "field"),
    exp.Is: _node(o.is_null, *_TWO),
    exp.Case: _node(o.case, "ifs", "default"),
    exp.If: _node(o.choice, "this", "true", "false"),
    exp.Coalesce: _node(o.coalesce, "this", "expressions"),
    exp.Least: _node(f.extreme(k.LEAST), "this", "expressions", "ignore_nulls"),
    exp.Greatest: _node(f.extreme(k.GREATEST), "this", "expressions", "ignore_nulls"),
    exp.Abs: _node(f.function(k.ABSOLUTE), "this"),
    exp.Ln: _node(f.function(k.LOGARITHM), "this"),
    exp.Sqrt: _node(f.function(k.ROOT), "this"),
    exp.Exp: _node(f.function(k.EXPONENTIAL), "this"),
    exp.Floor: _node(f.function(k.FLOOR), "this"),
    exp.Ceil: _node(f.function(k.CEILING), "this"),
    exp.Round: _node(f.function(k.ROUND), "this"),
    exp.Lower: _node(f.lower, "this"),
    exp.Like: _node(f.like, *_TWO),
    exp.StartsWith: _node(f.starts_with, *_TWO),
}
