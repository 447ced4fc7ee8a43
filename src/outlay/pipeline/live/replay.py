"""Decisions made again from the ledger, by the models that made them, and compared bit by bit."""

from collections.abc import Collection, Iterator
from typing import Any, Final

import msgspec

from outlay.errors import ModelError, NotFoundError, OutlayError, StoreDamagedError
from outlay.pipeline.live.fold import Folder
from outlay.pipeline.live.models import Models
from outlay.pipeline.live.past import Past
from outlay.pipeline.live.payment import payment_of
from outlay.pipeline.live.records import Sent, recorded
from outlay.pipeline.live.scorer import Scorer
from outlay.pipeline.live.states import books_of
from outlay.pipeline.progress import Progress, Quiet
from outlay.store import Decision, Entry, Kind, Reading, Recorded, Store

MOST_TOLD: Final = 100
_EVERY: Final = 1000
_BROKEN: Final = "the books before it are not those that the decision before it left"
_OF_ENTRY: Final = ("content", "content_hash", "user_id", "counterparty_id", "timestamp", "late")
_OF_DECISION: Final = (
    *("model_digest", "risk", "severity", "outcome", "is_alert", "books_before", "books_after"),
)


class Field(msgspec.Struct, frozen=True):
    """One value of a decision, as it was stored and as it comes out now."""

    name: str
    stored: Any
    replayed: Any


class Difference(msgspec.Struct, frozen=True):
    """A decision that does not come out as it was stored, or cannot be made again (``problem``)."""

    transaction_id: str
    seq: int
    fields: list[Field] = []
    problem: str | None = None


class Replayed(msgspec.Struct):
    """What a replay found: ``decisions == equal + different + failed``.

    Parameters
    ----------
    different
        Decisions of which at least one bit differs.
    failed
        Decisions that could not be made again: the model or the row is damaged.
    broken_chains
        Places where the books before a decision are not those that the one before it left.
    told
        The first `MOST_TOLD` of them.
    """

    decisions: int = 0
    equal: int = 0
    different: int = 0
    failed: int = 0
    broken_chains: int = 0
    told: list[Difference] = []

    def count(self, difference: Difference) -> None:
        """Count a decision by what it differs in."""
        if difference.problem is not None:
            self.failed += 1
        elif difference.fields:
            self.different += 1
        else:
            self.equal += 1
            return
        self.tell(difference)

    @property
    def is_clean(self) -> bool:
        """Whether every decision came out as it was stored."""
        return self.equal == self.decisions and not self.broken_chains

    def tell(self, difference: Difference) -> None:
        """Keep a difference while there is room."""
        if len(self.told) < MOST_TOLD:
            self.told.append(difference)


def replay(store: Store, transaction_id: str) -> Replayed:
    """Make one decision again; `NotFoundError` where the ledger has no such transaction."""
    with store.reading() as reading:
        row = reading.decision(transaction_id)
        if row is None:
            raise _unknown(reading, transaction_id)
        return _all(reading, iter([row]), {row.seq}, Quiet())


def replay_period(
    store: Store,
    *,
    since: int | None = None,
    until: int | None = None,
    progress: Progress | None = None,
) -> Replayed:
    """Make the decisions again on all payments with ``since <= timestamp < until``.

    Of decisions that follow each other in the ledger, the books must do so as well.
    """
    say = progress or Quiet()
    with store.reading() as reading:
        say.stage("Looking for the period's decisions")
        wanted = [row.seq for row in reading.ledger(since=since, until=until)]
        if not wanted:
            return Replayed()
        rows = reading.ledger(after_seq=wanted[0] - 1, until_seq=wanted[-1])
        return _all(reading, rows, frozenset(wanted), say)


