"""Whatever happens, a state is its base folded over the rows that are there."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outlay.store import Entity, Kind, Store, open_store
from tests.store.making import Payment, folded, pay, retain
from tests.store.naive import NaiveStore
from tests.store.servers import Server

PEOPLE = st.sampled_from(["ann", "bob", "cid"])
PLACES = st.sampled_from(["shop", "ann", None])  # a counterparty may be called like a user
BATCHES = st.lists(st.tuples(PEOPLE, PLACES, st.booleans()), min_size=1, max_size=6)
RETAINED = st.integers(0, 30)
DAYS = st.lists(BATCHES | RETAINED, max_size=8)


def live(store: Store, days: list[list[tuple[str, str | None, bool]] | int]) -> None:
    """Go through batches and retentions beside the twin, comparing after each."""
    twin = NaiveStore()
    for day in days:
        if isinstance(day, int):
            left = min(day, len(twin.payments))
            assert retain(store, day) == max(0, left - twin.left)
            twin.left = max(left, twin.left)
        else:
            at = len(twin.payments)
            batch = [
                Payment(f"t{at + k}", user, place, alert=alert)
                for k, (user, place, alert) in enumerate(day)
            ]
            twin.payments += batch
            assert pay(store, *batch) == len(twin.payments)
        found = {
            (str(kind), name): (entity.state, entity.base, rows)
            for (kind, name), (entity, rows) in folded(store).items()
        }
        assert found == twin.expected()


@contextmanager
def fresh_file() -> Iterator[Store]:
    """Return an empty SQLite store."""
    with (
        tempfile.TemporaryDirectory() as folder,
        open_store(str(Path(folder) / "store.db")) as store,
    ):
        store.import_base([], [], b"books 0")
        yield store


@given(DAYS)
@settings(max_examples=60)
def test_sqlite_is_its_twin(days) -> None:
    """States, bases and rows of everyone are those of a store made of lists."""
    with fresh_file() as store:
        live(store, days)


@given(days=DAYS)
@settings(max_examples=15)
def test_postgres_is_its_twin(server: Server, days) -> None:
    """States, bases and rows of everyone are those of a store made of lists."""
    with open_store(server.address()) as store:
        store.import_base([], [], b"books 0")
        live(store, days)


def test_an_imported_state_is_a_base(where: str) -> None:
    """What the model knew stays as the base, also of those who never pay."""
    users = [(f"u{k:05d}", b"u" * (k % 50 + 1)) for k in range(4500)]
    with open_store(where) as store:
        store.import_base(iter(users), [("shop", b"past")], b"books 0")
        pay(store, Payment("a", "u00007"), Payment("b", "new"))

        assert folded(store) == {
            (Kind.USER, "u00007"): (Entity("u00007", b"uuuuuuuu a", b"uuuuuuuu"), [1]),
            (Kind.USER, "new"): (Entity("new", b"b", None), [2]),
            (Kind.COUNTERPARTY, "shop"): (Entity("shop", b"past a b", b"past"), [1, 2]),
        }
        with store.reading() as reading:
            assert reading.counts().users == 4501
            assert reading.user("u04499") == Entity("u04499", users[-1][1], users[-1][1])
            assert reading.user("nobody") is None
            assert reading.counterparty("shop") == Entity("shop", b"past a b", b"past")


def test_an_import_that_broke_off_starts_anew(where: str) -> None:
    """Until the books are there nothing counts; afterwards nothing is imported again."""

    def broken() -> Iterator[tuple[str, bytes]]:
        yield from ((f"old{k}", b"old") for k in range(3000))
        raise KeyError

    with open_store(where) as store:
        with pytest.raises(KeyError):
            store.import_base(broken(), [], b"books 0")
        with store.reading() as reading:
            assert reading.books() is None
            assert reading.counts().users == 2000
        store.import_base([("ann", b"new")], [], b"books 0")

        with store.reading() as reading:
            assert reading.counts().users == 1
        with pytest.raises(Exception, match="The store has its base already"):
            store.import_base([("bob", b"new")], [], b"books 0")


def test_replaced_states_leave_the_base(store: Store) -> None:
    """Making states anew changes them and nothing else."""
    pay(store, Payment("a"))
    with store.writing() as writing:
        writing.replace_states({"ann": b"wrong"}, {"shop": b"bad"})
    with store.reading() as reading:
        assert reading.user("ann") == Entity("ann", b"wrong", None)
    with store.writing() as writing:
        writing.replace_states({"ann": b"a"}, {"shop": b"a"})

    assert len(folded(store)) == 2


def test_many_histories_come_in_bounded_chunks(store: Store) -> None:
    """More entities than are held at once come out each once, with all their rows."""
    for start in range(0, 1400, 200):
        pay(store, *(Payment(f"t{k}", f"u{k % 700}", None) for k in range(start, start + 200)))

    found = folded(store)
    assert len(found) == 700
    assert found[Kind.USER, "u699"][1] == [700, 1400]
