"""Who pays: users with an income, a rhythm, favourite merchants and turns in their lives."""

from dataclasses import dataclass, fields
from typing import Final

import numpy as np

from outlay.sources.synthetic.codes import Flags, Floats, Ints, chance

REGULAR, NIGHT_SHIFT, BUSINESS, SELDOM = range(4)
SHARES: Final = (0.81, 0.06, 0.06, 0.07)
FAVOURITES: Final = 48
NEVER: Final = 1e9

#                          purchase payment transfer cash bill
MIX: Final = np.array([0.46, 0.24, 0.13, 0.10, 0.07])


@dataclass(frozen=True, slots=True)
class People:
    """One entry a user in every array; days count from the start, NEVER where it does not happen."""

    number: Ints
    kind: Ints
    income: Floats
    scale: Floats
    outings_a_day: Floats
    spread: Floats
    peaks: Floats
    weekdays: Floats
    mix: Floats
    explores: Floats
    favourites: Ints
    payday: Ints
    salaried: Flags
    top_up: Floats
    rent: Floats
    n_debits: Ints
    has_tablet: Flags
    raise_day: Floats
    raise_factor: Floats
    holiday_start: Floats
    holiday_end: Floats
    holiday_country: Ints
    moved_day: Floats
    phone_day: Floats
    pause_start: Floats
    pause_end: Floats

    def __len__(self) -> int:
        """Return the number of users."""
        return len(self.kind)

    def block(self, start: int, stop: int) -> "People":
        """Return the users from ``start`` up to ``stop``."""
        return People(**{f.name: getattr(self, f.name)[start:stop] for f in fields(self)})


def _happens(rng: np.random.Generator, n: int, share: float, low: float, high: float) -> Floats:
    day = rng.uniform(low, high, n)
    return np.where(chance(rng, share, n), day, NEVER)


def _activity(rng: np.random.Generator, kind: Ints) -> Floats:
    n = len(kind)
    usual = np.exp(rng.normal(np.log(0.38), 0.7, n)).clip(0.08, 5)
    busy = rng.uniform(1.0, 7.0, n)
    seldom = rng.uniform(0.06, 0.18, n)
    return np.select([kind == BUSINESS, kind == SELDOM], [busy, seldom], usual)


def _peaks(rng: np.random.Generator, kind: Ints) -> Floats:
    """Return the two hours round which a user's day turns; night shifts live ten hours later."""
    n = len(kind)
    peaks = np.column_stack([rng.normal(12.3, 1.2, n), rng.normal(18.2, 1.3, n)])
    return np.asarray(peaks + np.where(kind == NIGHT_SHIFT, 10.0, 0.0)[:, None])


def _mix(rng: np.random.Generator, n: int) -> Floats:
    mix = rng.gamma(MIX * 12, size=(n, len(MIX)))
    return np.asarray(np.cumsum(mix / mix.sum(axis=1, keepdims=True), axis=1))


def zipf(rng: np.random.Generator, n_choices: int, size: int | tuple[int, ...]) -> Ints:
    """Draw ranks 0, 1, … with probability about 1 / (rank + 1)."""
    return (n_choices ** rng.random(size)).astype(np.int64) - 1


def make_people(rng: np.random.Generator, users: int, days: int, merchants: int) -> People:
    """Draw ``users`` people with the turns their lives take within ``days``."""
    kind = rng.choice(4, users, p=SHARES).astype(np.int64)
    income = np.exp(rng.normal(np.log(2600), 0.45, users)) * np.where(kind == BUSINESS, 3.0, 1.0)
    weekdays = rng.gamma(np.array([9, 9, 9, 10, 13, 13, 8]) * 0.6, size=(users, 7))
    holiday = _happens(rng, users, 0.15, 0.1 * days, days)
    pause = _happens(rng, users, 0.10, 0.1 * days, days)
    return People(
        number=np.arange(users),
        kind=kind,
        income=income,
        scale=(income / 2600) ** 0.8,
        outings_a_day=_activity(rng, kind),
        spread=rng.uniform(0.35, 0.75, users),
        peaks=_peaks(rng, kind),
        weekdays=np.cumsum(weekdays / weekdays.sum(axis=1, keepdims=True), axis=1),
        mix=_mix(rng, users),
        explores=rng.uniform(0.04, 0.2, users),
        favourites=zipf(rng, merchants, (users, FAVOURITES)),
        payday=rng.choice([1, 15, 25, 27, 28, 30], users).astype(np.int64),
        salaried=chance(rng, 0.3, users) & (kind != BUSINESS),
        top_up=np.maximum(20, (income * rng.uniform(0.03, 0.09, users) / 20).round() * 20),
        rent=np.where(
            chance(rng, 0.35, users), (income * rng.uniform(0.2, 0.4, users)) // 5 * 5, 0
        ),
        n_debits=rng.integers(0, 5, users),
        has_tablet=chance(rng, 0.4, users),
        raise_day=_happens(rng, users, 0.06, 0.2 * days, days),
        raise_factor=rng.uniform(1.25, 1.9, users),
        holiday_start=holiday,
        holiday_end=holiday + rng.uniform(5, 16, users),
        holiday_country=rng.integers(1, 10, users),
        moved_day=_happens(rng, users, 0.05, 0.2 * days, days),
        phone_day=_happens(rng, users, 0.12, 0.1 * days, days),
        pause_start=pause,
        pause_end=pause + rng.uniform(18, 45, users),
    )
