"""Whether each ledger row, its decision and its alert say the same, and the books make one chain."""

from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from outlay.errors import StoreDamagedError
from outlay.pipeline.live import decision as answers
from outlay.pipeline.live.payment import hash_of, payment_of
from outlay.pipeline.live.states import books_of, books_to_bytes
from outlay.store import Alert, AlertFilter, Decision, Entry, Reading, Recorded

_PAGE: Final = 500

Paces = Callable[[str], float | None]


class Flagged(msgspec.Struct, frozen=True):
    """What an alert must say, because its decision does."""

    user_id: str
    timestamp: int
    risk: float
    severity: str


class LedgerCheck:
    """Goes through a ledger once and yields what does not agree.

    Parameters
    ----------
    reading
        The store.
    pace
        The books' pace of the model with a digest, None where that model cannot be had.
    """

    def __init__(self, reading: Reading, pace: Paces) -> None:
        self._reading = reading
        self._pace = pace
        self._flagged: dict[str, Flagged] = {}
        self.rows = 0
        self.alerts = 0

    def faults(self) -> Iterator[str]:
        """Yield what is wrong, row by row, then the alerts and the end of the books."""
        after: bytes | None = None
        for row in self._reading.ledger():
            self.rows += 1
            for fault in (*_content(row.entry), *self._decided(row), *self._chained(row, after)):
                yield f"transaction {row.entry.transaction_id!r} (row {row.seq}): {fault}"
            after = row.decision.books_after
        end = self._reading.head().books
        if after is not None and end != after:
            yield "the alert books are not those that the last decision left"
        yield from self._alerts()

    def _decided(self, row: Recorded) -> Iterator[str]:
        entry, decision = row.entry, row.decision
        try:
            said = answers.decode(decision.body)
        except msgspec.DecodeError as error:
            yield f"its answer cannot be read: {error}"
            return
        if (said.transaction_id, said.user_id) != (entry.transaction_id, entry.user_id):
            yield "its answer is that of another payment"
        if (said.timestamp, said.late) != (answers.rfc3339(entry.timestamp), entry.late):
            yield "its answer tells another time than the ledger"
        if said.model != decision.model_digest:
            yield "its answer names another model than the decision"
        if _verdict(decision) != (said.risk, said.severity, said.outcome, said.is_alert):
            yield "its answer and its decision differ in risk, severity, outcome or alert"
        if decision.is_alert:
            self._flagged[entry.transaction_id] = Flagged(
                entry.user_id, entry.timestamp, decision.risk, decision.severity
            )

    def _chained(self, row: Recorded, after: bytes | None) -> Iterator[str]:
        """Say where the books before a decision are not those that the one before it left."""
        decision = row.decision
        try:
            before = books_of(decision.books_before)
            books_of(decision.books_after)
        except StoreDamagedError as error:
            yield str(error).partition("\n")[0]
            return
        pace = self._pace(decision.model_digest)
        if pace is not None and before.rows_per_day != pace:
            yield "its books before have another pace than its model's"
        if after is not None and _owed(after) != _owed(decision.books_before):
            yield "its books before are not those that the decision before it left"

    def _alerts(self) -> Iterator[str]:
        cursor: str | None = None
        while True:
            page, cursor = self._reading.alerts(AlertFilter(), cursor=cursor, limit=_PAGE)
            for alert in page:
                self.alerts += 1
                wanted = self._flagged.get(alert.id)
                if wanted is not None and _said(alert) != wanted:
                    yield f"alert {alert.id!r} does not say what its decision says"
            if cursor is None:
                return


def _content(entry: Entry) -> Iterator[str]:
    """Say where a ledger row and its content differ."""
    if hash_of(entry.content) != entry.content_hash:
        yield "its content does not fit its hash"
    try:
        payment = payment_of(entry.content)
    except msgspec.DecodeError as error:
        yield f"its content cannot be read: {error}"
        return
    for name in ("transaction_id", "user_id", "counterparty_id", "timestamp"):
        if getattr(payment, name) != getattr(entry, name):
            yield f"its content has another {name} than the ledger"


def _verdict(decision: Decision) -> tuple[float, str, str, bool]:
    return decision.risk, decision.severity, decision.outcome, decision.is_alert


def _said(alert: Alert) -> Flagged:
    return Flagged(alert.user_id, alert.timestamp, alert.risk, alert.severity)


def _owed(kept: bytes) -> bytes:
    """Return books without their pace, which is the model's and changes with it."""
    try:
        return books_to_bytes(msgspec.structs.replace(books_of(kept), rows_per_day=0.0))
    except StoreDamagedError:
        return kept
