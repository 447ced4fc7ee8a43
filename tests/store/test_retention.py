"""What leaves the ledger is in the bases first, and its answers stay."""

import pytest

from outlay.errors import StoreError
from outlay.store import AlertChange, Entity, Head, Kind, Status, Store
from tests.store.making import Payment, entry, folded, pay, retain


def test_what_leaves_is_folded_first(store: Store) -> None:
    """Whoever has rows left gets a later base; whoever has none is as they are."""
    pay(store, Payment("a"), Payment("b", "bob", "bar"), Payment("c"))

    assert retain(store, 2) == 2

    assert folded(store) == {
        (Kind.USER, "ann"): (Entity("ann", b"a c", b"a"), [3]),
        (Kind.COUNTERPARTY, "shop"): (Entity("shop", b"a c", b"a"), [3]),
    }
    with store.reading() as reading:
        assert reading.user("bob") == Entity("bob", b"b", b"b")
        assert reading.head() == Head(3, 2, b"books 3")
        assert [row.seq for row in reading.ledger()] == [3]
        assert reading.decision("a") is None


def test_numbers_go_on_after_everything_left(store: Store) -> None:
    """The ledger may be empty; the next row has the next number, and its own base."""
    pay(store, Payment("a"), Payment("b"))
    assert retain(store, 99) == 2
    assert retain(store, 2) == 0

    assert pay(store, Payment("c")) == 3
    assert folded(store)[Kind.USER, "ann"] == (Entity("ann", b"a b c", b"a b"), [3])


def test_a_row_that_left_still_has_its_answer(store: Store) -> None:
    """A repeat is known by its hash, until its answer is forgotten too."""
    pay(store, Payment("a", at=10), Payment("b", at=20))
    retain(store, 2)

    with store.writing() as writing:
        known = writing.known(["a", "b"])
        assert known["a"].answer == b"answer a"
        assert known["a"].content_hash == entry(Payment("a")).content_hash
        assert writing.forget_answers(20) == 1
        assert writing.known(["a", "b"]).keys() == {"b"}


def test_answers_may_leave_at_once(store: Store) -> None:
    """Where none are to be kept, none are."""
    pay(store, Payment("a"))
    retain(store, 1, keep_answers=False)

    with store.reading() as reading:
        assert reading.known(["a"]) == {}
        assert reading.counts().answers == 0


def test_open_alerts_stay_until_somebody_is_done(store: Store) -> None:
    """Of alerts whose rows leave, those that are resolved or closed leave too."""
    pay(store, *(Payment(name, alert=True) for name in "abcd"))
    with store.writing() as writing:
        writing.update_alert("b", AlertChange(Status.RESOLVED), by="amy", at=1)
        writing.update_alert("c", AlertChange(Status.IN_REVIEW), by="amy", at=1)
        writing.update_alert("d", AlertChange(Status.CLOSED), by="amy", at=1)
    retain(store, 3)

    def there() -> str:
        with store.reading() as reading:
            assert reading.faults() == []
            return "".join(name for name in "abcd" if reading.alert(name))

    assert there() == "acd"
    with store.writing() as writing:
        writing.update_alert("a", AlertChange(Status.CLOSED), by="amy", at=1)
    retain(store, 4)
    assert there() == "c"


def test_nobody_loses_their_past(store: Store) -> None:
    """A base that is missing stops all of it, and names whose."""
    pay(store, Payment("a"), Payment("b", "bob"))

    with (
        pytest.raises(StoreError, match="no base was given for the user 'bob'"),
        store.writing() as writing,
    ):
        writing.retain(2, {"ann": b"a"}, {"shop": b"a b"})
    assert len(folded(store)) == 3
