"""One database transaction that changes a store."""

from collections.abc import Iterable, Mapping, Sequence

from outlay.errors import StoreError
from outlay.store import access, alerts, histories, ledger, retention
from outlay.store.batch import Batch
from outlay.store.reading import Reading
from outlay.store.records import Alert, AlertChange, Change, Decision, Entry, Head, Key, Kind, Label
from outlay.store.session import Session
from outlay.store.states import States


class Writing(Reading):
    """A transaction: writers stand in line, so what it reads nobody else changes.

    Leaving it with an exception takes all of it back.
    """

    def __init__(self, session: Session, head: Head) -> None:
        super().__init__(session)
        self._head = head
        self._users = States(session, Kind.USER)
        self._counterparties = States(session, Kind.COUNTERPARTY)

    def head(self) -> Head:
        """Return where the ledger ends, with what this transaction added."""
        return self._head

    def states(self, user_ids: Iterable[str]) -> dict[str, bytes]:
        """Return those users' states; unknown ones are left out."""
        return self._users.read(user_ids)

    def counterparties(self, ids: Iterable[str]) -> dict[str, bytes]:
        """Return those counterparties' states; unknown ones are left out."""
        return self._counterparties.read(ids)

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

        Entries and decisions belong together by position, and so do the decisions that are alerts
        and the alerts. ``states`` holds the state of every user of the entries and of no one else,
        ``counterparties`` likewise.
        """
        batch = Batch(entries, decisions, alerts, states, counterparties, books)
        batch.check()
        seqs = range(self._head.last_seq + 1, self._head.last_seq + 1 + len(entries))
        befores = self._users.link(batch.users, seqs), self._counterparties.link(batch.others, seqs)
        with self._session.together():
            self._put(batch, seqs, befores)
        self._head = Head(seqs.stop - 1, self._head.retained_seq, books)
        return seqs.stop - 1

    def update_alert(self, alert_id: str, change: AlertChange, *, by: str, at: int) -> Alert:
        """Change an alert, log the change, and return the alert as it is now.

        Raises NotFoundError where there is none.
        """
        return alerts.change(self._session, alert_id, change, by, at)

    def add_labels(self, labels: Sequence[Label], *, by: str) -> list[str]:
        """Keep labels, the newer in the place of the same source's older, and log the changes.

        Returns the transaction ids that this store never saw; nothing is kept of those.
        """
        return alerts.label(self._session, labels, by)

    def add_key(self, key: Key, *, by: str) -> None:
        """Keep a key's hash; ConfigError if the name is taken."""
        access.add_key(self._session, key, by)

    def revoke_key(self, name: str, *, by: str, at: int) -> None:
        """Let a key end; NotFoundError if there is none of that name in use."""
        access.revoke_key(self._session, name, by, at)

    def log(self, change: Change) -> None:
        """Add a line to the audit log."""
        access.log(self._session, change)

    def put_model(self, digest: str, body: bytes, *, at: int) -> None:
        """Keep a model under its digest; nothing happens if it is there."""
        self._session.run(
            "INSERT INTO models (digest, added_at, body) VALUES (?, ?, ?)"
            " ON CONFLICT (digest) DO NOTHING",
            digest,
            at,
            body,
        )

    def set_meta(self, name: str, value: str) -> None:
        """Keep a fact about this store, as ``state_version``."""
        self._session.run(
            "INSERT INTO meta (name, value) VALUES (?, ?)"
            " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            name,
            value,
        )

    def set_books(self, books: bytes) -> None:
        """Put other books in place, as a new model may need."""
        ledger.advance(self._session, self._head.last_seq, books)
        self._head = Head(self._head.last_seq, self._head.retained_seq, books)

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
        them: read with `histories` in this same transaction. Decisions leave with their rows, and
        the alerts that are resolved or closed; open ones stay. Ids, hashes and answers stay unless
        ``keep_answers`` is false.
        """
        until = min(until_seq, self._head.last_seq)
        if until <= self._head.retained_seq:
            return 0
        bases = {Kind.USER: users, Kind.COUNTERPARTY: counterparties}
        for kind, base in bases.items():
            retention.move_base(self._session, kind, until, base)
        left = retention.drop_rows(self._session, until, keep_answers=keep_answers)
        for kind, base in bases.items():
            retention.drop_bases(self._session, kind, until, base)
        self._users.forget(users)
        self._counterparties.forget(counterparties)
        self._head = Head(self._head.last_seq, until, self._head.books)
        return left

    def forget_answers(self, before: int) -> int:
        """Drop kept answers of left rows received before that time; return how many."""
        return retention.forget_answers(self._session, before)

    def replace_states(
        self, users: Mapping[str, bytes], counterparties: Mapping[str, bytes]
    ) -> None:
        """Put these states in the place of those that payments led to, bases untouched."""
        histories.replace(self._session, Kind.USER, users)
        histories.replace(self._session, Kind.COUNTERPARTY, counterparties)

    def import_states(self, kind: Kind, states: Mapping[str, bytes]) -> None:
        """Take in what a model knows of those whom this store never saw."""
        histories.import_states(self._session, kind, states)

    def clear_base(self) -> None:
        """Take out what an import that was cut off left; StoreError where one was finished."""
        if self._head.books is not None or self._head.last_seq:
            raise StoreError(
                "The store has its base already: states are imported once, into an empty store."
                "\n\nHint: Start with a new store, or go on with this one's states."
            )
        for kind in Kind:
            histories.clear(self._session, kind)

    def _put(self, batch: Batch, seqs: range, befores: tuple[Iterable[int], Iterable[int]]) -> None:
        self._users.write(batch.states)
        self._counterparties.write(batch.counterparties)
        ledger.append(self._session, zip(seqs, *befores, batch.entries, strict=True))
        ledger.decide(self._session, seqs, batch.decisions)
        flagged = (s for s, d in zip(seqs, batch.decisions, strict=True) if d.is_alert)
        alerts.add(self._session, flagged, batch.alerts)
        ledger.advance(self._session, seqs.stop - 1, batch.books)
