"""What goes wrong with a SQLite file is said clearly, loses nothing, and passes when it can."""

import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from outlay.errors import (
    StoreDamagedError,
    StoreError,
    StoreFullError,
    StoreLockedError,
    StoreUnavailableError,
)
from outlay.store import Store, open_store
from tests.store.making import Payment, folded, pay


@pytest.fixture
def path(tmp_path: Path) -> str:
    """Return where a SQLite store may be made."""
    return str(tmp_path / "store.db")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait a tenth of a second for locks."""
    monkeypatch.setattr("outlay.store.sqlite.PATIENCE_SECONDS", 0.1)


def test_a_full_disk_loses_nothing_and_passes(path: str) -> None:
    """The batch that did not fit is not there, those before are, and it goes on once there is room."""
    with open_store(path) as store:
        pay(store, Payment("first"))
        with store._session(store._writers, writing=False) as session:
            pages = session.rows("PRAGMA page_count")[0][0]
            session.rows(f"PRAGMA max_page_count = {pages + 3}")
        with pytest.raises(StoreFullError) as full:
            pay(store, Payment("big" * 9000))
        assert "cannot grow, and nothing of this was written" in str(full.value)
        assert "\n\nHint: Make room on its disk; it goes on by itself." in str(full.value)
        with store.reading() as reading:
            assert reading.head().last_seq == 1
            assert reading.faults() == []
        pay(store, Payment("big" * 9000))  # a new connection has the file's own limit
        folded(store)


LIMITED = """
import resource, sys
from outlay.errors import StoreFullError
from outlay.store import open_store
from tests.store.making import Payment, folded, pay

store = open_store(sys.argv[1])
paid = [pay(store, Payment("first"))]
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, resource.RLIM_INFINITY))
try:
    for k in range(1000):
        paid.append(pay(store, *(Payment(f"t{k}-{n}" * 20, f"u{k}-{n}") for n in range(8))))
except StoreFullError as error:
    print(str(error).split(":")[0].replace(sys.argv[1], "S"))
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
with store.reading() as reading:
    assert reading.head().last_seq == paid[-1], (reading.head(), paid[-1])
assert pay(store, Payment("last")) == paid[-1] + 1
folded(store)
store.close()
print(len(paid) > 3)
"""


def test_a_limit_on_the_file_passes_too(path: str) -> None:
    """Where the system cuts a write short, everything that was acknowledged is there, no half batch."""
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, path], capture_output=True, text=True, check=False
    )

    assert done.stderr == ""
    words = "The store S cannot grow, and nothing of this was written"
    assert done.stdout.splitlines() == [words, "True"]


@pytest.mark.usefixtures("impatient")
def test_a_lock_of_another_process_is_named(path: str) -> None:
    """Waiting has an end; the batch is not there, and goes in when the lock is gone."""
    with open_store(path, serving=True) as store:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreLockedError) as locked:
            pay(store, Payment("a"))
        other.execute("ROLLBACK")
        other.close()

        assert f"The store {path} is locked by another process (process {os.getpid()})" in str(
            locked.value
        )
        assert isinstance(locked.value, StoreUnavailableError)
        assert pay(store, Payment("a")) == 1


def test_one_process_serves(path: str) -> None:
    """A second one is told who does; others may look, and the lock ends with its process."""
    code = "import sys; from outlay.store import open_store; open_store(sys.argv[1], serving=True)"
    command = [sys.executable, "-c", code + "; print('up', flush=True); input()", path]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == b"up\n"
        with pytest.raises(StoreLockedError) as refused:
            open_store(path, serving=True)
        with open_store(path, create=False) as beside, beside.reading() as reading:
            assert reading.head().last_seq == 0
        first.kill()

    assert f"is locked by another process (process {first.pid})" in str(refused.value)
    assert "a SQLite store is for one serving process" in str(refused.value)
    assert "Hint: Stop that process, or let both serve one PostgreSQL store." in str(refused.value)
    open_store(path, serving=True).close()


CANNOT_IMPORT = """
import sys
from outlay.errors import StoreLockedError
from outlay.store import open_store

store = open_store(sys.argv[1], serving=True)
sys.meta_path.clear()
try:
    open_store(sys.argv[1], serving=True)
except StoreLockedError as error:
    print(str(error).split(":")[0].replace(sys.argv[1], "S"))
