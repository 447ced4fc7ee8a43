"""Random expressions with their value by SQL's rules in plain Python; None is missing.

Each part is a pair: its text, and a function from a row to its value.
"""

import math

from hypothesis import strategies as st

COLUMNS = ("amount", "user_mean", "hour")


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
            lambda t: (
                f"coalesce({t[0][0]}, {t[1][0]})",
                lambda row: t[1][1](row) if t[0][1](row) is None else t[0][1](row),
            )
        ),
    )  # fmt: skip


NUMBERS = st.recursive(LEAVES, number, max_leaves=4)
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


CONDITIONS = st.recursive(COMPARISONS, condition, max_leaves=4)
