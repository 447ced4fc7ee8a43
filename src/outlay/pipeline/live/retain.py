"""What is older than the setting says leaves the ledger, folded into the checkpoint first."""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from outlay.errors import StoreDamagedError
from outlay.pipeline.live.fold import Folder
from outlay.pipeline.live.models import Models
from outlay.pipeline.progress import Progress, Quiet
from outlay.store import Kind, Recorded, Store, Writing

AT_ONCE: Final = 20_000
"""Rows that leave in one database transaction: payments wait no longer than that takes."""


class Retained(msgspec.Struct):
    """How many rows left the ledger, how many are there still, and how many answers were dropped."""

    left: int = 0
    kept: int = 0
    answers_forgotten: int = 0


def retain(
    store: Store,
    before: int,
    *,
    forget_before: int | None = None,
    progress: Progress | None = None,
    at_once: int = AT_ONCE,
) -> Retained:
    """Let rows that were received before a moment leave the ledger.

    They leave in the order in which they came, up to the first that is to stay. Users and
    counterparties keep their states; what a repeated payment is answered with stays, too.

    Parameters
    ----------
    store
        The store; it may be in use.
    before
        In microseconds since 1970.
    forget_before
        Answers of rows that left are dropped if those were received before this moment. A payment
        that is sent again after that counts as a new one.
    progress
        Is told of the stages.
    at_once
        Rows that leave in one database transaction.
    """
    say = progress or Quiet()
    done = Retained()
    with store.reading() as reading:
        end = _last_leaving(reading.ledger(), reading.head().retained_seq, before)
        first = reading.head().retained_seq
    for until in range(first + at_once, end + at_once, at_once):
        say.stage(f"Rows up to {min(until, end):,} of {end:,} leave the ledger")
        with store.writing() as writing:
            done.left += _leave(writing, min(until, end))
    with store.writing() as writing:
        if forget_before is not None:
            done.answers_forgotten = writing.forget_answers(forget_before)
        done.kept = writing.head().last_seq - writing.head().retained_seq
    return done


def _last_leaving(rows: Iterable[Recorded], retained: int, before: int) -> int:
    """Return the last row of those at the ledger's beginning that are all old enough."""
    last = retained
    for row in rows:
        if row.entry.received_at >= before:
            break
        last = row.seq
    return last


def _leave(writing: Writing, until: int) -> int:
    folder = Folder(Models(writing).newest())
    users = _bases(writing, folder, Kind.USER, until)
    counterparties = _bases(writing, folder, Kind.COUNTERPARTY, until)
    return writing.retain(until, users, counterparties)


def _bases(writing: Writing, folder: Folder, kind: Kind, until: int) -> Mapping[str, bytes]:
    """Return where everyone with leaving rows stood after them."""
    bases = {}
    for each in folder.folded(kind, writing.histories(kind, until_seq=until)):
        if each.state is None:
            raise StoreDamagedError(
                f"Rows cannot leave the ledger: those of {kind} {each.entity.id!r} cannot be "
                "folded.\n\nHint: outlay store check STORE tells what is damaged."
            )
        bases[each.entity.id] = each.state
    return bases