def _all(
    reading: Reading, rows: Iterator[Recorded], wanted: Collection[int], say: Progress
) -> Replayed:
    """Go through rows that follow each other, and compare those that are wanted."""
    done = Replayed()
    replayer = Replayer(reading)
    last: Recorded | None = None
    for row in rows:
        found = replayer.compared(row)
        if row.seq not in wanted:
            continue
        if done.decisions % _EVERY == 0:
            say.stage(f"Decisions from {done.decisions + 1:,} of {len(wanted):,}")
        done.decisions += 1
        done.count(found)
        if last is not None and row.seq == last.seq + 1 and not _follows(last, row):
            done.broken_chains += 1
            done.tell(Difference(row.entry.transaction_id, row.seq, problem=_BROKEN))
        last = row
    return done


def _follows(last: Recorded, row: Recorded) -> bool:
    try:
        left, met = books_of(last.decision.books_after), books_of(row.decision.books_before)
    except StoreDamagedError:
        return False
    return (left.owed, left.last) == (met.owed, met.last)


class Replayer:
    """Makes decisions again, one at a time.

    Parameters
    ----------
    reading
        The store, as of one moment.
    """

    def __init__(self, reading: Reading) -> None:
        self._models = Models(reading)
        self._scorers: dict[str, Scorer] = {}
        folder = Folder(self._models.newest())
        self._users = Past(reading, Kind.USER, folder)
        self._counterparties = Past(reading, Kind.COUNTERPARTY, folder)

    def compared(self, row: Recorded) -> Difference:
        """Return in what a decision differs from what it comes out as now."""
        name = row.entry.transaction_id
        try:
            again = self._again(row)
        except (OutlayError, msgspec.DecodeError) as error:
            return Difference(name, row.seq, problem=str(error).partition("\n")[0])
        return Difference(name, row.seq, list(_differing(row, again)))

    def _again(self, row: Recorded) -> tuple[Entry, Decision]:
        """Decide a payment of the ledger once more, from where everything stood before it."""
        payment = payment_of(row.entry.content)
        user, other, seq = payment.user_id, payment.counterparty_id, row.seq
        scored = self._scorer(row.decision.model_digest).score(
            [payment],
            {user: self._users.before(user, seq)},
            {other: self._counterparties.before(other, seq)} if other is not None else {},
            books_of(row.decision.books_before),
        )
        self._users.moved(user, scored.states[user])
        if other is not None:
            self._counterparties.moved(other, scored.counterparties[other])
        records = recorded([Sent.of(payment)], scored, row.entry.received_at)
        return records.entries[0], records.decisions[0]

    def _scorer(self, digest: str) -> Scorer:
        if digest not in self._scorers:
            found = self._models.find(digest)
            if isinstance(found, ModelError):
                raise found
            self._scorers[digest] = Scorer(found)
        return self._scorers[digest]


def _differing(row: Recorded, again: tuple[Entry, Decision]) -> Iterator[Field]:
    """Yield what differs: of the answer its single values, of the rest each stored column."""
    entry, decision = again
    if decision.body != row.decision.body:
        yield from _in_answers(row.decision.body, decision.body)
    stored = (row.entry, row.decision)
    for old, new, names in zip(stored, (entry, decision), (_OF_ENTRY, _OF_DECISION), strict=True):
        for name in names:
            if getattr(old, name) != getattr(new, name):
                yield Field(name, _shown(getattr(old, name)), _shown(getattr(new, name)))


def _in_answers(stored: bytes, replayed: bytes) -> Iterator[Field]:
    new = msgspec.json.decode(replayed)
    try:
        old = msgspec.json.decode(stored)
    except msgspec.DecodeError:
        old = None
    if not isinstance(old, dict) or old == new:
        yield Field("body", _shown(stored), _shown(replayed))
        return
    for name in dict.fromkeys((*old, *new)):
        if old.get(name) != new.get(name):
            yield Field(f"answer.{name}", old.get(name), new.get(name))


def _shown(value: Any) -> Any:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _unknown(reading: Reading, transaction_id: str) -> NotFoundError:
    has_left = bool(reading.known([transaction_id]))
    why = "has left the ledger" if has_left else "is not in the ledger"
    return NotFoundError(
        f"Transaction {transaction_id!r} {why}: its decision cannot be made again.\n\n"
        "Hint: rows leave the ledger by outlay store retain; ids are compared letter by letter."
    )
