"""What a store offers; SQLite and PostgreSQL answer alike.

A store knows bytes and ids, nothing of features or models. Whatever goes wrong is a `StoreError`;
a `StoreUnavailableError` (locked, full, connection lost) passes: the same call may be made again.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol, Self

from outlay.store.records import (
    Alert,
    AlertChange,
    AlertFilter,
    Change,
    Counts,
    Decision,
    Entity,
    Entry,
    Head,
    History,
    Key,
    Kind,
    Known,
    Label,
    Recorded,
)


class Writing(Protocol):
    """One database transaction; writers stand in line, so what it reads nobody else changes.

    Leaving it with an exception takes all of it back.
    """

    def head(self) -> Head:
        """Return where the ledger ends, as of before this transaction."""

    def books(self) -> bytes | None:
        """Return the alert budget's books, None in a store that has no base yet."""

    def known(self, transaction_ids: Iterable[str]) -> dict[str, Known]:
        """Return what those ids already stand for; unknown ones are left out."""

    def states(self, user_ids: Iterable[str]) -> dict[str, bytes]:
        """Return those users' states; unknown ones are left out."""

    def counterparties(self, ids: Iterable[str]) -> dict[str, bytes]:
        """Return those counterparties' states; unknown ones are left out."""

    def append(  # noqa: PLR0913, PLR0917  a batch is these six things
        self,
        entries: Sequence[Entry],
        decisions: Sequence[Decision],
        alerts: Sequence[Alert],
        states: Mapping[str, bytes],
        counterparties: Mapping[str, bytes],
        books: bytes,
    ) -> int:
        """Put a batch behind the ledger and return the number of its last row.

        Entries and decisions belong together by position. ``states`` holds a state for every user
        of the entries, ``counterparties`` likewise. A state that changes for the first time since
        the checkpoint is copied there first.
        """

    def update_alert(self, alert_id: str, change: AlertChange, *, by: str, at: int) -> Alert:
        """Change an alert, log the change, and return the alert as it is now.

        Raises NotFoundError where there is none.
        """

    def add_labels(self, labels: Sequence[Label], *, by: str) -> list[str]:
        """Keep labels, the newer in the place of the same source's older, and log the changes.

        Returns the transaction ids that this store never saw; nothing is kept of those.
        """

    def add_key(self, key: Key, *, by: str) -> None:
        """Keep a key's hash; ConfigError if the name is taken."""

    def revoke_key(self, name: str, *, by: str, at: int) -> None:
        """Let a key end; NotFoundError if there is none of that name in use."""

    def log(self, change: Change) -> None:
        """Add a line to the audit log."""

    def put_model(self, digest: str, body: bytes, *, at: int) -> None:
        """Keep a model under its digest; nothing happens if it is there."""

    def set_meta(self, name: str, value: str) -> None:
        """Keep a fact about this store, as ``state_version``."""

    def retain(
        self,
        until_seq: int,
        users: Mapping[str, bytes],
        counterparties: Mapping[str, bytes],
        *,
        keep_answers: bool = True,
    ) -> int:
        """Let ledger rows up to ``until_seq`` leave, and return how many left.

        ``users`` and ``counterparties`` hold the base of everyone who has such rows, folded over
        them. Decisions leave with their rows, and the alerts that are resolved or closed; open
        ones stay. Ids, hashes and answers stay unless ``keep_answers`` is false.
        """

    def forget_answers(self, before: int) -> int:
        """Drop kept answers of left rows received before that time; return how many."""

    def replace_states(
        self, users: Mapping[str, bytes], counterparties: Mapping[str, bytes]
    ) -> None:
        """Put these states in the place of the stored ones, bases untouched."""


class Reading(Protocol):
    """One consistent view of the store, as of its first question."""

    def head(self) -> Head:
        """Return where the ledger ends."""

    def meta(self, name: str) -> str | None:
        """Return a fact about this store."""

    def decision(self, transaction_id: str) -> Recorded | None:
        """Return a transaction's ledger row and decision."""

    def known(self, transaction_ids: Iterable[str]) -> dict[str, Known]:
        """Return what those ids stand for, those of left rows too; unknown ones are left out."""

    def ledger(  # noqa: PLR0913  every one narrows
        self,
        *,
        user_id: str | None = None,
        counterparty_id: str | None = None,
        after_seq: int = 0,
        until_seq: int | None = None,
        since: int | None = None,
        until: int | None = None,
    ) -> Iterator[Recorded]:
        """Yield ledger rows by ``seq``: ``after_seq < seq <= until_seq``, ``since <= timestamp < until``."""

    def user(self, user_id: str) -> Entity | None:
        """Return a user's state and base."""

    def counterparty(self, counterparty_id: str) -> Entity | None:
        """Return a counterparty's state and base."""

    def histories(self, kind: Kind, *, until_seq: int | None = None) -> Iterator[History]:
        """Yield everyone who has ledger rows (up to ``until_seq``), with those rows by ``seq``."""

    def alert(self, alert_id: str) -> Alert | None:
        """Return one alert."""

    def alerts(
        self, narrowed: AlertFilter, *, cursor: str | None = None, limit: int = 50
    ) -> tuple[list[Alert], str | None]:
        """Return a page of alerts, newest first, and the cursor of the next page, None at the end.

        New alerts shift no page. Raises InputError for a cursor that is none.
        """

    def labels(self, transaction_ids: Iterable[str] | None = None) -> Iterator[Label]:
        """Yield labels, all or those of some transactions."""

    def keys(self) -> list[Key]:
        """Return every key there ever was."""

    def audit(self, *, subject: str | None = None, limit: int = 100) -> list[Change]:
        """Return the last changes, newest first."""

    def counts(self) -> Counts:
        """Count everything."""

    def models(self) -> list[str]:
        """Return the digests of the models here, oldest first."""

    def model(self, digest: str) -> bytes | None:
        """Return a model."""

    def faults(self) -> list[str]:
        """Return what does not agree: rows missing, without decision, alert or entity; damage."""


class Store(Protocol):
    """Where payments, decisions and states survive; safe to use from several threads."""

    where: str

    def writing(self) -> AbstractContextManager[Writing]:
        """Return a transaction to write in."""

    def reading(self) -> AbstractContextManager[Reading]:
        """Return a view to read from."""

    def import_base(
        self,
        users: Iterable[tuple[str, bytes]],
        counterparties: Iterable[tuple[str, bytes]],
        books: bytes,
    ) -> None:
        """Fill an empty store with a model's states, in chunks; the books come last.

        Where it was cut off there are no books yet, and it starts anew. StoreError if there are.
        """

    def close(self) -> None:
        """Let go of the files, connections and locks."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...
