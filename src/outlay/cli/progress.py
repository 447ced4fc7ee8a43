"""What a long job is doing: a live line where a person watches, plain lines in a log."""

import sys
import threading
import time
from types import TracebackType
from typing import Final, Self

from outlay.cli import terminal

_TICK: Final = 0.2
_QUICK: Final = 0.05
_MINUTE: Final = 60


class Live:
    """Prints each stage to stderr, with how long it took; used as a context manager."""

    def __init__(self) -> None:
        self._is_live = sys.stderr.isatty()
        self._begun = time.perf_counter()
        self._stage_begun = self._begun
        self._words = ""
        self._rows = ""
        self._over = threading.Event()
        self._lock = threading.Lock()

    @property
    def seconds(self) -> float:
        """How long it has taken so far."""
        return time.perf_counter() - self._begun

    def stage(self, words: str) -> None:
        """Say that the work described by ``words`` begins."""
        words = terminal.cell(words, 78)
        with self._lock:
            self._end_stage()
            self._words, self._stage_begun, self._rows = words, time.perf_counter(), ""
            if not self._is_live:
                terminal.say(f"[{self.seconds:6.1f} s] {words}")
        self._draw()

    def rows(self, done: int, total: int) -> None:
        """Say how many rows of how many the stage has done."""
        took = max(time.perf_counter() - self._stage_begun, 1e-3)
        pace = f"{done:,} rows, {done / took:,.0f} a second"
        left = (total - done) * took / max(done, 1)
        self._rows = f": {pace}, {_span(left)} left" if total > done else f": {pace}"

    def leave(self, words: str) -> None:
        """Say how to go on with a job that ends unfinished."""
        with self._lock:
            self._end_stage()
        terminal.note(words)

    def __enter__(self) -> Self:
        """Begin to redraw the live line."""
        terminal.heed_interrupts()
        if self._is_live:
            threading.Thread(target=self._tick, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the last stage."""
        self._over.set()
        with self._lock:
            self._end_stage()

    def _tick(self) -> None:
        while not self._over.wait(_TICK):
            self._draw()

    def _draw(self) -> None:
        with self._lock:
            if self._is_live and self._words:
                self._line()
                sys.stderr.flush()

    def _line(self) -> None:
        took = time.perf_counter() - self._stage_begun
        room = terminal.width() - 10
        time_taken = f"{took:6.1f} s" if took > _QUICK else ""
        sys.stderr.write(f"\r\x1b[K{(self._words + self._rows)[:room]:{room}}{time_taken}")

    def _end_stage(self) -> None:
        if self._is_live and self._words:
            self._line()
            sys.stderr.write("\n")
        self._words = ""


def _span(seconds: float) -> str:
    """Return a time to come as people say it."""
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    return f"{seconds / _MINUTE:.0f} min"
