"""What thieves do: labelled series of payments that overlap with what honest people do."""

from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from outlay.sources.synthetic import codes as c
from outlay.sources.synthetic.codes import Floats, Ints, Rows
from outlay.sources.synthetic.habits import LEVEL, PEOPLE_NEAR
from outlay.sources.synthetic.outings import hours
from outlay.sources.synthetic.people import BUSINESS, People
from outlay.sources.synthetic.world import World

T = TypeVar("T", bound=np.generic)

SIZES: Final = {
    c.TAKEOVER: (3, 10),
    c.LARGE: (1, 1),
    c.TESTING: (8, 24),
    c.NIGHT_CASH: (2, 5),
    c.DORMANT: (2, 6),
    c.STRUCTURING: (3, 7),
}
"""Fewest and most payments of a campaign."""

CHANCES: Final = {
    c.TAKEOVER: 0.17,
    c.LARGE: 0.33,
    c.TESTING: 0.08,
    c.NIGHT_CASH: 0.16,
    c.DORMANT: 0.11,
    c.STRUCTURING: 0.15,
}
MEAN_SIZE: Final = sum(share * sum(SIZES[s]) / 2 for s, share in CHANCES.items())
QUIET_START: Final = 0.3
"""No campaign in this first share of the days: there must be habits to break."""

SILENCE: Final = 35.0
"""Days without a payment before a dormant account wakes up (or QUIET_START, if that is less)."""


@dataclass(frozen=True, slots=True)
class Campaigns:
    """One entry a campaign: its victim, what is done, and the day it starts."""

    user: Ints
    scenario: Ints
    day: Floats

    def block(self, start: int, stop: int) -> "Campaigns":
        """Return the campaigns against users from ``start`` up to ``stop``, numbered from 0."""
        here = (self.user >= start) & (self.user < stop)
        return Campaigns(self.user[here] - start, self.scenario[here], self.day[here])


def plan(
    rng: np.random.Generator, people: People, days: int, rows: float, share: float
) -> Campaigns:
    """Choose victims and days, so that about ``share`` of ``rows`` payments are fraud."""
    wanted = rows * share / MEAN_SIZE
    counts = {s: round(wanted * chance) for s, chance in CHANCES.items()}
    if share > 0:
        counts = {s: max(1, count) for s, count in counts.items()}
    scenario = np.repeat(list(counts), list(counts.values()))
    users = [_victims(rng, people, s, count) for s, count in counts.items()]
    day = rng.uniform(QUIET_START * days, max(days - 2, QUIET_START * days + 0.5), len(scenario))
    late = np.maximum(day, min(days - 1.5, SILENCE + 5))
    day = np.where(scenario == c.DORMANT, late, day)
    return Campaigns(np.concatenate(users), scenario, np.floor(day))


def _victims(rng: np.random.Generator, people: People, scenario: int, count: int) -> Ints:
    """Draw users; those who pay now and then go dormant, those with a business stay below limits."""
    weight: Floats = np.ones(len(people))
    if scenario == c.DORMANT:
        rate = people.outings_a_day
        between = (rate > np.quantile(rate, 0.2)) & (rate < np.quantile(rate, 0.7))
        weight = np.where(between, 1.0, 1e-9)
    if scenario == c.STRUCTURING:
        weight = people.income * np.where(people.kind == BUSINESS, 5.0, 1.0)
    return rng.choice(len(people), count, p=weight / weight.sum())


def silenced(rows: Rows, campaigns: Campaigns) -> c.Flags:
    """Mark payments of accounts that lie dormant until they are taken."""
    dormant = campaigns.scenario == c.DORMANT
    silence = min(SILENCE, float(campaigns.day.min(initial=SILENCE)))
    day = rows["time"] / c.DAY
    mask = np.zeros(len(day), np.bool_)
    order = np.argsort(rows["user"], kind="stable")
    users = rows["user"][order]
    for user, start in zip(campaigns.user[dormant], campaigns.day[dormant], strict=True):
        own = order[np.searchsorted(users, user) : np.searchsorted(users, user, side="right")]
        mask[own] |= (day[own] > start - silence) & (day[own] < start + 3)
    return mask


