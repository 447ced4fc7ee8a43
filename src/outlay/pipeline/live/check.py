"""Proof that a store is whole: every state is the fold of the ledger, and all its tables agree."""

from collections.abc import Iterator
from typing import Final

import msgspec

from outlay.errors import ModelError, StoreDamagedError
from outlay.pipeline.live.fold import Folder
from outlay.pipeline.live.ledger_check import LedgerCheck
from outlay.pipeline.live.models import Models
from outlay.pipeline.live.states import to_moments, to_words
from outlay.pipeline.progress import Progress, Quiet
from outlay.store import Kind, Reading, Store

MOST_TOLD: Final = 100
"""Faults that are told one by one; all are counted."""


class Checked(msgspec.Struct):
    """What a check found.

    Parameters
    ----------
    rows, alerts
        Of the ledger, and alerts, that were looked at.
    folded
        Users and counterparties whose states were made anew from the ledger and compared.
    untouched
        Those without a row in the ledger: only their checksum could be looked at.
    faults
        What is wrong, at most `MOST_TOLD` of it; ``n_faults`` counts all.
    """

    rows: int = 0
    alerts: int = 0
    folded: dict[str, int] = {}
    untouched: dict[str, int] = {}
    models: int = 0
    n_faults: int = 0
    faults: list[str] = []

    @property
    def is_clean(self) -> bool:
        """Whether nothing is wrong."""
        return not self.n_faults

    def tell(self, fault: str) -> None:
        """Count a fault, and keep it while there is room."""
        self.n_faults += 1
        if len(self.faults) < MOST_TOLD:
            self.faults.append(fault)


def check(store: Store, progress: Progress | None = None) -> Checked:
    """Compare all that a store keeps, as of one moment, and say what does not agree."""
    say = progress or Quiet()
    found = Checked()
    with store.reading() as reading:
        say.stage("Comparing the tables")
        for fault in reading.faults():
            found.tell(fault)
        models = Models(reading)
        for fault in _models(reading, models, found):
            found.tell(fault)
        say.stage(f"Reading {reading.head().last_seq - reading.head().retained_seq:,} decisions")
        ledger = LedgerCheck(reading, models.pace)
        for fault in ledger.faults():
            found.tell(fault)
        found.rows, found.alerts = ledger.rows, ledger.alerts
        for kind in Kind:
            say.stage(f"Folding the ledger into the states of {_PLURAL[kind]}")
            for fault in _states(reading, models, kind, found):
                found.tell(fault)
    return found


_PLURAL: Final = {Kind.USER: "users", Kind.COUNTERPARTY: "counterparties"}


def _models(reading: Reading, models: Models, found: Checked) -> Iterator[str]:
    for digest in reading.models():
        found.models += 1
        model = models.find(digest)
        if isinstance(model, ModelError):
            yield str(model).partition("\n")[0]


def _states(reading: Reading, models: Models, kind: Kind, found: Checked) -> Iterator[str]:
    """Say whose state is not what the ledger leads to."""
    folded = 0
    try:
        folder = Folder(models.newest())
    except ModelError as error:
        if reading.head().last_seq > reading.head().retained_seq:
            yield str(error).partition("\n")[0]
        return
    for each in folder.folded(kind, reading.histories(kind)):
        folded += 1
        if each.state is None:
            yield f"the state of {kind} {each.entity.id!r} cannot be made anew from its rows"
        elif each.state != each.entity.state:
            yield (
                f"the state of {kind} {each.entity.id!r} is not the fold of "
                f"{each.rows:,} ledger rows"
            )
        for name in each.late:
            yield f"transaction {name!r} bears the wrong mark late"
    found.folded[_PLURAL[kind]] = folded
    yield from _checksums(reading, kind, found, folded)


def _checksums(reading: Reading, kind: Kind, found: Checked, folded: int) -> Iterator[str]:
    """Look at the states of everyone, those too who have no row in the ledger."""
    read = to_words if kind is Kind.USER else to_moments
    everyone = 0
    for entity in reading.entities(kind):
        everyone += 1
        try:
            read(entity.state, entity.id)
        except StoreDamagedError as error:
            yield str(error).partition("\n")[0]
    found.untouched[_PLURAL[kind]] = everyone - folded
