"""States made anew from the ledger, put in the place of those that differ."""

from collections.abc import Iterator
from typing import Final

import msgspec

from outlay.errors import StoreDamagedError
from outlay.pipeline.live.fold import Folded, Folder
from outlay.pipeline.live.models import Models
from outlay.pipeline.live.payment import hash_of
from outlay.pipeline.progress import Progress, Quiet
from outlay.store import Kind, Store, Writing

_AT_ONCE: Final = 500


class Rebuilt(msgspec.Struct):
    """How many states were made anew, and how many of them were others than the store's."""

    users: int = 0
    users_changed: int = 0
    counterparties: int = 0
    counterparties_changed: int = 0
    books_changed: bool = False


def rebuild(store: Store, progress: Progress | None = None) -> Rebuilt:
    """Make every state with ledger rows anew, and the books, in one database transaction.

    Raises `StoreDamagedError` where the ledger itself is damaged: then nothing is changed.
    """
    say = progress or Quiet()
    done = Rebuilt()
    with store.writing() as writing:
        say.stage("Reading the ledger")
        last = _whole_ledger(writing)
        folder = Folder(Models(writing).newest())
        say.stage("Folding the ledger into the states of users")
        done.users, done.users_changed = _replace(writing, folder, Kind.USER)
        say.stage("Folding the ledger into the states of counterparties")
        done.counterparties, done.counterparties_changed = _replace(
            writing, folder, Kind.COUNTERPARTY
        )
        if last is not None and writing.head().books != last:
            writing.set_books(last)
            done.books_changed = True
    return done


def _whole_ledger(writing: Writing) -> bytes | None:
    """Return the books that the last decision left; raise where a row is not what it was."""
    last = None
    for row in writing.ledger():
        if hash_of(row.entry.content) != row.entry.content_hash:
            raise _damaged(f"the row of transaction {row.entry.transaction_id!r} was changed")
        last = row.decision.books_after
    return last


def _replace(writing: Writing, folder: Folder, kind: Kind) -> tuple[int, int]:
    n = changed = 0
    waiting: dict[str, bytes] = {}
    for each in _sound(folder.folded(kind, writing.histories(kind))):
        n += 1
        if each.state != each.entity.state:
            changed += 1
            waiting[each.entity.id] = each.state or b""
        if len(waiting) >= _AT_ONCE:
            _put(writing, kind, waiting)
            waiting = {}
    _put(writing, kind, waiting)
    return n, changed


def _sound(folded: Iterator[Folded]) -> Iterator[Folded]:
    for each in folded:
        if each.state is None:
            raise _damaged(f"the rows of {each.entity.id!r} cannot be folded")
        yield each


def _put(writing: Writing, kind: Kind, states: dict[str, bytes]) -> None:
    if kind is Kind.USER:
        writing.replace_states(states, {})
    else:
        writing.replace_states({}, states)


def _damaged(damage: str) -> StoreDamagedError:
    return StoreDamagedError(
        f"The states cannot be made anew: {damage}.\n\n"
        "Hint: outlay store check STORE tells all that is damaged; restore the store from a copy."
    )
