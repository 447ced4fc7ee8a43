"""A user's profile as sentences."""

from typing import TYPE_CHECKING, Final

from outlay.schema.money import money

if TYPE_CHECKING:
    from outlay.pipeline.live.profile import UserProfile

_FEW: Final = 5
"""Payments below which nothing is usual."""
_OFTEN: Final = 1.5
"""How much more often than on any other day, for a weekday to be worth a word."""
_TYPES: Final = 3


def lines(user: "UserProfile") -> list[str]:
    """Return what is usual for a user, in plain words."""
    said = [_history(user)]
    if user.payments < _FEW:
        return [*said, "too few payments to say what is usual"]
    said += [_usually(user), _sizes(user), *_days(user), *_types(user), *_met(user)]
    return said


def _history(user: "UserProfile") -> str:
    payments = "1 payment" if user.payments == 1 else f"{user.payments:,} payments"
    judged = "" if user.assessed else "; judged against all users for now"
    return f"{payments} from {user.first_seen[:10]} to {user.last_seen[:10]}{judged}"


def _usually(user: "UserProfile") -> str:
    low, high = money(user.amounts.p10), money(user.amounts.p90, user.currency)
    hours = user.usual_hours
    when = "at all hours" if hours is None else f"between {hours.begin:02} and {hours.end:02}"
    return f"usually pays {low} to {high} {when} ({user.timezone})"


def _sizes(user: "UserProfile") -> str:
    median, p95, most = (
        money(value, user.currency)
        for value in (user.amounts.median, user.amounts.p95, user.amounts.max)
    )
    return f"half of the payments are below {median}, 95 % below {p95}; the largest was {most}"


def _days(user: "UserProfile") -> list[str]:
    even = user.payments / len(user.weekdays)
    often = [day.capitalize() for day, n in user.weekdays.items() if n > _OFTEN * even]
    never = [day.capitalize() for day, n in user.weekdays.items() if n == 0]
    said = []
    if often:
        said.append(f"pays mostly on {_listed(often)}")
    if never:
        said.append(f"never paid on {_listed(never)}")
    return said


def _types(user: "UserProfile") -> list[str]:
    named = [name for name in user.types if name not in {"other", "unknown"}]
    if not named:
        return []
    shares = (
        f"{name.replace('_', ' ')} ({user.types[name] / user.payments:.0%})"
        for name in named[:_TYPES]
    )
    return [f"most frequent types: {', '.join(shares)}"]


def _met(user: "UserProfile") -> list[str]:
    ledger = user.ledger
    told = [
        _counted(ledger.counterparties, "counterparty", "counterparties"),
        _counted(ledger.devices, "device", "devices"),
        _counted(ledger.countries, "country", "countries"),
    ]
    some = [each for each in told if each]
    if not some:
        return []
    return [f"in the last {ledger.payments:,} payments: {_listed(some)}"]


def _counted(n: int, one: str, many: str) -> str:
    return f"{n:,} {one if n == 1 else many}" if n else ""


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
