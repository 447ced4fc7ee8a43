"""Ids and other names as JSON holds them, in the one spelling that the intake gives them."""

import re
from typing import Any, Final

from outlay.schema.intake.faults import MISSING
from outlay.schema.intake.identity import NOBODY

WHITE: Final = (
    "\t\n\x0b\x0c\r \x85\xa0\u1680"
    "\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""Unicode's white space. Python's ``strip()`` counts four control characters more."""

MOST_CHARACTERS: Final = 256
"""The longest name of anything; ids of banks, cards and devices stay well below."""

_EXACT: Final = 2.0**53
_FLOAT: Final = re.compile(r"\d+\.0")


def read_name(value: Any) -> tuple[str | None, str | None]:
    """Return a name without blanks around it, or None where there is none, and what is wrong."""
    if type(value) is str:
        text = value
    elif value is None:
        return None, None
    else:
        number = _written(value)
        if number is None:
            return None, "is neither a text nor a number"
        text = number
    name = text.strip(WHITE)
    if len(name) > MOST_CHARACTERS:
        return None, f"has more than {MOST_CHARACTERS} characters"
    if "\0" in name:
        return None, "holds a NUL character"
    if name[-2:] == ".0" and _FLOAT.fullmatch(name):  # as pandas leaves ids
        name = name[:-2]
    return name or None, None


def read_user(value: Any) -> tuple[str | None, str | None]:
    """Return the user's id; a blank one and a word for "none" are none."""
    name, fault = read_name(value)
    if fault is not None:
        return None, fault
    if name is None:
        return None, MISSING
    return (None, "says that there is none") if name.lower() in NOBODY else (name, None)


def read_type(value: Any) -> tuple[str, str | None]:
    """Return a type in its one spelling: ``Cash-Out`` and ``cash out`` are ``cash_out``."""
    if value is None:
        return "unknown", None
    text = value if type(value) is str else _written(value)
    if text is None:
        return "unknown", "is neither a text nor a number"
    if len(text) > MOST_CHARACTERS:
        return "unknown", f"has more than {MOST_CHARACTERS} characters"
    if "\0" in text:
        return "unknown", "holds a NUL character"
    one = _lower(text).strip(WHITE).replace(" ", "_").replace("-", "_")
    return one or "unknown", None


def _written(value: Any) -> str | None:
    """Return a JSON number as the intake writes it; nothing for what is no plain value."""
    if type(value) is int:
        return str(value)
    if type(value) is not float:
        return None
    if value == round(value) and abs(value) < _EXACT:
        return str(int(value))
    import polars as pl

    return str(pl.Series([value]).cast(pl.String)[0])


def _lower(text: str) -> str:
    """Return the text in lower case, by the same table as the intake's."""
    if text.isascii():
        return text.lower()
    import polars as pl

    return str(pl.Series([text]).str.to_lowercase()[0])
