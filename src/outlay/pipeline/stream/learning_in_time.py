"""The model, learned from the drawn users of an input in time order: a walk of their own."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from outlay.features import Pasts, Population, Records, Walk
from outlay.features.counterparties import CounterpartyWalk
from outlay.features.state import States
from outlay.pipeline.ask import looked_at
from outlay.pipeline.draw import buckets_of, drawn
from outlay.pipeline.model import Model
from outlay.pipeline.settings import Config
from outlay.pipeline.stream.ahead import Ahead, behind, side_by_side
from outlay.pipeline.stream.judging import kept
from outlay.pipeline.stream.learning import period
from outlay.pipeline.stream.taken import Taken
from outlay.pipeline.stream.walking import keep_met
from outlay.pipeline.train import Seen, learn, made_detectors

Floats = NDArray[np.float64]

Drawn = tuple[Records, Floats]
"""What was drawn of a chunk's payments, and of the counterparties' features."""

_AT_ONCE: Final = 1 << 17
"""Drawn payments that are walked through at a time, of several chunks: of each they are few."""
_READ: Final = 2
"""Chunks that are read at a time, however many cores there are: each is in memory."""
_AHEAD: Final = 4
"""Chunks that may be ahead of the walk, which stands still now and then."""
_ROOM_A_ROW: Final = 1_000
_ROOM_A_USER: Final = 4_000
_ROOM_AT_LEAST: Final = 1 << 20
"""A payment lengthens a state by 128 bytes at most, and a state that grows leaves smaller slots."""


def learned_in_time(
    taken: Taken, config: Config, currency: str | None, ready: Callable[[Population], object]
) -> Model:
    """Learn from the users that were drawn; the model says where the counterparties stand.

    ``ready`` is told the prior as soon as a walk through all transactions has what it needs.
    """
    sample = Sample(taken, drawn(taken.counts, config.train.max_rows))
    transactions = pl.concat(list(sample.transactions()), rechunk=True)
    population = Population.fit(transactions, config.input.timezone)
    others = CounterpartyWalk(population, taken.who)
    wanted = looked_at(made_detectors(config, currency))
    features = pl.concat(list(sample.features(population, others, wanted)), rechunk=True)
    ready(population)
    table = kept(transactions).hstack(features)
    model, _ = learn(table, population, config, currency, Seen(taken.total, 0, *period(taken)))
    return replace(model, pasts=Pasts(States.empty(), others.states()))


@dataclass(frozen=True)
class Sample:
    """The transactions of the users in the first ``cut`` buckets, in the order of the input."""

    taken: Taken
    cut: int

    @cached_property
    def _is_drawn(self) -> NDArray[np.bool_]:
        return buckets_of(self.taken.who.users.names()) < self.cut

    def _room(self) -> int:
        """Return more bytes than the users' states can need; what they do not is not taken."""
        rows = int(self.taken.counts[: self.cut].sum())
        return _ROOM_A_ROW * rows + _ROOM_A_USER * int(self._is_drawn.sum()) + _ROOM_AT_LEAST

    def transactions(self) -> Iterator[pl.DataFrame]:
        """Yield them chunk by chunk, some of which are read at a time."""
        yield from side_by_side(self._of_chunk, range(len(self.taken.chunks)), _READ)

    def _of_chunk(self, at: int) -> pl.DataFrame:
        payments = self.taken.walked(at)
        places = np.sort(payments["place"][self._is_drawn[payments["user"]]])
        return self.taken.some(at, places)

    def features(
        self, population: Population, others: CounterpartyWalk, wanted: Collection[str] | None
    ) -> Iterator[pl.DataFrame]:
        """Yield their features; ``others`` goes through all payments, and what it finds is kept."""
        walk = Walk(population, self.taken.who, self._room())
        for window in _together(Ahead(self._drawn(others), _AHEAD)):
            payments, met = [mine for mine, _ in window], [theirs for _, theirs in window]
            yield from walk.steps(payments, met, wanted)

    def _drawn(self, others: CounterpartyWalk) -> Iterator[Drawn]:
        with behind() as later:
            for at in range(len(self.taken.chunks)):
                payments = self.taken.walked(at)
                met = others.step(payments)
                later(keep_met, self.taken.folder, at, met)
                mine = payments[self._is_drawn[payments["user"]]]
                places = np.sort(mine["place"])
                mine["place"] = np.searchsorted(places, mine["place"])
                yield mine, met[:, places]


def _together(drawn: Iterable[Drawn]) -> Iterator[list[Drawn]]:
    """Yield what follows each other and is not too much at once."""
    window: list[Drawn] = []
    for each in drawn:
        if window and sum(payments.size for payments, _ in window) + each[0].size > _AT_ONCE:
            yield window
            window = []
        window.append(each)
    yield window
