"""Payments of many requests, scored as one batch after the other in one thread.

The scorer sleeps while there is nothing. The first payment wakes it, and whatever arrives while a
batch is being scored and committed is the next one. Under load that alone would make small batches:
the clients that were just answered are about to ask again. So after a batch of several the scorer
waits a moment, until as many are there; after a lone payment it does not. The event loop counts for
it and wakes it once a batch: a thread that woke for each payment would take the interpreter from the
loop each time. A payment that was accepted is committed, whether or not its client still waits.
"""

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from time import monotonic, perf_counter
from typing import Final, Generic, TypeVar

_LOG: Final = logging.getLogger(__name__)
P = TypeVar("P")
A = TypeVar("A")
_SWEEP_SECONDS: Final = 0.05
_FOR_EVER: Final = -1.0
_BUSY: Final = 1 << 62
"""More payments than ever come: the scorer is not to be woken."""


class QueueFullError(Exception):
    """More payments wait than the limit allows."""


class ExpiredError(Exception):
    """A payment's deadline passed before its answer was there."""


class Item(Generic[P, A]):
    """One payment on its way, and who waits for its answer."""

    __slots__ = ("answer", "deadline", "future", "payment")

    def __init__(self, payment: P, deadline: float, future: "asyncio.Future[A]") -> None:
        self.payment = payment
        self.deadline = deadline
        self.future = future
        self.answer: A | Exception | None = None


