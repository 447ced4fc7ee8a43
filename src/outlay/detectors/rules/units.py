"""Values as people read them: what a reason's ``{placeholder}`` becomes."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from outlay.schema import catalog
from outlay.schema.money import money

_WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
LONGEST: Final = 60
"""Characters of a text from the file that are shown."""
UNKNOWN: Final = "unknown"


@dataclass(frozen=True, slots=True)
class Wording:
    """How amounts and histories are called in a text."""

    currency: str | None = None
    history: Literal["past", "full"] = "past"


def text(value: Any) -> str:
    """Return a text of the file on one line, without control characters, not too long.

    >>> text("withdrawal"), text("a" * 99)[-3:]
    ('withdrawal', 'aa…')
    """
    start = str(value)[: LONGEST + 1]  # a cell may hold megabytes
    clean = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in start)
    return clean if len(clean) <= LONGEST else clean[: LONGEST - 1] + "…"


def number(value: float) -> str:
    """Return a number with separators and at most two digits after the point.

    >>> number(87.0), number(1234.5678)
    ('87', '1,234.57')
    """
    return f"{value:,.2f}".rstrip("0").rstrip(".")


def clock(hour: float) -> str:
    """Return an hour as on a clock.

    >>> clock(3.0)
    '03:00'
    """
    return f"{int(hour):02d}:00"


def duration(seconds: float) -> str:
    """Return a stretch of time in its largest fitting unit.

    >>> duration(90), duration(86400 * 45)
    ('2 minutes', '45 days')
    """
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            return _counted(round(seconds / size), unit)
    return _counted(round(seconds), "second")


def time_of_day(hour: float) -> str:
    """Return what people call this hour.

    >>> time_of_day(3), time_of_day(12)
    ('very late night or early morning', 'afternoon')
    """
    names = ((4, "very late night or early morning"), (6, "early morning"), (11, "morning"))
    later = ((17, "afternoon"), (21, "evening"))
    return next((name for last, name in (*names, *later) if hour <= last), "late evening")


def history(count: float, wording: Wording) -> str:
    """Return how much of the user's past (or of the file) a statement rests on.

    >>> history(87, Wording())
    '87 earlier payments'
    """
    if wording.history == "full":
        return f"{_counted(round(count), 'payment')} in the file"
    return _counted(round(count), "earlier payment")


def tenths(value: float) -> str:
    """Return a number with at most one digit after the point.

    >>> tenths(3.21), tenths(1000.04)
    ('3.2', '1,000')
    """
    return f"{value:,.1f}".removesuffix(".0")


FORMATS: Final[Mapping[str, Callable[[Any, Wording], str]]] = {
    "money": lambda value, wording: money(value, wording.currency),
    "number": lambda value, _: number(value),
    "times": lambda value, _: f"{tenths(value)} ×",
    "percent": lambda value, _: f"{tenths(100 * value)} %",
    "hour": lambda value, _: clock(value),
    "hour_end": lambda value, _: f"{int(value):02d}:59",
    "weekday": lambda value, _: _WEEKDAYS[int(value) % 7],
    "duration": lambda value, _: duration(value),
    "days": lambda value, _: _counted(round(value), "day"),
    "text": lambda value, _: text(value),
    "history": history,
    "time_of_day": lambda value, _: time_of_day(value),
}

_BY_UNIT: Final = {
    "currency": "money",
    "ratio": "times",
    "share 0-1": "percent",
    "hour 0-23": "hour",
    "0-6": "weekday",
    "seconds": "duration",
    "days": "days",
}


def usual_format(name: str, kind: str) -> str:
    """Return how a column is written when a template does not say."""
    if kind != "number":
        return "text"
    if name == "amount":
        return "money"
    feature = catalog.BY_NAME.get(name)
    return _BY_UNIT.get(feature.unit, "number") if feature else "number"


def written(value: Any, form: str, wording: Wording) -> str:
    """Return a value in a format, or that it is not known."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return UNKNOWN
    if isinstance(value, float):
        if math.isinf(value):
            return "infinitely many"
        value += 0.0  # nobody reads -0
    return FORMATS[form](value, wording)


def _counted(count: int, unit: str) -> str:
    return f"{count:,} {unit}" if count == 1 else f"{count:,} {unit}s"
