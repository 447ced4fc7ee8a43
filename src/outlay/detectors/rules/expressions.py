"""From a syntax tree to a Polars expression: the allow-list, the type check and the meaning in one.

A node without a translation here does not exist in the language: no subquery, no window, no
aggregate, no cast, no name from outside the row. Each translation says the kinds it takes and the
kind it gives, so an expression that was built cannot fail on a table later.

**Missing values.** Missing is one thing here: Polars' null. Columns come with NaN already turned into
null, and an operation that would make a NaN gives null (0 / 0, ln(-1)). Comparisons with a missing
value are missing, ``and``, ``or`` and ``not`` follow SQL's three values, and a condition that comes
out missing does not hold. (Left alone, Polars holds NaN > x to be true.)
"""

from dataclasses import dataclass
from operator import add, eq, ge, gt, le, lt, mod, mul, ne, sub, truediv
from typing import Any, Final

import polars as pl
from sqlglot import exp

from outlay.detectors.rules import functions as f
from outlay.detectors.rules import operators as o
from outlay.detectors.rules.scope import Kind, Scope
from outlay.detectors.rules.translator import Node, Translator, Typed


@dataclass(frozen=True, slots=True)
class Expression:
    """A checked expression: its text, its meaning, the columns it reads."""

    text: str
    meaning: pl.Expr
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
    exp.Boolean: _node(lambda _, node: Typed("boolean", pl.lit(bool(node.this))), "this"),
    exp.Null: _node(lambda *_: Typed(None, pl.lit(None))),
    exp.Paren: _node(lambda t, node: t.any(node.this), "this"),
    exp.Not: _node(lambda t, node: Typed("boolean", ~t.of(node.this, "boolean").expr), "this"),
    exp.Neg: _node(lambda t, node: Typed("number", -t.of(node.this, "number").expr), "this"),
    exp.And: _node(o.logic(lambda a, b: a & b), *_TWO),
    exp.Or: _node(o.logic(lambda a, b: a | b), *_TWO),
    exp.Add: _node(o.arithmetic(add), *_TWO),
    exp.Sub: _node(o.arithmetic(sub), *_TWO),
    exp.Mul: _node(o.arithmetic(mul), *_TWO),
    exp.Div: _node(o.arithmetic(truediv), *_TWO),
    exp.Mod: _node(o.arithmetic(mod), *_TWO),
    exp.EQ: _node(o.comparison(eq), *_TWO),
    exp.NEQ: _node(o.comparison(ne), *_TWO),
    exp.GT: _node(o.comparison(gt), *_TWO),
    exp.GTE: _node(o.comparison(ge), *_TWO),
    exp.LT: _node(o.comparison(lt), *_TWO),
    exp.LTE: _node(o.comparison(le), *_TWO),
    exp.Between: _node(o.between, "this", "low", "high"),
    exp.In: _node(o.membership, "this", "expressions", "field"),
    exp.Is: _node(o.is_null, *_TWO),
    exp.Case: _node(o.case, "ifs", "default"),
    exp.If: _node(o.choice, "this", "true", "false"),
    exp.Coalesce: _node(o.coalesce, "this", "expressions"),
    exp.Least: _node(f.extreme(pl.min_horizontal), "this", "expressions", "ignore_nulls"),
    exp.Greatest: _node(f.extreme(pl.max_horizontal), "this", "expressions", "ignore_nulls"),
    exp.Abs: _node(f.function(lambda x: x.abs()), "this"),
    exp.Ln: _node(f.function(lambda x: x.log()), "this"),
    exp.Sqrt: _node(f.function(lambda x: x.sqrt()), "this"),
    exp.Exp: _node(f.function(lambda x: x.exp()), "this"),
    exp.Floor: _node(f.function(lambda x: x.floor()), "this"),
    exp.Ceil: _node(f.function(lambda x: x.ceil()), "this"),
    exp.Round: _node(f.function(lambda x: x.round()), "this"),
    exp.Lower: _node(
        lambda t, n: Typed("text", t.of(n.this, "text").expr.str.to_lowercase()), "this"
    ),
    exp.Like: _node(f.like, *_TWO),
    exp.StartsWith: _node(f.starts_with, *_TWO),
}
