"""Random expressions with their value by SQL's rules in plain Python; None is missing.

Each part is a pair: its text, and a function from a row to its value.
"""

import math
from operator import eq, ne

from hypothesis import strategies as st

COLUMNS = ("amount", "user_mean", "hour")
TEXTS = ("country", "currency")


def arithmetic(sign, a, b):
    """Calculate as IEEE does, with what is not a number missing."""
    if a is None or b is None:
        return None
    if sign == "/" and b == 0:
        return None if a == 0 else math.copysign(math.inf, a) * math.copysign(1, b)
    value = a / b if sign == "/" else {"+": a + b, "-": a - b, "*": a * b}[sign]
    return None if math.isnan(value) else value


def compare(sign, a, b):
    """Compare; with something missing the answer is missing."""
    if a is None or b is None:
        return None
    return {"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b, "=": a == b, "<>": a != b}[sign]


def both(a, b):
    """Join by and, with three truth values."""
    if a is False or b is False:
        return False
    return None if a is None or b is None else True


def negated(a):
    """Turn round; what is missing stays missing."""
    return None if a is None else not a


def remainder(a, b):
    """Return what is left of a when b is taken away as often as it goes in whole."""
    whole = rounded(math.floor, arithmetic("/", a, b))
    return arithmetic("-", a, arithmetic("*", b, whole))


def rounded(how, a):
    """Round; infinite stays infinite."""
    return a if a is None or math.isinf(a) else float(how(a))


def matches(text, pattern):
    """Try a pattern of like character by character."""
    if not pattern:
        return not text
    if pattern[0] == "%":
        return any(matches(text[at:], pattern[1:]) for at in range(len(text) + 1))
    return bool(text) and pattern[0] in {"_", text[0]} and matches(text[1:], pattern[1:])


def asked(question, *texts):
    """Ask something of texts; of a missing one the answer is missing."""
    return None if None in texts else question(*texts)


def extreme(pick, a, b):
    """Take the least or greatest; missing if one is."""
    return None if a is None or b is None else pick(a, b)


def chosen(condition, a, b):
    """Take a where the condition holds, else b."""
    return a if condition is True else b


LEAVES = st.one_of(
    st.sampled_from(COLUMNS).map(lambda name: (name, lambda row: row[name])),
    st.sampled_from([0.0, 1.0, 2.5, 100.0]).map(lambda n: (repr(n), lambda _: n)),
)


ROUNDING = {"floor": math.floor, "ceil": math.ceil, "round": round}


def number(children):
    """Return an expression of numbers around smaller ones."""
    signs = st.sampled_from("+-*/")
    picks = st.sampled_from([("least", min), ("greatest", max)])
    return st.one_of(
        st.tuples(signs, children, children).map(
            lambda t: (f"({t[1][0]} {t[0]} {t[2][0]})", lambda row: arithmetic(t[0], t[1][1](row), t[2][1](row)))
        ),
        st.tuples(picks, children, children).map(
            lambda t: (f"{t[0][0]}({t[1][0]}, {t[2][0]})", lambda row: extreme(t[0][1], t[1][1](row), t[2][1](row)))
        ),
        st.tuples(children, children).map(
            lambda t: (f"({t[0][0]} % {t[1][0]})", lambda row: remainder(t[0][1](row), t[1][1](row)))
        ),
        st.tuples(st.sampled_from([*ROUNDING]), children).map(
            lambda t: (f"{t[0]}({t[1][0]})", lambda row: rounded(ROUNDING[t[0]], t[1][1](row)))
        ),
        children.map(lambda n: (f"(-{n[0]})", lambda row: arithmetic("*", -1.0, n[1](row)))),
        children.map(lambda n: (f"abs({n[0]})", lambda row: asked(abs, n[1](row)))),
        st.tuples(children, children).map(
            lambda t: (
                f"coalesce({t[0][0]}, {t[1][0]})",
                lambda row: t[1][1](row) if t[0][1](row) is None else t[0][1](row),
            )
        ),
    )  # fmt: skip


NUMBERS = st.recursive(LEAVES, number, max_leaves=4)

TEXT_LEAVES = st.one_of(
    st.sampled_from(TEXTS).map(lambda name: (name, lambda row: row[name])),
    st.sampled_from(["GB", "gb", "IE", ""]).map(lambda t: (f"'{t}'", lambda _: t)),
)
SIMPLE = st.tuples(st.sampled_from(["<", "="]), LEAVES, LEAVES).map(
    lambda t: (f"{t[1][0]} {t[0]} {t[2][0]}", lambda row: compare(t[0], t[1][1](row), t[2][1](row)))
)


def text(children):
    """Return an expression of texts around smaller ones."""
    return st.one_of(
        children.map(lambda t: (f"lower({t[0]})", lambda row: asked(str.lower, t[1](row)))),
        st.tuples(children, children).map(
            lambda t: (
                f"coalesce({t[0][0]}, {t[1][0]})",
                lambda row: t[1][1](row) if t[0][1](row) is None else t[0][1](row),
            )
        ),
        st.tuples(SIMPLE, children, children).map(
            lambda t: (
                f"if({t[0][0]}, {t[1][0]}, {t[2][0]})",
                lambda row: chosen(t[0][1](row), t[1][1](row), t[2][1](row)),
            )
        ),
        st.tuples(SIMPLE, children).map(
            lambda t: (
                f"case when {t[0][0]} then {t[1][0]} end",
                lambda row: chosen(t[0][1](row), t[1][1](row), None),
            )
        ),
    )


WORDS = st.recursive(TEXT_LEAVES, text, max_leaves=4)
PATTERNS = ["G%", "%b", "_B", "%", "", "g_%", "%G%B%"]
QUESTIONS = st.one_of(
    st.tuples(WORDS, WORDS).map(
        lambda t: (f"{t[0][0]} = {t[1][0]}", lambda row: asked(eq, t[0][1](row), t[1][1](row)))
    ),
    st.tuples(WORDS, WORDS).map(
        lambda t: (f"{t[0][0]} <> {t[1][0]}", lambda row: asked(ne, t[0][1](row), t[1][1](row)))
    ),
    st.tuples(WORDS, WORDS).map(
        lambda t: (
            f"starts_with({t[0][0]}, {t[1][0]})",
            lambda row: asked(str.startswith, t[0][1](row), t[1][1](row)),
        )
    ),
    WORDS.map(
        lambda t: (f"{t[0]} in ('GB', 'ie')", lambda row: asked(["GB", "ie"].__contains__, t[1](row)))
    ),
    WORDS.map(lambda t: (f"{t[0]} is null", lambda row: t[1](row) is None)),
    st.tuples(WORDS, st.sampled_from(PATTERNS)).map(
        lambda t: (f"{t[0][0]} like '{t[1]}'", lambda row: asked(lambda x: matches(x, t[1]), t[0][1](row)))
    ),
)  # fmt: skip
COMPARISONS = st.one_of(
    st.tuples(st.sampled_from(["<", "<=", ">", ">=", "=", "<>"]), NUMBERS, NUMBERS).map(
        lambda t: (f"{t[1][0]} {t[0]} {t[2][0]}", lambda row: compare(t[0], t[1][1](row), t[2][1](row)))
    ),
    NUMBERS.map(lambda n: (f"{n[0]} is null", lambda row: n[1](row) is None)),
    st.tuples(NUMBERS, NUMBERS, NUMBERS).map(
        lambda t: (
            f"{t[0][0]} between {t[1][0]} and {t[2][0]}",
            lambda row: both(compare(">=", t[0][1](row), t[1][1](row)), compare("<=", t[0][1](row), t[2][1](row))),
        )
    ),
)  # fmt: skip


def condition(children):
    """Return a condition around smaller ones."""
    return st.one_of(
        children.map(lambda c: (f"not ({c[0]})", lambda row: negated(c[1](row)))),
        st.tuples(children, children).map(
            lambda t: (f"({t[0][0]}) and ({t[1][0]})", lambda row: both(t[0][1](row), t[1][1](row)))
        ),
        st.tuples(children, children).map(
            lambda t: (
                f"({t[0][0]}) or ({t[1][0]})",
                lambda row: negated(both(negated(t[0][1](row)), negated(t[1][1](row)))),
            )
        ),
        st.tuples(children, children, children).map(
            lambda t: (
                f"case when {t[0][0]} then ({t[1][0]}) else ({t[2][0]}) end",
                lambda row: chosen(t[0][1](row), t[1][1](row), t[2][1](row)),
            )
        ),
    )


CONDITIONS = st.recursive(st.one_of(COMPARISONS, QUESTIONS), condition, max_leaves=4)
