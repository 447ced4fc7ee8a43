"""A moment as somebody gives it on the command line."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from outlay.errors import ConfigError

_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def moment(text: str, timezone: str, option: str) -> int:
    """Return a date or a time in microseconds since 1970; without a zone it is one of ``timezone``.

    >>> moment("2025-03-01", "UTC", "--from"), moment("2025-03-01T01:00+01:00", "UTC", "--from")
    (1740787200000000, 1740787200000000)
    """
    try:
        if len(text) == len("2025-03-01"):
            read = datetime.combine(date.fromisoformat(text), time())
        else:
            read = datetime.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(
            f"{option} {text[:40]!r} is not a moment.\n\n"
            "Hint: give a day or a time, such as 2025-03-01 or 2025-03-01T12:30:00Z."
        ) from error
    aware = read if read.tzinfo is not None else read.replace(tzinfo=ZoneInfo(timezone))
    return (aware - _EPOCH) // timedelta(microseconds=1)
