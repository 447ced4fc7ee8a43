"""Where people pay: merchants with their prices and countries, shared by all users."""

from dataclasses import dataclass

import numpy as np

from outlay.sources.synthetic.codes import COUNTRIES, Floats, Ints, chance
from outlay.sources.synthetic.people import zipf


@dataclass(frozen=True, slots=True)
class World:
    """The merchants, and how long the story lasts."""

    days: int
    price: Floats
    country: Ints
    limit: float

    @property
    def merchants(self) -> int:
        """Return how many merchants there are at home and online."""
        return len(self.price)

    def holiday_merchants(self, rng: np.random.Generator, country: Ints) -> Ints:
        """Draw a merchant in each ``country``; nobody's favourites, numbered after those at home."""
        return self.merchants + country * 400 + zipf(rng, 400, len(country))


def make_world(rng: np.random.Generator, users: int, days: int, limit: float) -> World:
    """Draw as many merchants as ``users`` people keep alive."""
    n = max(300, users // 2)
    foreign = chance(rng, 0.06, n)
    return World(
        days=days,
        price=np.exp(rng.normal(0.0, 0.5, n)),
        country=np.where(foreign, rng.integers(1, len(COUNTRIES), n), 0),
        limit=limit,
    )
