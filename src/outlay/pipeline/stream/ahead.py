"""Work done on other threads: a little ahead of who needs it, or a little behind."""

import queue
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
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


def ahead(items: Iterable[T], most: int = 1) -> Generator[T]:
    """Yield what ``items`` yields, made on another thread, at most so many ahead."""
    feed = _Feed(items, most)
    try:
        while True:
            kind, item = feed.made.get()
            feed.room.release()
            if kind == "error":
                raise item
            if kind == "end":
                return
            yield item
            del item  # it may be large, and the next is waited for
    finally:
        feed.end()


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
