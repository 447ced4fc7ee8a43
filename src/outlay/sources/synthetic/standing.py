"""What comes by itself: salaries, rents, subscriptions, takings, top-ups, refunds."""

import numpy as np

from outlay.sources.synthetic import codes as c
from outlay.sources.synthetic.codes import Floats, Ints, Rows
from outlay.sources.synthetic.habits import device
from outlay.sources.synthetic.outings import hours
from outlay.sources.synthetic.people import BUSINESS, People

MONTH = 30.4


def standing(rng: np.random.Generator, people: People, days: int) -> list[Rows]:
    """Make the payments nobody decides upon on the day."""
    return [
        _salaries(rng, people, days),
        _rents(rng, people, days),
        _debits(rng, people, days),
        _takings(rng, people, days),
        _top_ups(rng, people, days),
    ]


def _monthly(users: Ints, first_day: Ints, days: int) -> tuple[Ints, Ints, Floats]:
    """Return index into ``users``, user and day of something that happens every month."""
    months = int(days // MONTH) + 2
    which = np.repeat(np.arange(len(users)), months)
    month = np.tile(np.arange(months), len(users))
    day = np.floor((month - 1) * MONTH) + first_day[which]
    here = (day >= 0) & (day < days)
    return which[here], users[which[here]], day[here]


def _salaries(rng: np.random.Generator, people: People, days: int) -> Rows:
    paid = np.flatnonzero(people.salaried)
    _, user, day = _monthly(paid, people.payday[paid], days)
    raised = np.where(day >= people.raise_day[user], people.raise_factor[user], 1.0)
    amount = people.income[user] * raised * (1 + 0.01 * rng.standard_normal(len(user)))
    return c.payments(
        user=user,
        time=day * c.DAY + rng.uniform(5, 9, len(user)) * c.HOUR,
        amount=amount.round(2),
        type=np.full(len(user), c.DEPOSIT),
        party=c.EMPLOYER + people.number[user] * 31 % 1_999,
        channel=np.full(len(user), c.STANDING),
        note=np.where((raised > 1) & (day < people.raise_day[user] + 31), c.RAISE, 0),
    )


def _rents(rng: np.random.Generator, people: People, days: int) -> Rows:
    tenants = np.flatnonzero(people.rent > 0)
    _, user, day = _monthly(tenants, np.ones(len(tenants), np.int64), days)
    moved = day >= people.moved_day[user]
    return c.payments(
        user=user,
        time=day * c.DAY + rng.uniform(6, 8, len(user)) * c.HOUR,
        amount=(people.rent[user] * np.where(moved, 1.25, 1.0)).round(2),
        type=np.full(len(user), c.TRANSFER),
        party=c.PERSON + 200_000 + people.number[user] * 2 + moved,
        channel=np.full(len(user), c.STANDING),
        note=np.where(moved & (day < people.moved_day[user] + 31), c.MOVED, 0),
    )


def _debits(rng: np.random.Generator, people: People, days: int) -> Rows:
    """Make subscriptions: the same sum on the same day of the month, in the small hours."""
    users = np.repeat(np.arange(len(people)), people.n_debits)
    price = np.floor(np.exp(rng.normal(np.log(13), 0.7, len(users)))) + 0.99
    provider = rng.integers(0, 60, len(users))
    which, user, day = _monthly(users, rng.integers(0, 30, len(users)), days)
    return c.payments(
        user=user,
        time=day * c.DAY + rng.uniform(1, 6, len(user)) * c.HOUR,
        amount=price[which],
        type=np.full(len(user), c.DEBIT),
        party=20_000_000 + provider[which],
        channel=np.full(len(user), c.STANDING),
    )


def _takings(rng: np.random.Generator, people: People, days: int) -> Rows:
    """Make a small business's deposits: most evenings, larger than a private person's payments."""
    shops = np.flatnonzero(people.kind == BUSINESS)
    user = np.repeat(shops, days)
    day = np.tile(np.arange(days), len(shops))
    here = c.chance(rng, 0.35, len(user))
    user, day = user[here], day[here]
    amount = people.income[user] / 5 * np.exp(rng.normal(0, 0.7, len(user)))
    return c.payments(
        user=user,
        time=day * c.DAY + rng.normal(19, 1, len(user)) * c.HOUR,
        amount=amount.round(-1) + 10,
        type=np.full(len(user), c.DEPOSIT),
        party=c.MACHINE + 5_000 + people.number[user] % 977,
        channel=np.full(len(user), c.ATM),
    )


def _top_ups(rng: np.random.Generator, people: People, days: int) -> Rows:
    """Fill the wallets of those whose salary goes elsewhere, mostly by the same round sum."""
    filled = np.flatnonzero(~people.salaried & (people.kind != BUSINESS))
    often = (0.05 + 0.1 * people.outings_a_day[filled]).clip(max=0.3)
    user = np.repeat(filled, rng.poisson(often * days))
    n = len(user)
    day = rng.integers(0, days, n)
    here = (day < people.pause_start[user]) | (day >= people.pause_end[user])
    user, day = user[here], day[here]
    times = rng.choice([1.0, 1.0, 1.0, 1.0, 0.5, 1.5, 2.0], len(user))
    return c.payments(
        user=user,
        time=day * c.DAY + hours(rng, people, user) * c.HOUR,
        amount=(people.top_up[user] * times).round(2),
        type=np.full(len(user), c.TOP_UP),
        party=c.EMPLOYER + 50_000 + people.number[user] * 7 % 211,
        channel=np.full(len(user), c.APP),
        device=device(rng, people, user, day.astype(np.float64)),
    )


def refunds(rng: np.random.Generator, rows: Rows) -> Rows:
    """Give back the full amount of one purchase in eighty, some days later."""
    shop = (rows["type"] <= c.PAYMENT) & c.chance(rng, 0.0125, len(rows["user"]))
    back = c.keep(rows, shop)
    n = len(back["user"])
    back["time"] = np.floor(back["time"] / c.DAY + rng.uniform(2, 9, n)) * c.DAY
    back["time"] = back["time"] + rng.uniform(8, 18, n) * c.HOUR
    back["type"] = np.full(n, c.REFUND)
    back["channel"] = np.full(n, c.CARD)
    back["device"] = np.full(n, c.NO_DEVICE)
    back["note"] = np.zeros(n, np.int64)
    return back
