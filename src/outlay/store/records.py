"""What the store keeps, as plain records; every time is UTC in microseconds since 1970."""

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from msgspec import UNSET, Struct, UnsetType


class Status(StrEnum):
    """Where the work on an alert stands."""

    OPEN = "open"
    IN_REVIEW = "in_review"
    RESOLVED = "resolved"
    CLOSED = "closed"


class Disposition(StrEnum):
    """What a person found out about an alert."""

    CONFIRMED_FRAUD = "confirmed_fraud"
    FALSE_POSITIVE = "false_positive"
    UNABLE_TO_VERIFY = "unable_to_verify"
    DUPLICATE = "duplicate"


class Kind(StrEnum):
    """Whose states: the two entities that have a past."""

    USER = "user"
    COUNTERPARTY = "counterparty"


class Entry(Struct, frozen=True):
    """One accepted payment, as the ledger keeps it.

    ``content`` is its canonical JSON, ``content_hash`` what a repeat is compared by.
    """

    transaction_id: str
    user_id: str
    counterparty_id: str | None
    timestamp: int
    received_at: int
    content: bytes
    content_hash: bytes
    late: bool


class Decision(Struct, frozen=True):
    """What was decided about one payment, by which model; ``body`` is the answer as it went out.

    ``books_before`` and ``books_after`` are the alert budget's books around this decision.
    """

    transaction_id: str
    model_digest: str
    body: bytes
    risk: float
    severity: str
    outcome: str
    is_alert: bool
    books_before: bytes
    books_after: bytes


class Alert(Struct, frozen=True):
    """What a person should look at; its id is the transaction's."""

    id: str
    user_id: str
    timestamp: int
    risk: float
    severity: str
    status: Status
    disposition: Disposition | None
    note: str
    updated_at: int
    updated_by: str


class AlertChange(Struct, frozen=True):
    """What changes about an alert; what is unset stays, a disposition of None takes it back."""

    status: Status | UnsetType = UNSET
    disposition: Disposition | UnsetType | None = UNSET
    note: str | UnsetType = UNSET


class AlertFilter(Struct, frozen=True, kw_only=True):
    """Which alerts: each field that is set narrows; the period is ``since <= timestamp < until``."""

    status: Status | None = None
    severity: str | None = None
    user_id: str | None = None
    since: int | None = None
    until: int | None = None


class Label(Struct, frozen=True):
    """What a transaction turned out to be, and who says so (``source``)."""

    transaction_id: str
    is_fraud: bool
    source: str
    at: int


class Key(Struct, frozen=True):
    """One API key: never the key, only its hash."""

    name: str
    role: str
    hash: bytes
    created_at: int
    revoked_at: int | None = None


class Change(Struct, frozen=True):
    """One line of the audit log: who changed what, and how it was before and after (JSON)."""

    at: int
    who: str
    what: str
    subject: str
    before: str | None = None
    after: str | None = None


class Known(Struct, frozen=True):
    """What a transaction id already stands for: the content's hash and the first answer."""

    content_hash: bytes
    answer: bytes


class Recorded(NamedTuple):
    """One row of the ledger with its decision; ``seq`` is the order of commits, without gaps."""

    seq: int
    entry: Entry
    decision: Decision


class Entity(Struct, frozen=True):
    """A user's or counterparty's state now, and the one its oldest ledger row met.

    ``state`` is the fold of ``base`` (None: nothing was known) over its rows in the ledger; without
    any row there they are the same.
    """

    id: str
    state: bytes
    base: bytes | None


class History(NamedTuple):
    """One entity with its ledger rows; use the rows up before asking for the next history."""

    entity: Entity
    rows: Iterator[tuple[int, Entry]]


class Head(Struct, frozen=True):
    """Where the ledger ends: the last row's number, and up to which one rows have left."""

    last_seq: int
    retained_seq: int
    books: bytes | None


class Counts(Struct, frozen=True):
    """How much there is of everything, counted."""

    ledger: int
    decisions: int
    alerts: int
    users: int
    counterparties: int
    labels: int
    answers: int
    models: int
