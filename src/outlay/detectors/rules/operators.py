"""Names, literals, logic, arithmetic, comparison, sets and cases: what each means in Polars."""

from collections.abc import Callable
from functools import reduce
from operator import eq, ne
from typing import Any, Final

import polars as pl
from sqlglot import exp

from outlay.detectors.rules.language import Tree
from outlay.detectors.rules.missing import known
from outlay.detectors.rules.translator import ARTICLES, Translator, Typed
from outlay.errors import nearest

Translation = Callable[[Translator, Any], Typed]

_SETS: Final = (
    "write country in ('GB', 'IE'), or name a list under [sets] and write country in home"
)


def column(t: Translator, node: exp.Column) -> Typed:
    """Translate a name: a parameter's value or a column of the row."""
    name = node.name
    if name in t.scope.parameters:
        return Typed("number", pl.lit(float(t.scope.parameters[name])))
    if name in t.scope.columns:
        t.reads.add(name)
        return Typed(t.scope.columns[name], pl.col(name))
    if name in t.scope.sets:
        raise t.refusal(node, f"{name} is a set", f"ask what is in it: country in {name}")
    quoted = isinstance(node.this, exp.Identifier) and node.this.quoted
    known = nearest(name, t.scope) or nearest(name.lower(), t.scope)
    hint = f"if it is a text: single quotes, '{name[:40]}'" if quoted else t.scope.advice(name)
    raise t.refusal(node, f"unknown name {name[:60]!r}.{known}", hint)


def literal(t: Translator, node: exp.Literal) -> Typed:
    """Translate a number or a text."""
    text = str(node.this)
    if node.is_string:
        return Typed("text", pl.lit(text, pl.String), text)
    try:
        value = float(text)
    except ValueError:
        value = float("inf")
    if not abs(value) < float("inf"):
        raise t.refusal(node, f"{text[:40]} is not a number", "numbers look like 5000, 0.5 or 1e6")
    return Typed("number", pl.lit(value))


def logic(operation: Callable[[pl.Expr, pl.Expr], pl.Expr]) -> Translation:
    """Join conditions by 'and' or 'or', with three truth values."""

    def translate(t: Translator, node: Tree) -> Typed:
        parts = [t.of(part, "boolean").expr for part in node.flatten(unnest=False)]
        return Typed("boolean", reduce(operation, parts))

    return translate


def arithmetic(operation: Callable[[Any, Any], Any]) -> Translation:
    """Calculate; what cannot be calculated is missing."""

    def translate(t: Translator, node: Tree) -> Typed:
        left, right = t.of(node.this, "number").expr, t.of(node.expression, "number").expr
        return Typed("number", known(operation(left, right)))

    return translate


def comparison(operation: Callable[[Any, Any], Any]) -> Translation:
    """Compare numbers; texts and conditions only for being equal."""

    def translate(t: Translator, node: Tree) -> Typed:
        left, right = t.same([node.this, node.expression])
        for part, side in ((left, node.this), (right, node.expression)):
            if part.kind is None:
                raise t.refusal(node, "a comparison with null is never true", "ask with: x is null")
            if part.kind != "number" and operation not in {eq, ne}:
                message = f"{ARTICLES[part.kind]} cannot be compared like this"
                raise t.refusal(side, message, "compare numbers; texts only with = and <>")
        _type_literals(t, [node.this, node.expression])
        return Typed("boolean", operation(left.expr, right.expr))

    return translate


def between(t: Translator, node: exp.Between) -> Typed:
    """Translate a range, both ends included."""
    value, low, high = (t.of(node.args[name], "number").expr for name in ("this", "low", "high"))
    return Typed("boolean", value.is_between(low, high))


def membership(t: Translator, node: exp.In) -> Typed:
    """Translate a look-up in a list of values or in one of the pack's sets."""
    if isinstance(field_ := node.args.get("field"), exp.Column):
        return _in_set(t, node, field_)
    first, *_ = t.same([node.this, *node.expressions])
    values = [_constant(value) for value in node.expressions]
    if not values or None in values or first.kind not in {"number", "text"}:
        raise t.refusal(node, "'in' needs a list of values or the name of a set", _SETS)
    _type_literals(t, [node.this, *node.expressions])
    return Typed("boolean", first.expr.is_in(values))


def _constant(node: Tree) -> str | float | None:
    """Return the value of a literal, with its sign; None for anything else."""
    if isinstance(node, exp.Neg) and isinstance(node.this, exp.Literal):
        return -float(node.this.this)
    if not isinstance(node, exp.Literal):
        return None
    return str(node.this) if node.is_string else float(node.this)


def _in_set(t: Translator, node: exp.In, name: exp.Column) -> Typed:
    if name.table or name.name not in t.scope.sets:
        known = nearest(name.name, t.scope.sets)
        raise t.refusal(name, f"there is no set {name.name[:60]!r}.{known}", _SETS)
    members = t.scope.sets[name.name]
    if _is_type(node.this):
        for member in members:
            _refuse_unnormal(t, name, member)
    return Typed("boolean", t.of(node.this, "text").expr.is_in(list(members)))


def is_null(t: Translator, node: exp.Is) -> Typed:
    """Ask whether a value is missing."""
    if not isinstance(node.expression, exp.Null):
        raise t.refusal(node, "'is' only asks whether something is missing", "write: x is null")
    return Typed("boolean", t.any(node.this).expr.is_null())


def case(t: Translator, node: exp.Case) -> Typed:
    """Translate case when … then … else … end; without else it is missing."""
    branches = node.args["ifs"]
    otherwise = node.args.get("default") or exp.Null()
    values = t.same([*(branch.args["true"] for branch in branches), otherwise])
    kind = next((value.kind for value in values if value.kind), None)
    chain = values[-1].expr
    for branch, value in zip(reversed(branches), reversed(values[:-1]), strict=True):
        chain = pl.when(t.of(branch.this, "boolean").expr).then(value.expr).otherwise(chain)
    return Typed(kind, chain)


def coalesce(t: Translator, node: exp.Coalesce) -> Typed:
    """Take the first value that is there."""
    values = t.same([node.this, *node.expressions])
    kind = next((value.kind for value in values if value.kind), None)
    # not pl.coalesce: where a column is missing throughout, it leaves a constant one row long
    return Typed(kind, reduce(pl.Expr.fill_null, (value.expr for value in values)))


def _is_type(node: Tree) -> bool:
    return isinstance(node, exp.Column) and node.name == "transaction_type"


def _type_literals(t: Translator, parts: list[Tree]) -> None:
    """Refuse a type that no transaction can have, because types are normalised on reading."""
    if any(_is_type(part) for part in parts):
        for part in parts:
            if isinstance(part, exp.Literal) and part.is_string:
                _refuse_unnormal(t, part, str(part.this))


def _refuse_unnormal(t: Translator, node: Tree, text: str) -> None:
    normal = text.lower().strip().replace(" ", "_").replace("-", "_")
    if text != normal:
        message = f"no transaction_type is ever {text[:60]!r}: types are normalised on reading"
        raise t.refusal(node, message, f"write {normal[:60]!r}")


def choice(t: Translator, node: exp.If) -> Typed:
    """Translate if(condition, a, b)."""
    yes, no = t.same([node.args["true"], node.args.get("false") or exp.Null()])
    condition = t.of(node.this, "boolean").expr
    return Typed(yes.kind or no.kind, pl.when(condition).then(yes.expr).otherwise(no.expr))
