"""Batches go in whole, in order, and come out as they went in."""

import pytest

from outlay.errors import StoreError
from outlay.store import Entity, Head, Kind, Known, Recorded, Store, open_store
from tests.store.making import Payment, alert, decision, entry, folded, pay, put


def test_a_batch_comes_back_as_it_went_in(store: Store) -> None:
    """Rows, decisions and alerts have every field they were given, floats to the bit."""
    batch = [Payment("a", alert=True), Payment("b", "bob", None, -5), Payment("c")]

    assert pay(store, *batch) == 3

    with store.reading() as reading:
        rows = list(reading.ledger())
        assert rows == [Recorded(k + 1, entry(p), decision(p, k)) for k, p in enumerate(batch)]
        assert reading.decision("b") == rows[1]
        assert reading.decision("z") is None
        assert reading.alert("a") == alert(batch[0])
        assert reading.head() == Head(3, 0, b"books 3")
        assert reading.counts().decisions == 3


def test_a_batch_is_there_whole_or_not_at_all(store: Store) -> None:
    """An exception after the last statement takes back all of it."""
    pay(store, Payment("a"))

    def fail() -> None:
        with store.writing() as writing:
            put(writing, Payment("b"), Payment("c", alert=True))
            raise KeyError

    with pytest.raises(KeyError):
        fail()

    assert folded(store)[Kind.USER, "ann"] == (Entity("ann", b"a", None), [1])
    with store.reading() as reading:
        assert reading.head() == Head(1, 0, b"books 1")
        assert reading.alert("c") is None
    assert pay(store, Payment("b")) == 2


def test_a_transaction_sees_what_it_wrote(store: Store) -> None:
    """Two batches in one transaction follow each other as two transactions would."""
    with store.writing() as writing:
        put(writing, Payment("a"), Payment("b"), Payment("c", "bob", None))
        put(writing, Payment("d"), Payment("e", "bob", "bar"))

        assert writing.head() == Head(5, 0, b"books 5")
        assert writing.states(["ann", "bob", "cid"]) == {"ann": b"a b d", "bob": b"c e"}
    assert {key: rows for key, (_, rows) in folded(store).items()} == {
        (Kind.USER, "ann"): [1, 2, 4],
        (Kind.USER, "bob"): [3, 5],
        (Kind.COUNTERPARTY, "shop"): [1, 2, 4],
        (Kind.COUNTERPARTY, "bar"): [5],
    }


def test_a_known_id_gives_its_first_answer(store: Store) -> None:
    """Of many ids those that are known come back, with hash and answer."""
    pay(store, Payment("a"), Payment("b"))

    with store.writing() as writing:
        known = writing.known(["b", "x", "b"])

    assert known == {"b": Known(entry(Payment("b")).content_hash, b"answer b")}


def test_odd_ids_are_ids(store: Store) -> None:
    """Quotes, blanks, other scripts, wildcards and figures are taken as they are."""
    odd = ["'; DROP TABLE ledger; --", '"', "é\u0301\U0001f600", " a ", "A", "a", "%_?", "007", "7"]
    pay(store, *(Payment(name, name, name) for name in odd))

    assert {name for kind, name in folded(store) if kind == Kind.USER} == set(odd)
    with store.reading() as reading:
        assert reading.known(odd).keys() == set(odd)
        assert reading.states(odd) == {name: name.encode() for name in odd}


def test_the_ledger_narrows(store: Store) -> None:
    """By user, counterparty, number and time, each alone and together."""
    pay(
        store,
        Payment("a", at=10),
        Payment("b", "bob", at=20),
        Payment("c", "ann", None, at=30),
        Payment("d", "bob", "bar", at=20),
    )

    with store.reading() as reading:

        def ids(**narrowed: object) -> str:
            rows = reading.ledger(**narrowed)  # type: ignore[arg-type]
            return "".join(row.entry.transaction_id for row in rows)

        assert ids() == "abcd"
        assert ids(user_id="ann") == "ac"
        assert ids(counterparty_id="shop") == "ab"
        assert ids(user_id="bob", counterparty_id="bar") == "d"
        assert ids(user_id="nobody") == ""
        assert ids(after_seq=1, until_seq=3) == "bc"
        assert ids(since=20, until=30) == "bd"
        assert ids(user_id="ann", since=11) == "c"


