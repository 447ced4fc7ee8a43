"""Work done on other threads: a little ahead of who needs it, or a little behind."""

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")
S = TypeVar("S")


class _Feed:
    """A thread that makes items, and begins none while there are enough that nobody took."""

    def __init__(self, items: Iterable[Any], most: int) -> None:
        self.made: queue.Queue[tuple[str, Any]] = queue.Queue()
        self.room = threading.Semaphore(most)
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._work, args=(items,), daemon=True)
        self.thread.start()

    def _work(self, items: Iterable[Any]) -> None:
        try:
            each = iter(items)
            while self._has_room():
                self.made.put(("item", next(each)))
        except StopIteration:
            self.made.put(("end", None))
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            self.made.put(("error", error))

    def _has_room(self) -> bool:
        """Wait for room; there is none once nobody listens."""
        self.room.acquire()
        return not self.over.is_set()

    def end(self) -> None:
        """Stop the thread; it may be the one that asks, where the garbage collector ran on it."""
        self.over.set()
        self.room.release()
        if threading.current_thread() is not self.thread:
            self.thread.join()


class Ahead(Iterator[T]):
    """What items yield, made on another thread, at most so many ahead, from now on.

    Whoever does not take all of them calls `close`.
    """

    def __init__(self, items: Iterable[T], most: int = 1) -> None:
        self._feed: _Feed | None = _Feed(items, most)

    def __next__(self) -> T:
        """Return the next item; what went wrong with it shows here."""
        if self._feed is None:
            raise StopIteration
        kind, item = self._feed.made.get()
        if kind == "item":
            self._feed.room.release()
            found: T = item
            return found
        self.close()
        raise item if kind == "error" else StopIteration

    def close(self) -> None:
        """Make no more."""
        feed, self._feed = self._feed, None
        if feed is not None:
            feed.end()

    __del__ = close


@contextmanager
def behind(most: int = 1) -> Iterator[Callable[..., None]]:
    """Give what has work done in order on another thread; all of it is done when the block ends.

    So much work may wait; whoever has more waits as well. What went wrong shows with later work, or
    at the end.
    """
    waiting: list[Future[Any]] = []

    def wait(most: int) -> None:
        while len(waiting) > most:
            waiting.pop(0).result()

    with ThreadPoolExecutor(1) as thread:

        def do(work: Callable[..., Any], *arguments: Any) -> None:
            wait(most)
            waiting.append(thread.submit(work, *arguments))

        yield do
    wait(0)


def side_by_side(work: Callable[[S], T], items: Iterable[S], threads: int) -> Iterator[T]:
    """Yield the results in the items' order, so many worked on at a time and none further ahead."""
    with ThreadPoolExecutor(threads) as pool:
        waiting: list[Future[T]] = []
        try:
            for item in items:
                if len(waiting) >= threads:
                    yield waiting.pop(0).result()
                waiting.append(pool.submit(work, item))
            while waiting:
                yield waiting.pop(0).result()
        finally:
            for future in waiting:
                future.cancel()
