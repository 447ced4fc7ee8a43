"""One consistent view of a store."""

from collections.abc import Iterable, Iterator

from outlay.store import access, alerts, faults, histories, ledger, retention
from outlay.store.records import (
    Alert,
    AlertFilter,
    Change,
    Counts,
    Entity,
    Head,
    History,
    Key,
    Kind,
    Known,
    Label,
    Recorded,
)
from outlay.store.session import Session
from outlay.store.states import States

_COUNT = """
SELECT (SELECT count(*) FROM ledger), (SELECT count(*) FROM decisions),
  (SELECT count(*) FROM alerts), (SELECT count(*) FROM users),
  (SELECT count(*) FROM counterparties), (SELECT count(*) FROM labels),
  (SELECT count(*) FROM answers), (SELECT count(*) FROM models)"""


class Reading:
    """What can be asked of a store, all of it as of one moment."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def head(self) -> Head:
        """Return where the ledger ends."""
        return ledger.head(self._session)

    def books(self) -> bytes | None:
        """Return the alert budget's books, None in a store that has no base yet."""
        return self.head().books

    def meta(self, name: str) -> str | None:
        """Return a fact about this store, as ``state_version``."""
        found = self._session.rows("SELECT value FROM meta WHERE name = ?", name)
        return str(found[0][0]) if found else None

    def known(self, transaction_ids: Iterable[str]) -> dict[str, Known]:
        """Return what those ids already stand for, those of left rows too; unknown are left out."""
        return ledger.known(self._session, transaction_ids)

    def states(self, user_ids: Iterable[str]) -> dict[str, bytes]:
        """Return those users' states; unknown ones are left out."""
        return States(self._session, Kind.USER).read(user_ids)

    def counterparties(self, ids: Iterable[str]) -> dict[str, bytes]:
        """Return those counterparties' states; unknown ones are left out."""
        return States(self._session, Kind.COUNTERPARTY).read(ids)

    def decision(self, transaction_id: str) -> Recorded | None:
        """Return a transaction's ledger row and decision."""
        return ledger.decision(self._session, transaction_id)

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
        """Yield rows by ``seq``: ``after_seq < seq <= until_seq``, ``since <= timestamp < until``."""
        asked = (
            ("l.seq > ?", after_seq),
            ("l.seq <= ?", until_seq),
            ("l.timestamp >= ?", since),
            ("l.timestamp < ?", until),
            ("l.counterparty_id = ?", counterparty_id),
        )
        narrowed = [narrow for narrow in asked if narrow[1] is not None]
        if user_id is not None:
            return ledger.rows(self._session, narrowed, (Kind.USER, user_id))
        if counterparty_id is not None:
            return ledger.rows(self._session, narrowed, (Kind.COUNTERPARTY, counterparty_id))
        return ledger.rows(self._session, narrowed)

    def user(self, user_id: str) -> Entity | None:
        """Return a user's state and base."""
        return histories.entity(self._session, Kind.USER, user_id)

    def counterparty(self, counterparty_id: str) -> Entity | None:
        """Return a counterparty's state and base."""
        return histories.entity(self._session, Kind.COUNTERPARTY, counterparty_id)

    def entities(self, kind: Kind) -> Iterator[Entity]:
        """Yield all there are, also those who have no ledger rows."""
        return histories.everyone(self._session, kind)

    def histories(self, kind: Kind, *, until_seq: int | None = None) -> Iterator[History]:
        """Yield all who have ledger rows, each with them by ``seq``.

        With ``until_seq`` only those who have rows up to there, and only those rows.
        """
        if until_seq is None:
            return histories.changed(self._session, kind)
        ids = retention.leaving(self._session, kind, until_seq)
        return histories.named(self._session, kind, ids, until_seq)

    def alert(self, alert_id: str) -> Alert | None:
        """Return one alert."""
        return alerts.one(self._session, alert_id)

    def alerts(
        self, narrowed: AlertFilter, *, cursor: str | None = None, limit: int = 50
    ) -> tuple[list[Alert], str | None]:
        """Return a page of alerts, newest first, and the cursor of the next page, None at the end.

        New alerts shift no page. Raises InputError for a cursor that is none.
        """
        return alerts.page(self._session, narrowed, cursor, limit)

    def labels(self, transaction_ids: Iterable[str] | None = None) -> Iterator[Label]:
        """Yield labels, all or those of some transactions."""
        return alerts.labels(self._session, transaction_ids)

    def keys(self) -> list[Key]:
        """Return every key there ever was, oldest first."""
        return access.keys(self._session)

    def audit(self, *, subject: str | None = None, limit: int = 100) -> list[Change]:
        """Return the last changes, newest first."""
        return access.audit(self._session, subject, limit)

    def counts(self) -> Counts:
        """Count everything."""
        return Counts(*self._session.rows(_COUNT)[0])

    def models(self) -> list[str]:
        """Return the digests of the models here, oldest first."""
        found = self._session.rows("SELECT digest FROM models ORDER BY added_at, digest")
        return [row[0] for row in found]

    def model(self, digest: str) -> bytes | None:
        """Return a model."""
        found = self._session.rows("SELECT body FROM models WHERE digest = ?", digest)
        return bytes(found[0][0]) if found else None

    def faults(self) -> list[str]:
        """Return what does not agree: rows missing, without decision, alert, state or base."""
        return list(faults.faults(self._session))
