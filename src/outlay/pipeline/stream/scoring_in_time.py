"""Judging an input in time order by a trained model: a walk from where its users stand."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from outlay.decision import allot
from outlay.decision.budget import most_share
from outlay.features.counterparties import CounterpartyWalk
from outlay.features.state import Counterparties
from outlay.pipeline.model import Model
from outlay.pipeline.stream.judging import all_shares
from outlay.pipeline.stream.merging import Thresholds, thresholds_path
from outlay.pipeline.stream.pieces import read_whole, write_array, write_whole
from outlay.pipeline.stream.taken import Taken
from outlay.pipeline.stream.walking import keep_met
from outlay.pipeline.threshold import Known


@dataclass(frozen=True, slots=True)
class Beforehand:
    """What a pass through all transactions tells before they are judged.

    Parameters
    ----------
    paid
        Which users of the register paid in them, (users,).
    seen
        Transactions that are no later than what was known of their users.
    """

    paid: NDArray[np.bool_]
    seen: int


def meet_in_time(taken: Taken, model: Model, last_seen: NDArray[np.float64]) -> Beforehand:
    """Take all transactions through their counterparties' states; see `counterparties_after`.

    ``last_seen`` says when each user of the register paid last before, in microseconds.
    """
    others = CounterpartyWalk(model.population, taken.who, model.pasts.counterparties)
    paid, seen = np.zeros(last_seen.size, np.bool_), 0
    for at in range(len(taken.chunks)):
        payments = taken.walked(at)
        keep_met(taken.folder, at, others.step(payments))
        paid[payments["user"]] = True
        seen += int((payments["payment"]["time"] <= last_seen[payments["user"]]).sum())
    write_whole(_after(taken.folder), others.states().to_frame())
    return Beforehand(paid, seen)


def counterparties_after(taken: Taken) -> Counterparties:
    """Return where the counterparties stand whom a transaction met."""
    return Counterparties.from_frame(read_whole(_after(taken.folder)))


def _after(folder: Path) -> Path:
    return folder / "counterparties-after"


def most_allotted(model: Model) -> Known:
    """Return the largest tail share that the budget may ever hold a transaction to."""
    return Known(most_share(model.config.alerts.budget(), model.books))


def allotted_in_time(model: Model, taken: Taken) -> Thresholds:
    """Go through all transactions in time, as the budget allows alerts; see `merging.allotted`."""
    budget, books, largest = model.config.alerts.budget(), model.books, 0.0
    with thresholds_path(taken.folder).open("wb") as file:
        for at, shares in enumerate(all_shares(taken)):
            if not shares.size:  # a chunk of duplicates
                continue
            payments = taken.walked(at)
            order = payments["place"].astype(np.int64)
            times = np.empty(order.size, np.int64)
            times[order] = payments["payment"]["time"]
            found = allot(shares, times, order, budget, books)
            books, largest = found.books, max(largest, float(found.alert_share.max()))
            write_array(file, found.alert_share)
    return Thresholds(books, largest)


def moved_states(
    before: Iterable[pl.DataFrame], after: Iterable[pl.DataFrame]
) -> Iterator[pl.DataFrame]:
    """Yield where all users stand, in the order of their ids: as said after, and else as before.

    Both come in that order, some thousand users at a time; see `States.to_frame`.
    """
    newer, waiting = iter(after), pl.DataFrame()
    for batch in before:
        last = batch["id"][-1]
        while not waiting.height or waiting["id"][-1] <= last:
            more = next(newer, None)
            if more is None:
                break
            waiting = pl.concat([waiting, more]) if waiting.height else more
        cut = int(waiting["id"].search_sorted(last, side="right")) if waiting.height else 0
        if cut:
            mine, waiting = waiting[:cut], waiting[cut:]
            stayed = batch.filter(~batch["id"].is_in(mine["id"].implode()))
            yield pl.concat([stayed, mine]).sort("id")
        else:
            yield batch
    if waiting.height:
        yield waiting
    yield from newer
