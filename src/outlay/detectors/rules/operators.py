"""Names, literals, logic, arithmetic, comparison, sets and cases: the steps that each comes to."""

from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any, Final, cast

from sqlglot import exp

from outlay.detectors.rules import _kernels as k
from outlay.detectors.rules.language import Tree
from outlay.detectors.rules.meaning import Choice, Text
from outlay.detectors.rules.texts import Name
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
        return Typed("number", t.draft.constant(t.scope.parameters[name]))
    if name in t.scope.columns:
        t.reads.add(name)
        kind = t.scope.columns[name]
        return Typed(kind, Name(name) if kind == "text" else t.draft.column(name, kind))
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
        return Typed("text", text)
    try:
        value = float(text)
    except ValueError:
        value = float("inf")
    if not abs(value) < float("inf"):
        raise t.refusal(node, f"{text[:40]} is not a number", "numbers look like 5000, 0.5 or 1e6")
    return Typed("number", t.draft.constant(value))


def truth(t: Translator, node: exp.Boolean) -> Typed:
    """Translate the words true and false."""
    return Typed("boolean", t.draft.constant(bool(node.this)))


def logic(what: int) -> Translation:
    """Join conditions by 'and' or 'or', with three truth values."""

    def translate(t: Translator, node: Tree) -> Typed:
        parts = [t.condition(part) for part in node.flatten(unnest=False)]
        return Typed("boolean", reduce(lambda a, b: t.draft.step(what, a, b), parts))

    return translate


def negation(t: Translator, node: exp.Not) -> Typed:
    """Translate 'not'."""
    return Typed("boolean", t.draft.step(k.NOT, t.condition(node.this)))


ARITHMETIC: Final[Mapping[type[Any], int]] = {
    exp.Add: k.ADD,
    exp.Sub: k.SUBTRACT,
    exp.Mul: k.MULTIPLY,
    exp.Div: k.DIVIDE,
    exp.Mod: k.MODULO,
}


def arithmetic(t: Translator, node: Tree) -> Typed:
    """Calculate; what cannot be calculated is missing."""
    chain = [node]  # a + b + c + ... leans to the left, as deep as it is long
    while type(chain[-1].this) in ARITHMETIC:
        chain.append(chain[-1].this)
        t.allowed(chain[-1])
    value = t.number(chain[-1].this)
    for part in reversed(chain):
        value = t.draft.step(ARITHMETIC[type(part)], value, t.number(part.expression))
    return Typed("number", value)


def comparison(what: int, *, turned: bool = False, denied: bool = False) -> Translation:
    """Compare numbers; texts and conditions only for being equal.

    ``turned`` compares right with left (a > b is b < a), ``denied`` says the opposite.
    """

    def translate(t: Translator, node: Tree) -> Typed:
        left, right = t.same([node.this, node.expression])
        for part, side in ((left, node.this), (right, node.expression)):
            if part.kind is None:
                raise t.refusal(node, "a comparison with null is never true", "ask with: x is null")
            if part.kind != "number" and what != k.EQUAL:
                message = f"{ARTICLES[part.kind]} cannot be compared like this"
                raise t.refusal(side, message, "compare numbers; texts only with = and <>")
        _type_literals(t, [node.this, node.expression])
        if left.kind == "text":
            texts = cast("tuple[Text, Text]", (left.value, right.value))
            answer = t.draft.asked("equal", *texts)
        else:
            pair = (t.known(left), t.known(right))
            answer = t.draft.step(what, *(reversed(pair) if turned else pair))
        return Typed("boolean", t.draft.step(k.NOT, answer) if denied else answer)

    return translate


def between(t: Translator, node: exp.Between) -> Typed:
    """Translate a range, both ends included."""
    value, low, high = (t.number(node.args[name]) for name in ("this", "low", "high"))
    above, below = t.draft.step(k.AT_MOST, low, value), t.draft.step(k.AT_MOST, value, high)
    return Typed("boolean", t.draft.step(k.AND, above, below))


def membership(t: Translator, node: exp.In) -> Typed:
    """Translate a look-up in a list of values or in one of the pack's sets."""
    if isinstance(field_ := node.args.get("field"), exp.Column):
        return _in_set(t, node, field_)
    first, *_ = t.same([node.this, *node.expressions])
    values = [_constant(value) for value in node.expressions]
    if not values or None in values or first.kind not in {"number", "text"}:
        raise t.refusal(node, "'in' needs a list of values or the name of a set", _SETS)
    _type_literals(t, [node.this, *node.expressions])
    if first.kind == "text":
        members = frozenset(map(str, values))
        return Typed("boolean", t.draft.asked("among", cast("Text", first.value), members))
    given = cast("int", first.value)
    equal = [
        t.draft.step(k.EQUAL, given, t.draft.constant(float(value)))
        for value in dict.fromkeys(values)
        if value is not None
    ]
    return Typed("boolean", reduce(lambda a, b: t.draft.step(k.OR, a, b), equal))


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
    return Typed("boolean", t.draft.asked("among", t.text(node.this), frozenset(members)))


def is_null(t: Translator, node: exp.Is) -> Typed:
    """Ask whether a value is missing."""
    if not isinstance(node.expression, exp.Null):
        raise t.refusal(node, "'is' only asks whether something is missing", "write: x is null")
    part = t.any(node.this)
    if part.kind == "text":
        return Typed("boolean", t.draft.asked("missing", cast("Text", part.value)))
    return Typed("boolean", t.draft.step(k.MISSING, t.known(part)))


def case(t: Translator, node: exp.Case) -> Typed:
    """Translate case when … then … else … end; without else it is missing."""
    branches = node.args["ifs"]
    otherwise = node.args.get("default") or exp.Null()
    *values, chain = t.same([*(branch.args["true"] for branch in branches), otherwise])
    for branch, value in zip(reversed(branches), reversed(values), strict=True):
        chain = _chosen(t, t.condition(branch.this), value, chain)
    return chain


def choice(t: Translator, node: exp.If) -> Typed:
    """Translate if(condition, a, b)."""
    yes, no = t.same([node.args["true"], node.args.get("false") or exp.Null()])
    return _chosen(t, t.condition(node.this), yes, no)


def _chosen(t: Translator, condition: int, yes: Typed, no: Typed) -> Typed:
    """Return one of two parts of one kind, either of which may be the word null."""
    kind = yes.kind or no.kind
    if kind == "text":
        return Typed(kind, Choice(condition, cast("Text", yes.value), cast("Text", no.value)))
    if kind is None:
        return Typed(kind)
    return Typed(kind, t.draft.choose(condition, t.known(yes), t.known(no)))


def coalesce(t: Translator, node: exp.Coalesce) -> Typed:
    """Take the first value that is there."""
    *earlier, found = t.same([node.this, *node.expressions])
    for part in reversed(earlier):
        found = _first(t, part, found)
    return found


def _first(t: Translator, part: Typed, found: Typed) -> Typed:
    if part.kind is None:
        return found
    if part.kind == "text":
        value, other = cast("Text", part.value), cast("Text", found.value)
        return Typed("text", Choice(t.draft.asked("missing", value), other, value))
    return Typed(part.kind, t.draft.step(k.FIRST, t.known(part), t.known(found)))


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