def campaign_rows(
    rng: np.random.Generator, people: People, campaigns: Campaigns, world: World
) -> list[Rows]:
    """Make the payments of every campaign, one scenario after the other."""
    makers = {
        c.TAKEOVER: _takeover,
        c.LARGE: _large,
        c.TESTING: _testing,
        c.NIGHT_CASH: _night_cash,
        c.DORMANT: _dormant,
        c.STRUCTURING: _structuring,
    }
    parts = []
    for scenario, make in makers.items():
        here = np.flatnonzero(campaigns.scenario == scenario)
        low, high = SIZES[scenario]
        size = rng.integers(low, high + 1, len(here))
        of = np.repeat(here, size)
        nth = np.arange(len(of)) - np.repeat(np.cumsum(size) - size, size)
        step = Steps(of, campaigns.user[of], campaigns.day[of] * c.DAY, nth, np.repeat(size, size))
        rows = make(rng, people, world, step)
        rows["scenario"] = np.full(len(of), scenario)
        parts.append(rows)
    return parts


@dataclass(frozen=True, slots=True)
class Steps:
    """One entry a payment of a campaign: which campaign, whose account, the how-manieth of how many."""

    campaign: Ints
    user: Ints
    midnight: Floats
    nth: Ints
    size: Ints

    def once(self, values: NDArray[T]) -> NDArray[T]:
        """Give every payment the value of its campaign's first payment."""
        first: NDArray[T] = values[np.arange(len(self.nth)) - self.nth]
        return first


def _mules(rng: np.random.Generator, step: Steps, at_most: int) -> Ints:
    """Return receivers nobody pays otherwise; a campaign shares ``at_most`` of them."""
    first = step.once(rng.integers(0, 100_003, len(step.user)))
    which = rng.integers(0, at_most, len(step.user))
    return np.asarray(c.PERSON + (first + which * 7_919) % 100_003)


def _known(people: People, step: Steps) -> Ints:
    """Return a person to whom the user may have sent money before."""
    return np.asarray(c.PERSON + people.number[step.user] * 97 % 100_003 + step.nth % PEOPLE_NEAR)


def _device(rng: np.random.Generator, people: People, step: Steps, stolen: float) -> Ints:
    """Return the thief's own device, or with chance ``stolen`` the user's."""
    own = step.once(c.chance(rng, stolen, len(step.user)))
    return np.asarray(people.number[step.user] * 8 + np.where(own, 0, 3 + step.campaign % 4))


def _after(rng: np.random.Generator, people: People, step: Steps, minutes: float) -> Floats:
    """Return times that start at an hour of the user's and go on every so many ``minutes``."""
    start = step.once(hours(rng, people, step.user))
    gaps = rng.exponential(minutes * 60, len(step.user)) * step.nth
    return np.asarray(step.midnight + start * c.HOUR + gaps)


def _takeover(rng: np.random.Generator, people: People, _: World, step: Steps) -> Rows:
    n = len(step.user)
    usual = LEVEL[c.TRANSFER] * people.scale[step.user]
    amount = usual * np.exp(step.once(rng.normal(1.1, 0.5, n)) + rng.normal(0, 0.4, n))
    start = step.once(rng.uniform(0, 24, n)) * c.HOUR
    kind = np.where(c.chance(rng, 0.75, n), c.TRANSFER, c.PAYMENT)
    abroad = step.once(c.chance(rng, 0.25, n))
    return c.payments(
        user=step.user,
        time=step.midnight + start + rng.exponential(12 * 60, n) * step.nth,
        amount=np.where(c.chance(rng, 0.5, n), (amount / 10).round() * 10 + 10, amount.round(2)),
        type=kind,
        party=_mules(rng, step, 3),
        channel=c.CHANNEL_OF[kind],
        country=np.where(abroad, 5, 0),
        device=_device(rng, people, step, stolen=0.3),
    )


