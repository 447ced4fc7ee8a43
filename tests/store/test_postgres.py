"""What only a server brings: it goes away, and several workers share it."""

import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import psycopg
import pytest

from outlay.errors import (
    StoreConnectionError,
    StoreError,
    StoreLockedError,
    StoreUnavailableError,
)
from outlay.store import Store, open_store
from tests.store.making import Payment, folded, pay, put
from tests.store.servers import Server, postgres


@pytest.fixture
def address(server: Server) -> str:
    """Return a database without a store."""
    return server.address()


@pytest.fixture
def pair(address: str) -> Iterator[tuple[Store, Store]]:
    """Return two workers on one store."""
    with open_store(address) as one, open_store(address) as other:
        one.import_base([], [], b"books 0")
        yield one, other


def test_a_server_that_restarts_is_found_again() -> None:
    """While it is away each call says so; then the next one connects anew, and nothing is lost."""
    with postgres() as own:
        store = open_store(own.address())
        store.import_base([], [], b"books 0")
        pay(store, Payment("a"))
        with store.reading() as reading:
            assert reading.head().last_seq == 1

        own.stop()
        for _ in range(2):
            with pytest.raises(StoreConnectionError) as away:
                pay(store, Payment("b"))
            assert "cannot be reached" in str(away.value)
            assert "Hint: Look whether the server is up; the next call connects" in str(away.value)
        with pytest.raises(StoreUnavailableError), store.reading() as reading:
            reading.head()
        own.start()

        assert pay(store, Payment("b")) == 2
        folded(store)
        store.close()


def _many_readers(store: Store, many: int) -> None:
    """Let a store open so many connections to read, and keep them."""
    with ExitStack() as stack:
        for _ in range(many):
            stack.enter_context(store.reading()).head()
    assert len(store._readers) == many


def test_after_a_restart_nobody_is_told_of_connections_that_died_idle() -> None:
    """The first reading and the first batch after it find new ones; all the old ones are let go."""
    with postgres() as own, open_store(own.address()) as store:
        store.import_base([], [], b"books 0")
        _many_readers(store, 3)

        own.stop()
        own.start()

        with store.reading() as reading:
            assert reading.head().last_seq == 0
        assert len(store._readers) == 1
        assert not store._writers
        assert pay(store, Payment("a")) == 1


def test_a_connection_lost_in_use_takes_the_idle_ones_along() -> None:
    """One call is told; the next one does not meet a dead connection."""
    with postgres() as own, open_store(own.address()) as store:
        store.import_base([], [], b"books 0")
        _many_readers(store, 3)

        def restarted_meanwhile() -> None:
            with store.reading() as reading:
                own.stop()
                own.start()
                reading.head()

        with pytest.raises(StoreConnectionError):
            restarted_meanwhile()

        assert not store._readers
        _many_readers(store, 2)


def test_a_connection_cut_within_a_batch_leaves_nothing(pair: tuple[Store, Store]) -> None:
    """The half batch is gone, the error may be retried, and the retry succeeds."""
    one, other = pair

    def cut() -> None:
        with one.writing() as writing:
            put(writing, Payment("a"), Payment("b", alert=True))
            with other._session(other._readers, writing=False) as session:
                session.rows(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE application_name = 'outlay' AND state = 'idle in transaction'"
                    " AND pid <> pg_backend_pid()"
                )

    with pytest.raises(StoreConnectionError):
        cut()
    with other.reading() as reading:
        assert reading.head().last_seq == 0
    assert pay(one, Payment("a"), Payment("b", alert=True)) == 2
    folded(other)


def test_workers_stand_in_line(pair: tuple[Store, Store]) -> None:
    """Two workers at once: no number is missing or doubled, and each state has seen every payment."""

    def work(store: Store, name: str) -> None:
        for k in range(30):
            pay(store, Payment(f"{name}{k}", "ann"), Payment(f"{name}{k}x", f"u{k % 3}"))

    threads = [
        threading.Thread(target=work, args=(store, name))
        for store, name in zip(pair, "ab", strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    folded(pair[0])
    with pair[1].reading() as reading:
        assert reading.head().last_seq == 120
        assert len(list(reading.ledger(user_id="ann"))) == 60


def test_a_worker_that_holds_the_line_is_not_waited_for(
    pair: tuple[Store, Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wait has an end, and the error says that another worker has the lock."""
    one, other = pair
    settings = ("SET search_path = outlay", "SET lock_timeout = '50ms'")
    monkeypatch.setattr("outlay.store.postgres._SETTINGS", settings)
    with one.writing() as writing:
        put(writing, Payment("a"))
        other.close()
        with pytest.raises(StoreLockedError, match="is locked by another worker"):
            pay(other, Payment("b"))
    assert pay(other, Payment("b")) == 2


def test_workers_may_start_together(address: str) -> None:
    """Four at once make the tables once."""
    wrong: list[BaseException] = []

    def start() -> None:
        try:
            open_store(address).close()
        except StoreError as error:
            wrong.append(error)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []


def test_a_statement_that_failed_cannot_be_committed(address: str) -> None:
    """The server answers such a COMMIT with ROLLBACK; that is an error here, never silence."""

    def swallow() -> None:
        with store.writing() as writing:
            put(writing, Payment("a"))
            with suppress(psycopg.Error):
                writing._session.run("SELECT no_such_column FROM head")

    with open_store(address) as store:
        store.import_base([], [], b"books 0")
        with pytest.raises(StoreError, match="the transaction was taken back"):
            swallow()
        with store.reading() as reading:
            assert reading.head().last_seq == 0


def test_no_password_is_shown() -> None:
    """An address names host and database in errors, nothing else."""
    with pytest.raises(StoreConnectionError) as refused:
        open_store("postgresql://amy:s3cret@127.0.0.1:9/money?application_name=x")

    assert "The store postgresql://127.0.0.1:9/money cannot be reached" in str(refused.value)
    assert "s3cret" not in str(refused.value)


def test_an_address_that_is_none_is_refused() -> None:
    """The error shows how one looks."""
    with pytest.raises(StoreError, match="The address of the store is none that PostgreSQL reads"):
        open_store("postgresql://[")


def test_there_may_be_no_store_yet(address: str) -> None:
    """Where none may be made, the error says that there is none, and none is made."""
    for _ in range(2):
        with pytest.raises(StoreError, match="There is no store at postgresql://"):
            open_store(address, create=False)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite needs none; PostgreSQL says what to install."""
    monkeypatch.delitem(sys.modules, "outlay.store.postgres", raising=False)
    monkeypatch.setitem(sys.modules, "psycopg", None)

    with pytest.raises(StoreError, match=r"pip install 'outlay\[postgres\]'"):
        open_store("postgresql://127.0.0.1/money")
