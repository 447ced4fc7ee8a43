"""Patterns of ``like``: % stands for any text, _ for any one character.

Not as one regular expression: several ``.*`` in a row go back and forth over a long text for ever.
What stands between two % is looked for from the left, and the first place that fits is as good as any.
"""

import re
from collections.abc import Callable


def like(pattern: str) -> Callable[[str], bool]:
    """Return whether a text matches, as a function.

    >>> [like("cash%")(text) for text in ("cash", "cash_out", "no cash")]
    [True, True, False]
    """
    first, *rest = (_piece(piece) for piece in pattern.split("%"))
    if not rest:
        return lambda text: first.fullmatch(text) is not None
    *middle, last = rest
    tail = len(pattern) - pattern.rindex("%") - 1

    def matches(text: str) -> bool:
        begun = first.match(text)
        if begun is None:
            return False
        at = begun.end()
        for piece in middle:
            found = piece.search(text, at)
            if found is None:
                return False
            at = found.end()
        return at <= len(text) - tail and last.match(text, len(text) - tail) is not None

    return matches


def _piece(piece: str) -> re.Pattern[str]:
    """Return what stands between two %, as an expression of a fixed length."""
    return re.compile("".join("." if c == "_" else re.escape(c) for c in piece), re.DOTALL)
