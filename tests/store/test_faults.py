"""Every way in which tables can disagree is found, and named."""

import pytest

from outlay.store import Store
from tests.store.making import Payment, pay, retain

WRONG = {
    "the ledger should hold rows 1 to 4, and holds 3 rows from 1 to 4": (
        "DELETE FROM ledger WHERE seq = 2",
    ),
    "1 ledger rows have no decision, for example 'b'": ("DELETE FROM decisions WHERE seq = 2",),
    "1 decisions have no ledger row, for example 2": ("DELETE FROM ledger WHERE seq = 2",),
    "1 decisions are alerts without an alert, for example 3": ("DELETE FROM alerts",),
    "1 alerts have no decision that says so, for example 'c'": (
        "UPDATE decisions SET is_alert = FALSE",
    ),
    "1 alerts are of another transaction than their ledger row, for example 'z'": (
        "UPDATE alerts SET transaction_id = 'z'",
    ),
    "1 transactions are in the ledger and have left it, for example 'b'": (
        "INSERT INTO answers VALUES ('b', 1, '', '')",
    ),
    "1 models are named by decisions and not kept, for example 'other'": (
        "UPDATE decisions SET model_digest = 'other' WHERE seq > 2",
    ),
    "1 user ids in the ledger have no state, for example 'bob'": (
        "DELETE FROM users WHERE id = 'bob'",
    ),
    "1 user states do not know the last of their ledger rows, for example 'bob'": (
        "UPDATE users SET last_seq = 1 WHERE id = 'bob'",
    ),
    "1 user states have no base, for example 'bob'": (
        "UPDATE users SET base_seq = 1 WHERE id = 'bob'",
    ),
    "1 counterparty bases are nobody's, for example 1": ("DELETE FROM counterparties",),
    "1 user ledger rows do not know the row before, for example 'c'": (
        "UPDATE ledger SET user_before = 0 WHERE seq = 3",
    ),
    "1 counterparty ledger rows do not know the row before, for example 'd'": (
        "UPDATE ledger SET counterparty_before = 1 WHERE seq = 4",
    ),
}


@pytest.mark.parametrize("words", WRONG)
def test_a_fault_is_found(store: Store, words: str) -> None:
    """A store that is whole has none; one wrong row is found and an example named."""
    pay(store, Payment("a"), Payment("b", "bob"), Payment("c", alert=True), Payment("d", "bob"))
    with store.reading() as reading:
        assert reading.faults() == []
    with store._session(store._writers, writing=True) as session:
        for statement in WRONG[words]:
            session.run(statement)

    with store.reading() as reading:
        assert words in reading.faults()


def test_a_tail_that_was_cut_off_is_found(store: Store) -> None:
    """After retention too: the head knows which rows there should be."""
    pay(store, Payment("a"), Payment("b"), Payment("c"))
    retain(store, 1)
    with store._session(store._writers, writing=True) as session:
        session.run("DELETE FROM ledger WHERE seq > 1")

    with store.reading() as reading:
        assert "the ledger should hold rows 2 to 3, and holds 0 rows" in reading.faults()
