"""When people pay: outings on the days and at the hours that are theirs."""

from typing import Final

import numpy as np

from outlay.sources.synthetic.codes import DAY, HOUR, NIGHT_OUT, Floats, Ints, chance
from outlay.sources.synthetic.people import People

PAYMENTS_AN_OUTING: Final = 1.4
GAP: Final = 20 * 60.0
Moments = tuple[Ints, Floats, Ints]
"""User, second since the start, note."""


def outings(rng: np.random.Generator, people: People, days: int) -> Moments:
    """Return who pays when; an outing is one or several payments some minutes apart."""
    parts = [
        _usual(rng, people, days),
        _holidays(rng, people, days),
        _nights_out(rng, people, days),
    ]
    user, start, note = (np.concatenate(column) for column in zip(*parts, strict=True))
    size = rng.geometric(1 / PAYMENTS_AN_OUTING, len(user)).clip(max=6)
    payment = np.repeat(np.arange(len(user)), size)
    within = np.arange(len(payment)) - np.repeat(np.cumsum(size) - size, size)
    gaps = rng.exponential(GAP, len(payment)) * within
    time = start[payment] + gaps
    here = (time >= 0) & (time < days * DAY)
    return user[payment][here], time[here], note[payment][here]


def _usual(rng: np.random.Generator, people: People, days: int) -> Moments:
    weeks = days // 7 + 1
    counts = rng.poisson(people.outings_a_day * weeks * 7)
    user = np.repeat(np.arange(len(people)), counts)
    weekday = (rng.random(len(user))[:, None] > people.weekdays[user]).sum(axis=1).clip(max=6)
    day = rng.integers(0, weeks, len(user)) * 7 + weekday
    paused = (people.pause_start[user] <= day) & (day < people.pause_end[user])
    here = (day < days) & ~paused
    user, day = user[here], day[here]
    return user, day * DAY + hours(rng, people, user) * HOUR, np.zeros(len(user), np.int64)


def _holidays(rng: np.random.Generator, people: People, days: int) -> Moments:
    """Return the outings that a holiday adds to the usual ones."""
    length = np.where(people.holiday_start < days, people.holiday_end - people.holiday_start, 0.0)
    counts = rng.poisson(length * (0.4 + 0.6 * people.outings_a_day))
    user = np.repeat(np.arange(len(people)), counts)
    day = np.floor(people.holiday_start[user] + rng.random(len(user)) * length[user])
    return user, day * DAY + hours(rng, people, user) * HOUR, np.zeros(len(user), np.int64)


def _nights_out(rng: np.random.Generator, people: People, days: int) -> Moments:
    """Return one late evening for one user in eight: from 22 to 3, several places."""
    user = np.repeat(np.flatnonzero(chance(rng, 0.125, len(people))), 3)
    day = np.repeat(rng.integers(0, days, len(user) // 3), 3)
    time = day * DAY + rng.uniform(22, 27, len(user)) * HOUR
    return user, time, np.full(len(user), NIGHT_OUT)


def hours(rng: np.random.Generator, people: People, user: Ints) -> Floats:
    """Draw an hour of the day for each payment from its user's rhythm."""
    n = len(user)
    evening = chance(rng, 0.55, n)
    peak = people.peaks[user, evening.astype(np.int64)]
    own = peak + rng.normal(0, 1.0, n) * np.where(evening, 2.0, 1.6)
    hour = np.where(chance(rng, 0.1, n), rng.uniform(7, 23, n), own)
    return np.where(chance(rng, 0.01, n), rng.uniform(0, 24, n), hour) % 24
