"""In which format one time is written, told from the time itself."""

import re
from dataclasses import dataclass, replace
from typing import Final, Literal

Order = Literal["dmy", "mdy"]

_DATES: Final = (  # a shape, and the format; {d} and {m} stand where day and month can change places
    (r"\d{4}-\d{1,2}-\d{1,2}", "%Y-%m-%d"),
    (r"\d{4}/\d{1,2}/\d{1,2}", "%Y/%m/%d"),
    (r"\d{4}\.\d{1,2}\.\d{1,2}", "%Y.%m.%d"),
    (r"\d{1,2}\.\d{1,2}\.\d{4}", "%d.%m.%Y"),
    (r"\d{1,2}\.\d{1,2}\.\d{2}", "%d.%m.%y"),
    (r"\d{1,2}/\d{1,2}/\d{4}", "{0}/{1}/%Y"),
    (r"\d{1,2}-\d{1,2}-\d{4}", "{0}-{1}-%Y"),
    (r"\d{1,2}/\d{1,2}/\d{2}", "{0}/{1}/%y"),
    (r"\d{1,2}-\d{1,2}-\d{2}", "{0}-{1}-%y"),
    (r"\d{1,2} [A-Za-z]{3,9} \d{4}", "%d %B %Y"),
    (r"\d{1,2}-[A-Za-z]{3,9}-\d{4}", "%d-%B-%Y"),
    (r"\d{1,2}-[A-Za-z]{3,9}-\d{2}", "%d-%B-%y"),
    (r"[A-Za-z]{3,9} \d{1,2}, \d{4}", "%B %d, %Y"),
    (r"[A-Za-z]{3}, \d{1,2} [A-Za-z]{3} \d{4}", "%a, %d %b %Y"),
    (r"\d{8}", "%Y%m%d"),
)
_DIGITS: Final = r"\d{6}"
_CLOCKS: Final = (
    (r"\d{1,2}:\d{2}:\d{2}\.\d{1,9}", "%H:%M:%S%.f"),
    (r"\d{1,2}:\d{2}:\d{2} [AaPp][Mm]", "%I:%M:%S %p"),
    (r"\d{1,2}:\d{2}:\d{2}[AaPp][Mm]", "%I:%M:%S%p"),
    (r"\d{1,2}:\d{2}:\d{2}", "%H:%M:%S"),
    (r"\d{1,2}:\d{2} [AaPp][Mm]", "%I:%M %p"),
    (r"\d{1,2}:\d{2}[AaPp][Mm]", "%I:%M%p"),
    (r"\d{1,2}:\d{2}", "%H:%M"),
    (_DIGITS, "%H%M%S"),
)
_JOINTS: Final = (" ", "T", ", ", "")
_ZONES: Final = (
    ("", "", False),
    ("Z", "Z", True),
    (" UTC", " UTC", True),
    (" GMT", " GMT", True),
    (r"[+-]\d{2}:?\d{2}", "%#z", True),
    (r"[+-]\d{2}", "%#z", True),
    (r" [+-]\d{2}:?\d{2}", " %#z", True),
)


@dataclass(frozen=True, slots=True)
class TimeFormat:
    """A format: its pattern, the shape of what it reads, and whether that carries its zone."""

    pattern: str
    shape: str
    has_zone: bool

    @property
    def is_open(self) -> bool:
        """Whether day and month can change places."""
        return "{0}" in self.pattern

    @property
    def has_offset(self) -> bool:
        """Whether it reads an offset from UTC."""
        return "z" in self.pattern

    @property
    def has_clock(self) -> bool:
        """Whether it reads a time of day."""
        return "%M" in self.pattern

    def ordered(self, order: Order) -> "TimeFormat":
        """Return the format with the day first or the month first, where it leaves that open."""
        if not self.is_open:
            return self
        day_month = ("%d", "%m") if order == "dmy" else ("%m", "%d")
        return replace(self, pattern=self.pattern.format(*day_month))


def guess(text: str) -> TimeFormat | None:
    """Return the format of one time, or ``None`` if it is not a time of day or a date.

    >>> guess("2024-01-05T13:00:00Z").pattern, guess("5/1/2024 8:26").pattern
    ('%Y-%m-%dT%H:%M:%SZ', '{0}/{1}/%Y %H:%M')
    """
    for date_shape, date in _DATES:
        head = re.match(date_shape, text, re.ASCII)
        if head:
            found = _clocked(text[head.end() :], date_shape, date)
            if found:
                return found
    return None


def _clocked(rest: str, date_shape: str, date: str) -> TimeFormat | None:
    if not rest:
        return TimeFormat(date, f"^{date_shape}$", has_zone=False)
    for joint in _JOINTS:
        for clock_shape, clock in _CLOCKS:
            if (joint == "") != (clock_shape == _DIGITS) and joint != "T":
                continue  # digits stand only after digits, and after a T
            for zone_shape, zone, has_zone in _ZONES:
                if re.fullmatch(joint + clock_shape + zone_shape, rest, re.ASCII):
                    shape = f"^{date_shape}{joint}{clock_shape}{zone_shape}$"
                    return TimeFormat(date + joint + clock + zone, shape, has_zone)
    return None
