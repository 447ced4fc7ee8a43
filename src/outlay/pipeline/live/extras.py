"""The fields that a payment has beside those that we know: kept, and there for rules to read."""

import math
from collections.abc import Mapping
from typing import Any, Final

from outlay.pipeline.live.payment import Scalar

MOST: Final = 32
LONGEST_NAME: Final = 64
LONGEST_TEXT: Final = 1024
_END: Final = 2**63


def read_extras(
    said: Mapping[str, Any], known: frozenset[str]
) -> tuple[dict[str, Scalar], list[tuple[str, str]]]:
    """Return the other fields that have a value, and what is wrong with any of them."""
    others = {name: value for name, value in said.items() if name not in known}
    if len(others) > MOST:
        return {}, [("extra", f"has {len(others)} other fields; at most {MOST} are kept")]
    faults = [
        (name[:LONGEST_NAME], why)
        for name, value in others.items()
        if value is not None and (why := _fault(name, value))
    ]
    return {name: value for name, value in others.items() if value is not None}, faults


def _fault(name: str, value: Any) -> str | None:
    if len(name) > LONGEST_NAME:
        return f"has a name of more than {LONGEST_NAME} characters"
    kind = type(value)
    if kind is str:
        too_long = len(value) > LONGEST_TEXT
        return f"has more than {LONGEST_TEXT} characters" if too_long else None
    if kind is int:
        return None if -_END <= value < _END else "is an integer of more than 64 bits"
    if kind is float:
        return None if math.isfinite(value) else "is not a finite number"
    return None if kind is bool else "is neither a text, a number nor true or false"