def test_what_does_not_belong_together_stays_out(store: Store) -> None:
    """A batch with a decision, alert or state too few or too many is refused whole."""
    one = Payment("a", alert=True)
    whole = [[entry(one)], [decision(one, 0)], [alert(one)], {"ann": b"a"}, {"shop": b"a"}, b"x"]

    def append(place: int, wrong: object) -> None:
        with store.writing() as writing:
            writing.append(*(wrong if k == place else part for k, part in enumerate(whole)))  # type: ignore[arg-type]

    for place, what, wrong in [
        (1, "decisions", []),
        (2, "alerts", []),
        (3, "states of users", {"ann": b"a", "bob": b"b"}),
        (4, "states of counterparties", {}),
    ]:
        with pytest.raises(StoreError, match=f"The {what} of a batch are not those"):
            append(place, wrong)
    with store.reading() as reading:
        assert reading.head().last_seq == 0


@pytest.mark.parametrize("odd", [Payment("a\0b"), Payment("a", "a\0"), Payment("a", "b", "\0")])
def test_an_id_that_no_database_keeps_stays_out(store: Store, odd: Payment) -> None:
    """NUL would be cut off by one and refused by the other: neither gets to see it."""
    place = {} if odd.counterparty is None else {odd.counterparty: b"s"}
    with (
        pytest.raises(StoreError, match="An id of the batch holds the letter NUL"),
        store.writing() as writing,
    ):
        writing.append([entry(odd)], [decision(odd, 0)], [], {odd.user: b"s"}, place, b"x")


def test_an_id_stands_once(store: Store) -> None:
    """The database itself refuses a second row of one transaction, and nothing of it stays."""
    pay(store, Payment("a"))

    with pytest.raises(StoreError, match="refused"):
        pay(store, Payment("b"), Payment("a"))
    assert list(folded(store)) == [(Kind.USER, "ann"), (Kind.COUNTERPARTY, "shop")]
    assert pay(store, Payment("b")) == 2


def test_a_view_is_of_one_moment(store: Store) -> None:
    """What is committed while somebody reads does not show in what they read."""
    pay(store, Payment("a"))
    with store.reading() as reading:
        before = reading.head()
        pay(store, Payment("b"))

        assert reading.head() == before
        assert len(list(reading.ledger())) == 1
        assert reading.user("ann") == Entity("ann", b"a", None)
    with store.reading() as reading:
        assert reading.head().last_seq == 2


def test_all_is_there_after_opening_again(where: str) -> None:
    """Closing loses nothing, and a store is made once."""
    with open_store(where) as first:
        first.import_base([("ann", b"past")], [], b"books 0")
        pay(first, Payment("a"))
    with open_store(where, create=False, serving=True) as again:
        entity, rows = folded(again)[Kind.USER, "ann"]

    assert (entity, rows) == (Entity("ann", b"past a", b"past"), [1])


def test_models_and_facts_are_kept(store: Store) -> None:
    """A model stays as it was first put, a fact as it was last set."""
    with store.writing() as writing:
        writing.put_model("m2", bytes(range(256)) * 100, at=2)
        writing.put_model("m1", b"one", at=1)
        writing.put_model("m1", b"other", at=3)
        writing.set_meta("state_version", "1")
        writing.set_meta("state_version", "2")

    with store.reading() as reading:
        assert reading.models() == ["m1", "m2"]
        assert reading.model("m1") == b"one"
        assert reading.model("m2") == bytes(range(256)) * 100
        assert reading.model("m3") is None
        assert (reading.meta("state_version"), reading.meta("other")) == ("2", None)
