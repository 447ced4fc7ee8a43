"""What belongs together in a batch; anything else is a bug and never gets in."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from outlay.errors import StoreError
from outlay.store.records import Alert, Decision, Entry


class Batch(NamedTuple):
    """Payments in order of arrival, and all that they changed."""

    entries: Sequence[Entry]
    decisions: Sequence[Decision]
    alerts: Sequence[Alert]
    states: Mapping[str, bytes]
    counterparties: Mapping[str, bytes]
    books: bytes

    @property
    def users(self) -> list[str | None]:
        """The user of each payment."""
        return [entry.user_id for entry in self.entries]

    @property
    def others(self) -> list[str | None]:
        """The counterparty of each payment."""
        return [entry.counterparty_id for entry in self.entries]

    def check(self) -> None:
        """Raise StoreError unless every payment has its decision, every alert and state its own."""
        ids = [entry.transaction_id for entry in self.entries]
        if ids != [decision.transaction_id for decision in self.decisions]:
            raise _apart("decisions", len(ids), len(self.decisions))
        flagged = [d.transaction_id for d in self.decisions if d.is_alert]
        if flagged != [alert.id for alert in self.alerts]:
            raise _apart("alerts", len(flagged), len(self.alerts))
        users, others = set(self.users), set(self.others) - {None}
        if any("\0" in name for name in (*ids, *users, *others) if name):
            raise StoreError(
                "An id of the batch holds the letter NUL, which no database keeps as text."
                "\n\nHint: Refuse it where payments come in."
            )
        if users != self.states.keys():
            raise _apart("states of users", len(users), len(self.states))
        if others != self.counterparties.keys():
            raise _apart("states of counterparties", len(others), len(self.counterparties))


def _apart(what: str, wanted: int, got: int) -> StoreError:
    return StoreError(
        f"The {what} of a batch are not those of its payments: {wanted} belong to it, {got} came."
        "\n\nHint: Each payment has one decision, in the same order; each decision that is an "
        "alert has its alert; each user and counterparty has one new state."
    )
