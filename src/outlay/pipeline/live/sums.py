"""One amount as JSON holds it, read as the file intake would read a column of this one value.

The shapes are the intake's own; only the way through them is plain Python here, since a table
library takes milliseconds for one value. A property test holds the two together.
"""

import math
import re
from typing import Any, Final, NamedTuple

from outlay.pipeline.live.texts import WHITE
from outlay.schema.intake import amounts
from outlay.schema.intake.amounts import MAX_AMOUNT
from outlay.schema.intake.faults import MISSING

MOST_CHARACTERS: Final = 40
"""Longer ones are no amounts; it also bounds what the patterns can cost."""

_NOT_A_NUMBER: Final = "is not a number"
_CAST: Final = re.compile(
    r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]?(?i:inf|infinity|nan)", re.ASCII
)


def _python(pattern: str) -> re.Pattern[str]:
    """Return a pattern of the intake's in Python's syntax, with Rust's idea of white space."""
    named = pattern.replace("(?<", "(?P<").replace(r"\x{2212}", "\N{MINUS SIGN}")
    spaced = named.replace(r"\s*", f"[{WHITE}]*").replace(r"\s", WHITE)
    return re.compile(re.sub(r"\$$", r"\\Z", spaced))


_SHAPE: Final = _python(amounts.SHAPE)
_PLAIN: Final = _python(amounts.PLAIN)
_POINT: Final = _python(amounts.POINT)
_COMMA: Final = _python(amounts.COMMA)
_SPACED: Final = _python(amounts.SPACED)
_LONE_COMMA: Final = _python(amounts.LONE_COMMA)
_LONE_POINT: Final = _python(amounts.LONE_POINT)
_DECIMAL_POINT: Final = _python(amounts.DECIMAL_POINT)
_GROUPING: Final = frozenset(f"'’{WHITE}")


class Sum(NamedTuple):
    """One amount: its number (of any sign), or what is wrong; and the sign that stood beside it."""

    value: float | None
    fault: str | None
    sign: str | None = None


def read_sum(value: Any) -> Sum:
    """Return the number that a JSON value says."""
    kind = type(value)
    if kind is float or kind is int:
        return Sum(_float(value), None)
    if value is None:
        return Sum(None, MISSING)
    if kind is not str:
        return Sum(None, _NOT_A_NUMBER)
    if len(value) > MOST_CHARACTERS:
        return Sum(None, f"has more than {MOST_CHARACTERS} characters")
    return _of_text(value.strip(WHITE))


def judged(found: Sum, *, refund: bool) -> tuple[float | None, str | None]:
    """Return the amount without its minus, or why there is none within bounds."""
    if found.value is None:
        return None, found.fault
    size = abs(found.value) if refund else found.value
    if 0.0 <= size <= MAX_AMOUNT:
        return abs(size), None  # -0.0 is 0
    if not math.isfinite(size):
        return None, "is not a finite number"
    if size < 0:
        return None, "is negative (--negative refund keeps such rows as refunds)"
    return None, "is more than 1e15"


def plain_number(text: str) -> float:
    """Return the number that a text is when it is nothing but one; NaN for any other text."""
    return float(text) if _CAST.fullmatch(text) else math.nan


def _float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:  # an integer of hundreds of digits
        return math.copysign(math.inf, value)


def _of_text(text: str) -> Sum:
    if not text:
        return Sum(None, MISSING)
    if _CAST.fullmatch(text):
        return Sum(float(text), None)
    return _odd(text)


def _odd(text: str) -> Sum:
    """Look closely at what is no plain number."""
    parts = _SHAPE.match(text)
    if parts is None:
        return Sum(None, _NOT_A_NUMBER)
    number, sign = parts["number"], parts["c1"] or parts["c2"]
    signs = [parts[name] for name in ("s1", "s2", "s3", "open")]
    unpaired = (parts["open"] is None) != (parts["close"] is None)
    codes = parts["c1"] is not None and parts["c2"] is not None
    if unpaired or codes or sum(each is not None for each in signs) > 1:
        return Sum(None, _NOT_A_NUMBER, sign)
    style = _style(number, text)
    size = _size(number, style)
    if size is None:
        return Sum(None, _unread(number, style), sign)
    minus = any(each in {"-", "\N{MINUS SIGN}", "("} for each in signs)
    return Sum(-size if minus else size, None, sign)


def _style(number: str, text: str) -> str:
    """Say which decimal sign the value shows, as for a column of it alone."""
    commas = _COMMA.match(number) is not None
    points = bool(_POINT.match(number) or _DECIMAL_POINT.match(number))
    if not points and (commas or _LONE_COMMA.match(number)):
        points = _DECIMAL_POINT.match(text) is not None
    if commas:
        return "both" if points else "comma"
    return "point" if points else "open"


def _size(number: str, style: str) -> float | None:
    """Return the number without its sign, or nothing where it cannot mean one thing only."""
    chosen = None
    if _SPACED.match(number):
        chosen = _ungrouped(number)
    elif style == "comma" and any(
        shape.match(number) for shape in (_COMMA, _LONE_COMMA, _LONE_POINT)
    ):
        chosen = _ungrouped(number.replace(".", "").replace(",", ".", 1), commas=False)
    elif (style in {"point", "both"} and _POINT.match(number)) or (
        style == "point" and _LONE_COMMA.match(number)
    ):
        chosen = _ungrouped(number)
    elif _PLAIN.match(number):
        chosen = number
    if chosen is None or not _CAST.fullmatch(chosen):
        return None
    return float(chosen)


def _ungrouped(number: str, *, commas: bool = True) -> str:
    """Take out what groups digits; commas are left where they do not."""
    return "".join(c for c in number if c not in _GROUPING and not (commas and c == ","))


def _unread(number: str, style: str) -> str:
    if _COMMA.match(number) and style == "both":
        return "has a decimal comma, while others in the column have a decimal point"
    if _LONE_COMMA.match(number):
        return "can mean a thousand times more or less: its comma may group or be the decimal sign"
    return _NOT_A_NUMBER
