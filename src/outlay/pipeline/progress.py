"""How a long job tells what it is doing."""

import time
from typing import Protocol


class Progress(Protocol):
    """Is told when a stage begins; the command line prints it, a library call keeps quiet."""

    def stage(self, words: str) -> None:
        """Say that the work described by ``words`` begins."""
        ...


class Quiet:
    """Tells nobody."""

    def stage(self, words: str) -> None:
        """Do nothing."""


class Clock:
    """Keeps how long each stage took, and passes it on."""

    def __init__(self, listener: Progress) -> None:
        self._listener = listener
        self._started: list[tuple[str, float]] = []

    def stage(self, words: str) -> None:
        """Note the time and tell the listener."""
        self._started.append((words, time.perf_counter()))
        self._listener.stage(words)

    def seconds(self) -> float:
        """Return the time since the first stage began."""
        return time.perf_counter() - self._started[0][1] if self._started else 0.0