class Gatherer(Generic[P, A]):
    """Takes payments from the event loop, and brings back their answers.

    Parameters
    ----------
    process
        Scores payments in their order and commits them, all or none; called in one thread only.
    passes
        Whether an error of ``process`` concerns the whole batch and may pass by itself. After any
        other error the payments are tried one by one, so that one bad payment harms no other.
    max_batch, queue_limit, gather_seconds
        See `Settings`.
    observe
        Told each batch's length and its seconds.
    """

    def __init__(  # noqa: PLR0913 - what it calls, and its limits
        self,
        process: Callable[[list[P]], Sequence[A]],
        *,
        passes: Callable[[Exception], bool],
        max_batch: int,
        queue_limit: int,
        gather_seconds: float = 0.0,
        observe: Callable[[int, float], None] = lambda _length, _seconds: None,
    ) -> None:
        self._process = process
        self._passes = passes
        self._max_batch = max_batch
        self._queue_limit = queue_limit
        self._gather_seconds = gather_seconds
        self._observe = observe
        self._inbox: deque[Item[P, A]] = deque()
        self._bell = threading.Lock()
        """Let go of to wake the scorer, by the event loop only; taken by the scorer only."""
        self._wanted = _BUSY
        """Payments at which the scorer is to be woken: what both sides agree by."""
        self._hurry: asyncio.TimerHandle | None = None
        self._is_stopping = False
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._open: deque[Item[P, A]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._expected = 1
        self.pending = 0
        """Payments that wait or are being scored; the event loop alone counts."""

    def start(self) -> None:
        """Begin, on the running event loop."""
        self._loop = asyncio.get_running_loop()
        self._bell.acquire()
        self._thread = threading.Thread(target=self._run, name="outlay-scorer")
        self._thread.start()

    def submit(self, payments: Sequence[P], deadline: float) -> "list[asyncio.Future[A]]":
        """Accept all of the payments, in their order, or raise `QueueFullError` and accept none.

        Deadlines are in seconds of `time.monotonic`, and come in their order. Who waits beyond one
        gets `ExpiredError`; a payment whose turn has not come by then is not scored.
        """
        assert self._loop is not None  # noqa: S101 - start comes first
        if self.pending + len(payments) > self._queue_limit:
            raise QueueFullError
        self.pending += len(payments)
        items = [Item(each, deadline, self._loop.create_future()) for each in payments]
        self._inbox.extend(items)
        self._open.extend(items)
        if len(self._inbox) >= self._wanted:
            self._ring()
        elif self._hurry is None and self._wanted < _BUSY:
            self._hurry = self._loop.call_later(self._gather_seconds, self._hurry_up)
        if self._timer is None:
            self._timer = self._loop.call_later(_SWEEP_SECONDS, self._sweep)
        return [item.future for item in items]

    def _ring(self) -> None:
        """Wake the scorer."""
        if self._hurry is not None:
            self._hurry.cancel()
            self._hurry = None
        if self._bell.locked():
            self._bell.release()

    def _hurry_up(self) -> None:
        """Wake the scorer for as many as there are."""
        if self._wanted < _BUSY:
            self._wanted = 1
        self._ring()

    def _sweep(self) -> None:
        """Let go of those whose deadline has passed: one timer for all is cheaper than one each."""
        assert self._loop is not None  # noqa: S101 - start comes first
        now = monotonic()
        while self._open and (self._open[0].future.done() or self._open[0].deadline < now):
            _settle(self._open.popleft().future, ExpiredError())
        again = bool(self._open)
        self._timer = self._loop.call_later(_SWEEP_SECONDS, self._sweep) if again else None

    async def stop(self) -> None:
        """Finish what was accepted, and end."""
        if self._thread is not None:
            self._is_stopping = True
            self._ring()
            await asyncio.to_thread(self._thread.join)
            await asyncio.sleep(0)  # the last answers reach their futures
            self._thread = None
        if self._timer is not None:
            self._timer.cancel()

    def _run(self) -> None:
        assert self._loop is not None  # noqa: S101 - start comes first
        while items := self._next():
            self._answer(items)
            self._loop.call_soon_threadsafe(self._deliver, items)

    def _next(self) -> "list[Item[P, A]]":
        """Wait for payments, and take what is there; nothing once all is done and it shall stop."""
        self._wanted = self._expected if self._gather_seconds > 0 else 1
        self._wait()
        self._wanted = _BUSY
        items = [self._inbox.popleft() for _ in range(min(len(self._inbox), self._max_batch))]
        self._expected = max(len(items), 1)
        return items

    def _wait(self) -> None:
        """Sleep until as many as last time are there; nobody waits longer than it takes to gather."""
        end = None
        # who comes after the look at the inbox sees what is wanted, and rings
        while (there := len(self._inbox)) < self._wanted and not self._is_stopping:
            if not there:
                self._bell.acquire(timeout=_FOR_EVER)
                continue
            end = end or monotonic() + self._gather_seconds
            left = end - monotonic()
            if left <= 0:
                return
            self._bell.acquire(timeout=left)

    def _answer(self, items: "list[Item[P, A]]") -> None:
        now = monotonic()
        alive = []
        for item in items:
            if item.deadline < now:
                item.answer = ExpiredError()
            else:
                alive.append(item)
        if alive:
            start = perf_counter()
            self._score(alive)
            self._observe(len(alive), perf_counter() - start)

    def _score(self, items: "list[Item[P, A]]") -> None:
        try:
            answers = self._process([item.payment for item in items])
        except Exception as error:  # noqa: BLE001 - the thread must go on, whatever it is
            self._failed(items, error)
        else:
            for item, answer in zip(items, answers, strict=True):
                item.answer = answer

    def _failed(self, items: "list[Item[P, A]]", error: Exception) -> None:
        if len(items) > 1 and not self._passes(error):
            for item in items:
                self._score([item])
            return
        if self._passes(error):
            _LOG.warning("a batch of %d could not be stored: %s", len(items), error)
        else:
            _LOG.error("a payment could not be scored", exc_info=error)
        for item in items:
            item.answer = error

    def _deliver(self, items: "list[Item[P, A]]") -> None:
        self.pending -= len(items)
        for item in items:
            assert item.answer is not None  # noqa: S101 - every item was answered
            _settle(item.future, item.answer)


def _settle(future: "asyncio.Future[A]", answer: A | Exception) -> None:
    """Give an answer to who waits for it, if anybody still does."""
    if future.done():
        return
    if isinstance(answer, Exception):
        future.set_exception(answer)
        future.exception()  # seen, even where the client has gone
    else:
        future.set_result(answer)
