"""A user in plain words and figures: what is usual for them, as far as is known."""

from typing import Final

import msgspec

from outlay.pipeline.live.decision import rfc3339
from outlay.pipeline.live.glance import Glance
from outlay.pipeline.live.payment import payment_of
from outlay.pipeline.live.profile_words import lines
from outlay.pipeline.live.states import to_words
from outlay.pipeline.model import Model
from outlay.store import Reading, Store

_MOST_ROWS: Final = 20_000
"""Ledger rows that are looked at for one user."""
WEEKDAYS: Final = (
    *("monday", "tuesday", "wednesday", "thursday"),
    *("friday", "saturday", "sunday"),
)


class Amounts(msgspec.Struct, frozen=True):
    """The user's payments by size."""

    mean: float
    median: float
    p10: float
    p90: float
    p95: float
    min: float
    max: float


class Hours(msgspec.Struct, frozen=True):
    """A stretch of the day, local time: from this hour until that one, which is not in it."""

    begin: int
    end: int


class InLedger(msgspec.Struct, frozen=True):
    """What of the user stands in the ledger, and is therefore told one by one."""

    payments: int
    alerts: int
    late: int
    counterparties: int
    devices: int
    countries: int


class UserProfile(msgspec.Struct, frozen=True):
    """One user.

    Parameters
    ----------
    payments
        So far; those that the model was trained on count.
    assessed
        Whether that is enough for the user to be judged by their own habits.
    currency, timezone
        What amounts are counted in, and where the hours are told.
    usual_hours
        The shortest stretch of the day with nine in ten of the payments; none where there is none.
    met
        Counterparties, devices and countries met so far, together.
    lines
        The same in plain words.
    """

    user_id: str
    payments: int
    assessed: bool
    first_seen: str
    last_seen: str
    currency: str | None
    timezone: str
    amounts: Amounts
    usual_hours: Hours | None
    hours: dict[str, int]
    weekdays: dict[str, int]
    types: dict[str, int]
    met: int
    ledger: InLedger
    lines: list[str]


def profile(store: Store, user_id: str, *, model: Model) -> UserProfile | None:
    """Return what is known of a user; None where nothing is."""
    with store.reading() as reading:
        user = reading.user(user_id)
        if user is None or user.state is None:
            return None
        glance = Glance.of(to_words(user.state, user_id))
        ledger, types = _in_ledger(reading, user_id)
    bare = _profile(user_id, glance, ledger, {*model.population.types, *types}, model)
    return msgspec.structs.replace(bare, lines=lines(bare))


def _profile(
    user_id: str, glance: Glance, ledger: InLedger, types: set[str], model: Model
) -> UserProfile:
    hours = glance.usual_hours()
    return UserProfile(
        user_id=user_id,
        payments=glance.n,
        assessed=glance.n >= model.config.policy.min_history,
        first_seen=rfc3339(glance.first_seen),
        last_seen=rfc3339(glance.last_seen),
        currency=model.currency,
        timezone=model.config.input.timezone,
        amounts=Amounts(
            mean=glance.amount_mean,
            median=glance.amount(0.5),
            p10=glance.amount(0.1),
            p90=glance.amount(0.9),
            p95=glance.amount(0.95),
            min=glance.amount_min,
            max=glance.amount_max,
        ),
        usual_hours=None if hours is None else Hours(*hours),
        hours={f"{hour:02}": n for hour, n in enumerate(glance.hours)},
        weekdays=dict(zip(WEEKDAYS, glance.weekdays, strict=True)),
        types=glance.named_types(sorted(types)),
        met=glance.met,
        ledger=ledger,
        lines=[],
    )


def _in_ledger(reading: Reading, user_id: str) -> tuple[InLedger, set[str]]:
    """Count the user's rows, and return the types that occur in them."""
    seen: dict[str, set[str | None]] = {
        name: set() for name in ("counterparty_id", "device_id", "country", "transaction_type")
    }
    payments = alerts = late = 0
    for row in reading.ledger(user_id=user_id):
        payments += 1
        alerts += row.decision.is_alert
        late += row.entry.late
        payment = payment_of(row.entry.content)
        for name, values in seen.items():
            values.add(getattr(payment, name))
        if payments >= _MOST_ROWS:
            break
    known = {name: {value for value in values if value} for name, values in seen.items()}
    counts = (len(known[name]) for name in ("counterparty_id", "device_id", "country"))
    return InLedger(payments, alerts, late, *counts), known["transaction_type"]
