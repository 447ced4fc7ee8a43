"""``outlay keys``: create, list, revoke."""

import pytest

from outlay.service import keys
from outlay.store import open_store


@pytest.fixture
def store(tmp_path):
    """Return where the store is."""
    return tmp_path / "live.db"


def test_a_key_is_printed_once_and_only_its_hash_is_kept(call, store):
    """The key goes to stdout, alone; the store has what a caller's key is compared with."""
    answer = call("keys", "create", "checkout", "--role", "ingest", "--store", store)

    name, secret = keys.split(answer.out.strip()) or ("", "")
    assert (answer.code, name) == (0, "checkout")
    assert "shown once" in answer.err
    with open_store(str(store)) as opened, opened.reading() as reading:
        [kept] = reading.keys()
        [change] = reading.audit()
    assert keys.fits(secret, kept.hash)
    assert (kept.name, kept.role, kept.revoked_at) == ("checkout", "ingest", None)
    assert change.who.endswith("at the command line")
    assert secret not in store.read_bytes().decode("latin-1")


def test_keys_are_listed_without_their_secrets(call, store):
    """The list tells name, role and dates; a revoked key stays in it."""
    for name, role in (("checkout", "ingest"), ("anna", "analyst")):
        call("keys", "create", name, "--role", role, "--store", store)
    assert call("keys", "revoke", "anna", "--store", store).code == 0
    answer = call("keys", "list", "--store", store)

    header, *rows = answer.out.splitlines()
    assert header.split() == ["name", "role", "created", "revoked"]
    told = {row.split()[0]: row.split() for row in rows}
    assert told["checkout"][1] == "ingest"
    assert told["checkout"][-1] == "-"
    assert told["anna"][-1] != "-"
    assert "outlay_" not in answer.out


def test_what_cannot_be_is_said_in_words(call, store):
    """A name twice, a name that cannot be, an unknown name, no store: each has its message."""
    call("keys", "create", "checkout", "--role", "ingest", "--store", store)
    again = call("keys", "create", "checkout", "--role", "admin", "--store", store)
    odd = call("keys", "create", "Check Out", "--role", "admin", "--store", store)
    unknown = call("keys", "revoke", "nobody", "--store", store)
    nowhere = call("keys", "list", "--store", store.with_name("none.db"))

    assert [each.code for each in (again, odd, unknown, nowhere)] == [1, 1, 1, 1]
    assert "checkout" in again.err
    assert "cannot be a key's name" in odd.err
    assert "nobody" in unknown.err
    assert "There is no store at" in nowhere.err
    assert call("keys", "create", "x", "--role", "boss", "--store", store).code == 2
