"""Every test of the store runs on both databases, unless it says otherwise."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from outlay.store import Store, open_store
from tests.store.servers import Server, postgres


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """Run one PostgreSQL server for all tests."""
    with postgres() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgres"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the address of a store that is not there yet."""
    if request.param == "sqlite":
        return str(tmp_path / "store.db")
    running: Server = request.getfixturevalue("server")
    return running.address()


@pytest.fixture
def store(where: str) -> Iterator[Store]:
    """Return an open store with an empty base."""
    with open_store(where) as opened:
        opened.import_base([], [], b"books 0")
        yield opened
