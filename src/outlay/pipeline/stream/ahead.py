"""Work done a little ahead of who needs it, on another thread."""

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")
S = TypeVar("S")


class _Feed:
    """A thread that makes items, and waits where they are not taken."""

    def __init__(self, items: Iterable[Any], most: int) -> None:
        self.made: queue.Queue[tuple[str, Any]] = queue.Queue(most)
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._work, args=(items,), daemon=True)
        self.thread.start()

    def _work(self, items: Iterable[Any]) -> None:
        try:
            for item in items:
                self._put("item", item)
                if self.over.is_set():
                    return
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            self._put("error", error)
        else:
            self._put("end", None)

    def _put(self, kind: str, item: Any) -> None:
        while not self.over.is_set():
            with suppress(queue.Full):
                self.made.put((kind, item), timeout=0.1)
                return


def ahead(items: Iterable[T], most: int = 1) -> Iterator[T]:
    """Yield what ``items`` yields, made on another thread, at most so many ahead."""
    feed = _Feed(items, most)
    try:
        while True:
            kind, item = feed.made.get()
            if kind == "error":
                raise item
            if kind == "end":
                return
            yield item
    finally:
        feed.over.set()
        feed.thread.join()


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