def _large(rng: np.random.Generator, people: People, world: World, step: Steps) -> Rows:
    n = len(step.user)
    factor = np.exp(rng.uniform(np.log(6), np.log(30), n))
    kind = np.where(c.chance(rng, 0.6, n), c.TRANSFER, c.PAYMENT)
    shop = rng.integers(0, world.merchants, n)
    party = np.where(kind == c.TRANSFER, _mules(rng, step, 1), shop)
    known = c.chance(rng, 0.15, n) & (kind == c.TRANSFER)
    return c.payments(
        user=step.user,
        time=_after(rng, people, step, 30),
        amount=(LEVEL[c.TRANSFER] * people.scale[step.user] * factor).round(2),
        type=kind,
        party=np.where(known, _known(people, step), party),
        channel=c.CHANNEL_OF[kind],
        device=_device(rng, people, step, stolen=0.6),
    )


def _testing(rng: np.random.Generator, people: People, world: World, step: Steps) -> Rows:
    """Try the card with tiny sums, then buy with the last one or two payments."""
    n = len(step.user)
    buys = step.nth >= step.size - 1 - step.once(c.chance(rng, 0.5, n))
    dear = LEVEL[c.PAYMENT] * people.scale[step.user] * np.exp(rng.uniform(1.5, 3.2, n))
    shop = rng.integers(0, world.merchants, n)
    same = step.once(c.chance(rng, 0.5, n))
    shop = np.where(same & ~buys, step.once(shop), shop)
    start = step.once(rng.uniform(0, 24, n)) * c.HOUR
    return c.payments(
        user=step.user,
        time=step.midnight
        + start
        + np.where(buys, 40 * 60, 0)
        + step.nth * rng.uniform(40, 100, n),
        amount=np.where(buys, dear, rng.uniform(0.5, 4.0, n)).round(2),
        type=np.full(n, c.PAYMENT),
        party=shop,
        channel=np.full(n, c.ONLINE),
        country=world.country[shop],
        device=_device(rng, people, step, stolen=0.1),
    )


def _night_cash(rng: np.random.Generator, people: People, _: World, step: Steps) -> Rows:
    n = len(step.user)
    start = step.once(rng.uniform(1, 4.5, n)) * c.HOUR
    amount = LEVEL[c.CASH] * np.sqrt(people.scale[step.user]) * np.exp(rng.uniform(0.7, 2.0, n))
    machine = step.once(rng.integers(0, 997, n))
    return c.payments(
        user=step.user,
        time=step.midnight + start + rng.exponential(8 * 60, n) * step.nth,
        amount=(amount / 50).round() * 50 + 50,
        type=np.full(n, c.CASH),
        party=c.MACHINE + machine,
        channel=np.full(n, c.ATM),
    )


def _dormant(rng: np.random.Generator, people: People, _: World, step: Steps) -> Rows:
    n = len(step.user)
    usual = LEVEL[c.TRANSFER] * people.scale[step.user]
    return c.payments(
        user=step.user,
        time=_after(rng, people, step, 60 * 4),
        amount=(usual * np.exp(rng.normal(1.2, 0.5, n)) / 10).round() * 10 + 10,
        type=np.full(n, c.TRANSFER),
        party=_mules(rng, step, 2),
        channel=np.full(n, c.APP),
        device=_device(rng, people, step, stolen=0.3),
    )


def _structuring(rng: np.random.Generator, people: People, world: World, step: Steps) -> Rows:
    """Stay just below a limit: the full one for a business, a tenth of it for most people."""
    n = len(step.user)
    small = people.income[step.user] < world.limit / 2
    limit = world.limit * np.where(small, 0.1, 1.0)
    kind = np.where(step.once(c.chance(rng, 0.5, n)), c.TRANSFER, c.DEPOSIT)
    day = step.midnight + np.floor(step.nth * rng.uniform(0.1, 0.4, n)) * c.DAY
    return c.payments(
        user=step.user,
        time=day + rng.uniform(8, 20, n) * c.HOUR,
        amount=(limit * (1 - rng.uniform(0.002, 0.09, n)) / 5).round() * 5,
        type=kind,
        party=np.where(
            kind == c.TRANSFER,
            _mules(rng, step, 2),
            c.MACHINE + 5_000 + people.number[step.user] % 977,
        ),
        channel=np.where(kind == c.TRANSFER, c.APP, c.ATM),
        device=np.where(kind == c.TRANSFER, _device(rng, people, step, stolen=0.9), c.NO_DEVICE),
    )
