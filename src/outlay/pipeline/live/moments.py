"""One time as JSON holds it, read as the file intake would read a column of this one value.

One difference is meant: a date such as 05/06/2024, in which day and month can change places, is
refused. In a file the other rows of the column tell which it is; one payment cannot.
"""

import math
import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from outlay.pipeline.live.texts import WHITE
from outlay.schema.intake.faults import MISSING
from outlay.schema.intake.time_formats import TimeFormat, guess
from outlay.schema.intake.time_numbers import DAY_NUMBER, EPOCHS, NANOSECONDS, SECOND_NUMBER

MOST_CHARACTERS: Final = 64

SECOND: Final = 1_000_000
DAY: Final = 86_400 * SECOND
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO: Final = timedelta(microseconds=1)
_LATEST: Final = 250_000_000_000 * SECOND  # nine thousand years
_UNKNOWN: Final = "is not a time that can be understood"
_UNREAL: Final = "is not a date and time that exists"
_OPEN: Final = "can be read day first and month first"

_USUAL: Final = re.compile(
    r"\d{4}-\d\d-\d\d[T ][0-2]\d:[0-5]\d(?::[0-5]\d(?:\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?", re.ASCII
)
_NUMBER: Final = re.compile(r"\d{9,19}(?:\.\d+)?", re.ASCII)


class Moments:
    """Reads times; those without a zone are those of ``timezone``."""

    def __init__(self, timezone: str) -> None:
        self._name = timezone
        self._zone = UTC if timezone == "UTC" else ZoneInfo(timezone)

    def read(self, value: Any, now: int) -> tuple[int | None, str | None]:
        """Return the moment in microseconds since 1970, or what is wrong with it.

        Parameters
        ----------
        value
            Of JSON: a text, a number or anything else.
        now
            The present moment; what lies a day beyond it is refused.
        """
        micros, fault = self._read(value)
        if micros is None:
            return None, fault
        if micros < 0:
            return None, "lies before 1970"
        if micros > now + DAY:
            today = _EPOCH + now * _MICRO
            return None, f"lies in the future (now is {today:%Y-%m-%d})"
        return micros, None

    def _read(self, value: Any) -> tuple[int | None, str | None]:
        kind = type(value)
        if kind is str:
            return self._of_text(value.strip(WHITE))
        if kind is int:
            return self._of_whole(value)
        if kind is float:
            return self._of_float(value)
        return None, MISSING if value is None else _UNKNOWN

    def _of_text(self, text: str) -> tuple[int | None, str | None]:
        if _USUAL.fullmatch(text):
            with suppress(ValueError):  # the thirtieth of February, an hour 24: said below
                return self._utc(datetime.fromisoformat(text))
        if not text:
            return None, MISSING
        if len(text) > MOST_CHARACTERS:
            return None, f"has more than {MOST_CHARACTERS} characters"
        form = guess(text)
        return self._of_form(text, form) if form else self._of_number(text)

    def _of_number(self, text: str) -> tuple[int | None, str | None]:
        if not _NUMBER.fullmatch(text):
            return None, _UNKNOWN
        if text.isdigit() and int(text) < 2**63:
            return self._of_whole(int(text))
        return self._of_float(float(text))

    def _of_form(self, text: str, form: TimeFormat) -> tuple[int | None, str | None]:
        """Read what is written in one of the intake's other formats, by its own parser."""
        if form.is_open:
            return None, _OPEN
        import polars as pl

        read = pl.Series([text]).str.to_datetime(form.pattern, strict=False, time_unit="us")
        micros = read.to_physical()[0]
        if micros is None:
            return None, _UNREAL
        if form.has_zone or not -DAY < micros < _LATEST:  # far out, no zone makes it acceptable
            return micros, None
        return self._utc(_EPOCH.replace(tzinfo=None) + micros * _MICRO)

    def _of_whole(self, number: int) -> tuple[int | None, str | None]:
        """Read a whole number as what its size says."""
        if NANOSECONDS[0] <= number <= NANOSECONDS[1]:
            return number // 1000, None
        for _, low, high, factor in EPOCHS:
            if low <= number <= high:
                return number * factor, None
        if DAY_NUMBER[0] <= number <= DAY_NUMBER[1]:
            return self._of_digits(str(number), "%Y%m%d")
        if SECOND_NUMBER[0] <= number <= SECOND_NUMBER[1]:
            return self._of_digits(str(number), "%Y%m%d%H%M%S")
        return None, _UNKNOWN

    def _of_float(self, number: float) -> tuple[int | None, str | None]:
        if not math.isfinite(number):
            return None, _UNKNOWN
        whole = int(number)
        for _, low, high, factor in EPOCHS:
            if low <= whole <= high:
                return _rounded(number * factor), None
        if number == whole or NANOSECONDS[0] <= whole:
            return self._of_whole(whole)
        return None, _UNKNOWN

    def _of_digits(self, digits: str, pattern: str) -> tuple[int | None, str | None]:
        try:
            return self._utc(datetime.strptime(digits, pattern))  # noqa: DTZ007 - the zone follows
        except ValueError:
            return None, _UNKNOWN

    def _utc(self, read: datetime) -> tuple[int | None, str | None]:
        if read.tzinfo is not None:
            return (read - _EPOCH) // _MICRO, None
        plain = (read.replace(tzinfo=UTC) - _EPOCH) // _MICRO
        if self._zone is UTC or not -DAY < plain < _LATEST:  # far out, no zone makes it acceptable
            return plain, None
        local = read.replace(tzinfo=self._zone)
        utc = local.astimezone(UTC)
        if utc.astimezone(self._zone).replace(tzinfo=None) != read:
            return None, f"does not exist in {self._name}: the clocks went forward"
        return (utc - _EPOCH) // _MICRO, None


def _rounded(number: float) -> int:
    """Return the nearest whole number, halves away from zero."""
    below = math.floor(number)
    return below + (number - below >= 0.5)  # noqa: PLR2004
