"""The lock of a SQLite store: a file beside it that one serving process holds.

The operating system lets go of it when the process ends, however it ends; the file stays.
"""

import os
from pathlib import Path

from outlay.errors import StoreLockedError


class ServingLock:
    """Held until released; refused while another process holds it."""

    def __init__(self, store: Path) -> None:
        self._store = store
        self._path = store.with_name(f"{store.name}.lock")
        self._file: int | None = None

    def take(self) -> None:
        """Take the lock, or raise StoreLockedError with the id of the process that has it."""
        import fcntl

        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            raise StoreLockedError(
                f"The store {self._store} is locked by another process{self.holder()}: "
                "a SQLite store is for one serving process.\n\n"
                "Hint: Stop that process, or let both serve one PostgreSQL store."
            ) from None
        os.ftruncate(file, 0)
        os.write(file, f"{os.getpid()}\n".encode())
        self._file = file

    def holder(self) -> str:
        """Return who holds or last held the lock, as ``(process 123)``, nothing if unknown."""
        try:
            # UTF-8 is built in; another codec would have to be imported, which fails where this
            # process may not read its own library, or has no file descriptor left
            process = self._path.read_text(encoding="utf-8", errors="replace").strip()
        except OSError:
            return ""
        return f" (process {process})" if process.isdecimal() else ""

    def release(self) -> None:
        """Let go, if it is held."""
        if self._file is not None:
            os.ftruncate(self._file, 0)
            os.close(self._file)
            self._file = None
