"""What people pay for, and how harmless turns of life change it."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from outlay.sources.synthetic import codes as c
from outlay.sources.synthetic.codes import Flags, Floats, Ints, Rows
from outlay.sources.synthetic.outings import outings
from outlay.sources.synthetic.people import FAVOURITES, People, zipf
from outlay.sources.synthetic.world import World

LEVEL: Final = np.array([17.0, 32.0, 60.0, 70.0, 75.0])
"""The usual amount of each everyday type, for a median income."""

NOTED_DAYS: Final = 30
"""For how long after a lasting change the payments that show it carry its note."""

PEOPLE_NEAR: Final = 6
"""How many persons somebody sends money to again and again."""


def everyday(rng: np.random.Generator, people: People, world: World) -> Rows:
    """Make the payments that people decide upon themselves."""
    user, time, note = outings(rng, people, world.days)
    errand = _errands(rng, people, user, time, note)
    party, country = _where(rng, people, world, errand)
    rows = c.payments(
        user=user,
        time=time,
        amount=_amounts(rng, people, world, errand, party),
        type=errand.kind,
        party=party,
        channel=c.CHANNEL_OF[errand.kind],
        country=country,
        device=np.where(_online(errand.kind), device(rng, people, user, errand.day), c.NO_DEVICE),
        note=_notes(people, errand, note),
    )
    _big_buys(rng, people, rows)
    rows["amount"] = _rounded(rng, rows["amount"], errand.kind)
    return rows


@dataclass(frozen=True, slots=True)
class Errands:
    """Who pays for what kind of thing, on which day (with its fraction), and whether on holiday."""

    user: Ints
    kind: Ints
    day: Floats
    abroad: Flags


def _errands(
    rng: np.random.Generator, people: People, user: Ints, time: Floats, note: Ints
) -> Errands:
    day = time / c.DAY
    kind = (rng.random(len(user))[:, None] > people.mix[user]).sum(axis=1).clip(max=c.BILL)
    kind = np.where(note == c.NIGHT_OUT, c.PURCHASE, kind)
    away = (people.holiday_start[user] <= day) & (day < people.holiday_end[user])
    return Errands(user, kind, day, away & ((kind == c.PURCHASE) | (kind == c.CASH)))


def _where(
    rng: np.random.Generator, people: People, world: World, errand: Errands
) -> tuple[Ints, Ints]:
    """Return counterparty and country of each payment."""
    user, kind, day, abroad = errand.user, errand.kind, errand.day, errand.abroad
    n = len(user)
    half = FAVOURITES // 2
    rank = zipf(rng, half, n)
    moved = (day >= people.moved_day[user]) & c.chance(rng, 0.8, n)
    usual = people.favourites[user, rank + np.where(moved, half, 0)]
    shop = np.where(rng.random(n) < people.explores[user], zipf(rng, world.merchants, n), usual)
    country = np.where(kind <= c.PAYMENT, world.country[shop], 0)
    shop = np.where(abroad, world.holiday_merchants(rng, people.holiday_country[user]), shop)
    friend = people.number[user] * 97 % 100_003 + zipf(rng, PEOPLE_NEAR, n)
    friend = np.where(c.chance(rng, 0.15, n), rng.integers(0, 100_003, n), friend)
    machine = people.favourites[user, rank % 4] % 997 + np.where(abroad, 1_000, 0)
    biller = 10_000_000 + people.favourites[user, rank % 5]
    party = np.choose(kind, [shop, shop, friend + c.PERSON, machine + c.MACHINE, biller])
    return party, np.where(abroad, people.holiday_country[user], country)


def _amounts(
    rng: np.random.Generator, people: People, world: World, errand: Errands, party: Ints
) -> Floats:
    """Return amounts about the user's level and the merchant's prices, now and then a dear one."""
    user, kind = errand.user, errand.kind
    n = len(user)
    price = np.where(kind <= c.PAYMENT, world.price[party % world.merchants], 1.0)
    noise = np.exp(rng.normal(0.0, 1.0, n) * people.spread[user])
    dear = np.where(c.chance(rng, 0.02, n), np.exp(rng.uniform(0.5, 1.8, n)), 1.0)
    raised = np.where(errand.day >= people.raise_day[user], people.raise_factor[user], 1.0)
    holiday = np.where(errand.abroad, 1.6, 1.0)
    usual = LEVEL[kind] * people.scale[user] * price
    return np.asarray(usual * noise * dear * raised * holiday)


def _big_buys(rng: np.random.Generator, people: People, rows: Rows) -> None:
    """Turn a payment of about one user in seven into a furniture, a repair, a laptop."""
    n = len(rows["user"])
    some = c.chance(rng, 0.14 * len(people) / max(n, 1), n)
    some &= (rows["type"] <= c.TRANSFER) & (rows["note"] == 0)
    scale = people.scale[rows["user"].astype(np.int64)]
    amount = LEVEL[c.TRANSFER] * scale * np.exp(rng.uniform(np.log(3), np.log(14), n))
    rows["amount"] = np.where(some, amount, rows["amount"])
    rows["note"] = np.where(some, c.BIG_BUY, rows["note"])


def _online(kind: Ints) -> Flags:
    """Tell what is paid by a device; tills and machines have none."""
    return np.isin(kind, (c.PAYMENT, c.TRANSFER, c.BILL))


def device(rng: np.random.Generator, people: People, user: Ints, day: Floats) -> Ints:
    """Return the user's device of that day: the phone, a new phone, or the tablet."""
    phone = np.where(day >= people.phone_day[user], 2, 0)
    tablet = people.has_tablet[user] & c.chance(rng, 0.25, len(user))
    return people.number[user] * 8 + np.where(tablet, 1, phone)


def _notes(people: People, errand: Errands, note: Ints) -> Ints:
    user, day = errand.user, errand.day

    def lately(since: Floats) -> Flags:
        return (day >= since[user]) & (day < since[user] + NOTED_DAYS)

    back = (day >= people.pause_end[user]) & (day < people.pause_end[user] + 3)
    told: list[tuple[Flags, Ints | int]] = [
        (note > 0, note),
        (errand.abroad, c.HOLIDAY),
        (back, c.PAUSE),
        (lately(people.phone_day), c.NEW_PHONE),
        (lately(people.moved_day), c.MOVED),
        (lately(people.raise_day), c.RAISE),
    ]
    return np.select([holds for holds, _ in told], [np.asarray(text) for _, text in told], 0)


def _rounded(rng: np.random.Generator, amount: Floats, kind: Ints) -> Floats:
    """Round as people do: cash to tens, transfers often to fives, prices to cents or ,99."""
    n = len(amount)
    fives = (kind == c.TRANSFER) & c.chance(rng, 0.7, n)
    nines = (kind <= c.PAYMENT) & c.chance(rng, 0.25, n)
    return np.select(
        [kind == c.CASH, fives, nines],
        [
            np.maximum(10, (amount / 10).round() * 10),
            np.maximum(5, (amount / 5).round() * 5),
            np.maximum(1, np.floor(amount)) - 0.01,
        ],
        np.maximum(0.5, amount).round(2),
    ).round(2)
