"""Keys are kept as hashes, and changes as they were made."""

import pytest

from outlay.errors import ConfigError, NotFoundError
from outlay.store import Change, Key, Store


def test_a_key_lives_and_ends(store: Store) -> None:
    """It is there until revoked, and then with the time of its end; both are logged."""
    key = Key("till 3", "ingest", b"\x00\xffhash", 5)
    with store.writing() as writing:
        writing.add_key(key, by="root")
        writing.add_key(Key("desk", "analyst", b"other", 6), by="root")
        writing.revoke_key("till 3", by="root", at=9)

    with store.reading() as reading:
        assert reading.keys() == [
            Key("till 3", "ingest", b"\x00\xffhash", 5, 9),
            Key("desk", "analyst", b"other", 6),
        ]
        assert reading.audit(subject="till 3") == [
            Change(9, "root", "key revoked", "till 3"),
            Change(5, "root", "key created", "till 3", None, '{"role":"ingest"}'),
        ]


def test_a_name_is_used_once(store: Store) -> None:
    """Also after its key was revoked, so that the log stays clear."""
    with store.writing() as writing:
        writing.add_key(Key("till", "ingest", b"1", 1), by="root")
        writing.revoke_key("till", by="root", at=2)

        with pytest.raises(ConfigError, match="There is or was a key named 'till'"):
            writing.add_key(Key("till", "ingest", b"2", 3), by="root")
        with pytest.raises(NotFoundError, match="There is no key named 'till' in use"):
            writing.revoke_key("till", by="root", at=4)


def test_the_log_gives_the_newest_first(store: Store) -> None:
    """As many as are asked for, of one subject or of all."""
    changes = [Change(k, "amy", "rule", f"r{k % 2}", None, str(k)) for k in range(6)]
    with store.writing() as writing:
        for change in changes:
            writing.log(change)

    with store.reading() as reading:
        assert reading.audit() == changes[::-1]
        assert reading.audit(limit=2) == [changes[5], changes[4]]
        assert reading.audit(subject="r0", limit=2) == [changes[4], changes[2]]