"""


def test_whoever_has_the_lock_is_named_without_an_import(path: str) -> None:
    """A process that dropped its rights or has no descriptor left can import nothing more."""
    command = [sys.executable, "-c", CANNOT_IMPORT, path]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as alone:
        words, _ = alone.communicate()

    assert words == f"The store S is locked by another process (process {alone.pid})\n"


def damaged(path: str) -> None:
    """Overwrite the middle of the file."""
    with open_store(path) as store:
        pay(store, *(Payment(f"t{k}", f"u{k}") for k in range(200)))
    with Path(path).open("r+b") as file:
        file.seek(8192)
        file.write(b"\xa5" * 40_000)


def garbage(path: str) -> None:
    """Put something in its place that is no database."""
    Path(path).write_bytes(b"PK\x03\x04" * 4096)


@pytest.mark.parametrize("spoil", [damaged, garbage])
def test_damage_is_called_so(path: str, spoil: Callable[[str], None]) -> None:
    """Opening or looking says that the file is not whole, and what to do."""
    spoil(path)

    def look() -> None:
        with open_store(path) as store:
            folded(store)

    with pytest.raises(StoreDamagedError) as found:
        look()
    assert "is damaged, or no SQLite database" in str(found.value)
    assert "\n\nHint: Put a backup in its place" in str(found.value)


def test_a_file_that_vanished_is_not_made_for_a_reader(path: str) -> None:
    """Where no store may be made, the error says that there is none."""
    with pytest.raises(StoreError, match=r"There is no store at .*store\.db"):
        open_store(path, create=False)
    assert not Path(path).exists()


@pytest.mark.parametrize(
    ("place", "words"),
    [("", "Is a directory"), ("no/such/store.db", "No such file or directory")],
)
def test_a_place_that_cannot_be_is_named(tmp_path: Path, place: str, words: str) -> None:
    """A folder, or a file in a folder that is not there, gives the system's words and a hint."""
    with pytest.raises(StoreError) as refused:
        open_store(str(tmp_path / place))
    assert f"{tmp_path / place} cannot be written: {words}.".replace("/ ", " ") in str(
        refused.value
    )
    assert "Hint: Its folder must be there, and this user must be allowed" in str(refused.value)


@contextmanager
def nobody() -> Iterator[None]:
    """Be a user without rights, where the tests run as root, whom no permission stops."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


def test_a_folder_that_may_only_be_read() -> None:
    """Whoever may not write gets an error that says where, and no traceback of the database."""
    with tempfile.TemporaryDirectory() as folder:  # pytest's own is closed to others
        place = Path(folder) / "store.db"
        open_store(str(place)).close()
        place.chmod(0o444)
        Path(folder).chmod(0o555)
        with nobody():
            for where in (place, Path(folder) / "new.db"):
                with pytest.raises(StoreError, match=r"cannot be written: Permission denied\."):
                    open_store(str(where))
        place.chmod(0o666)
        with nobody(), pytest.raises(StoreError, match="cannot be opened for writing"):
            open_store(str(place))
        Path(folder).chmod(0o755)


def test_threads_write_and_read_together(path: str) -> None:
    """Four writers and four readers: no error, no row lost, each view whole."""
    wrong: list[BaseException] = []
    with open_store(path) as store:

        def guarded(work: Callable[[Store, int], None], number: int) -> None:
            try:
                work(store, number)
            except BaseException as error:  # noqa: BLE001  whatever it is, the test shows it
                wrong.append(error)

        def write(store: Store, number: int) -> None:
            for k in range(20):
                pay(store, Payment(f"{number}-{k}", f"u{k % 3}"))

        def read(store: Store, number: int) -> None:
            for _ in range(20 + number):
                with store.reading() as reading:
                    assert len(list(reading.ledger())) == reading.head().last_seq

        threads = [
            threading.Thread(target=guarded, args=(work, number))
            for number in range(4)
            for work in (write, read)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert wrong == []
        folded(store)
        with store.reading() as reading:
            assert reading.head().last_seq == 80


def test_the_file_is_for_its_owner_only(path: str) -> None:
    """Payments are nobody else's business: neither the file nor its log can be read by others."""
    with open_store(path) as store:
        pay(store, Payment("a"))
        modes = {file.name: file.stat().st_mode & 0o077 for file in Path(path).parent.iterdir()}

    assert modes["store.db"] == modes["store.db-wal"] == 0


def test_a_commit_waits_for_the_disk(path: str) -> None:
    """Every connection that writes keeps a write-ahead log and syncs it at each commit."""
    with open_store(path, serving=True) as store:
        pay(store, Payment("a"))
        with store._session(store._writers, writing=True) as session:
            assert session.rows("PRAGMA journal_mode") == [("wal",)]
            assert session.rows("PRAGMA synchronous") == [(2,)]
