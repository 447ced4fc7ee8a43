"""Work ahead and behind is done in order, and what goes wrong in it is not lost."""

import threading
from collections.abc import Iterator

import pytest

from outlay.pipeline.stream.ahead import Ahead, behind


def test_work_is_done_in_order_before_the_block_ends() -> None:
    """All of it, on one other thread."""
    done: list[tuple[int, int]] = []
    with behind() as later:
        for n in range(20):
            later(lambda n: done.append((n, threading.get_ident())), n)

    assert [n for n, _ in done] == list(range(20))
    assert len({thread for _, thread in done} - {threading.get_ident()}) == 1


def test_no_more_than_so_much_waits() -> None:
    """Whoever has more to do waits until the first is done."""
    begun, may_end = threading.Semaphore(0), threading.Event()

    def work() -> None:
        begun.release()
        may_end.wait(10)

    with behind(most=1) as later:
        later(work)
        later(work)
        third = threading.Thread(target=later, args=(work,))
        begun.acquire(timeout=10)
        third.start()
        third.join(0.2)
        had_to_wait = third.is_alive()
        may_end.set()
        third.join(10)

    assert had_to_wait
    assert not third.is_alive()


def test_what_goes_wrong_shows() -> None:
    """At the end of the block, or with later work; an error of the block itself goes before it."""

    def ask(times: int, own: Exception | None = None) -> None:
        with behind() as later:
            for _ in range(times):
                later(fail)
            if own:
                raise own

    with pytest.raises(OSError, match="full"):
        ask(1)
    with pytest.raises(OSError, match="full"):
        ask(3)
    with pytest.raises(KeyError):
        ask(1, KeyError())


def fail() -> None:
    """Do as a full disk does."""
    raise OSError(28, "full")


def test_who_makes_the_items_may_be_told_to_stop() -> None:
    """The garbage collector may close what yields them on the very thread that makes them."""
    given: list[Ahead[int]] = []
    closed = threading.Event()
    wrong: list[RuntimeError] = []

    def items() -> Iterator[int]:
        yield 1
        waits.wait(10)
        try:
            given[0].close()
        except RuntimeError as error:
            wrong.append(error)
        closed.set()

    waits = threading.Event()
    given.append(Ahead(items()))
    assert next(given[0]) == 1
    waits.set()

    assert closed.wait(10)
    assert not wrong
