"""Text from the data, made fit to be shown: short, on one line, and unable to turn its neighbours round.

Escaping is another matter: the templates do it for HTML, ``plotly`` does it for hover boxes.
"""

import html
import re
import unicodedata

_BIDI = dict.fromkeys(
    map(ord, "\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
SEPARATOR = " | "
"""What stands between the items of a list that is written as one text."""

_LOOK_AT = 4  # a cell may hold megabytes: this many times the limit is read, no more


def shorten(value: object, limit: int = 60) -> str:
    r"""Return ``value`` as one line of at most ``limit`` characters, without control characters.

    >>> shorten("a\tb"), shorten("abcdef", 4), shorten(None)
    ('a b', 'abc…', '')
    """
    if value is None:
        return ""
    raw = str(value)
    line = _CONTROL.sub(" ", raw[: limit * _LOOK_AT].translate(_BIDI)).strip()
    whole = len(line) <= limit and len(raw) <= limit * _LOOK_AT
    return line if whole else _cut(line, limit - 1) + "…"


def _cut(line: str, at: int) -> str:
    """Cut before ``at``, but not between a letter and the accents or joiners that belong to it."""
    while 0 < at < len(line) and (unicodedata.combining(line[at]) or line[at] in "\u200d\ufe0f"):
        at -= 1
    return line[:at].rstrip()


def plotly(value: object, limit: int = 60) -> str:
    """Return ``value`` for a Plotly text, which reads a little HTML: escaped, and isolated in direction."""
    return f"\u2068{html.escape(shorten(value, limit), quote=False)}\u2069"


def wrapped(value: object, *, width: int = 64, limit: int = 200) -> str:
    """Return ``value`` for a Plotly hover box, broken into lines."""
    lines, line = [], ""
    for word in shorten(value, limit).split():
        if line and len(line) + len(word) >= width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return "<br>".join(plotly(part, limit) for part in [*lines, line])


def plural(count: int, one: str, many: str | None = None) -> str:
    """Return the count with its noun.

    >>> plural(1, "payment"), plural(2400, "payment")
    ('1 payment', '2,400 payments')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def percent(share: float) -> str:
    """Return a share in per cent, with as many digits as small shares need.

    >>> percent(0.5), percent(0.0523), percent(0.0051), percent(0.00012), percent(0.0)
    ('50 %', '5.2 %', '0.51 %', '0.012 %', '0 %')
    """
    hundred = 100 * share
    for digits, below in ((3, 0.1), (2, 1.0), (1, 10.0)):
        if 0 < hundred < below:
            return f"{hundred:.{digits}f}".rstrip("0").rstrip(".") + " %"
    return f"{hundred:.0f} %"
