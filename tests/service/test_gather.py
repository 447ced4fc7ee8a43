"""Gathering: many askers, one scorer, batches that grow with the load."""

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.service.gather import ExpiredError, Gatherer, QueueFullError


class PassingError(Exception):
    """An error that concerns the whole batch."""


def gathering(process, **options):
    """Return a gatherer with limits that do not matter unless given."""
    limits = {"max_batch": 100, "queue_limit": 1_000} | options
    return Gatherer(process, passes=lambda error: isinstance(error, PassingError), **limits)


def ran(gatherer, use):
    """Run a gatherer on a loop of its own, use it, stop it, and return what the use returned."""

    async def whole():
        gatherer.start()
        try:
            return await use()
        finally:
            await gatherer.stop()

    with ThreadPoolExecutor(1) as aside:  # a browser test may have left its own loop in this thread
        return aside.submit(lambda: asyncio.run(whole())).result()


def soon():
    """Return a deadline that is far enough."""
    return time.monotonic() + 30


@given(st.lists(st.lists(st.integers(), max_size=5), max_size=20), st.integers(1, 7))
def test_every_answer_reaches_its_asker_in_order(requests, max_batch):
    """Payments are scored once each, in the order they came, in batches within the limit."""
    batches = []

    def process(payments):
        batches.append(payments)
        return [str(each) for each in payments]

    gatherer = gathering(process, max_batch=max_batch)

    async def use():
        futures = [gatherer.submit(each, soon()) for each in requests]
        return [[await future for future in each] for each in futures]

    answers = ran(gatherer, use)

    assert answers == [[str(n) for n in each] for each in requests]
    assert [n for batch in batches for n in batch] == [n for each in requests for n in each]
    assert all(1 <= len(batch) <= max_batch for batch in batches)
    assert gatherer.pending == 0


def test_what_comes_meanwhile_is_the_next_batch():
    """The first payment starts at once; all that arrive while it is scored go together."""
    lengths, started, release = [], threading.Event(), threading.Event()

    def process(payments):
        lengths.append(len(payments))
        started.set()
        release.wait(10)
        return payments

    gatherer = gathering(process)

    async def use():
        first = gatherer.submit([0], soon())
        await asyncio.to_thread(started.wait, 10)
        rest = [gatherer.submit([n], soon())[0] for n in range(1, 20)]
        release.set()
        await asyncio.gather(*first, *rest)

    ran(gatherer, use)

    assert lengths == [1, 19]


def together(gatherer, held, payments):
    """Return the futures of payments that wait behind one that is being scored, and are then a batch."""

    async def use():
        first = gatherer.submit([held.first], soon())
        await asyncio.to_thread(held.started.wait, 10)
        rest = gatherer.submit(payments, soon())
        held.release.set()
        await asyncio.gather(*first)
        return await asyncio.gather(*rest, return_exceptions=True)

    return ran(gatherer, use)


class Held:
    """Holds the first payment until it is told to let go; what comes then is up to ``then``."""

    def __init__(self, then):
        self.first, self.then = object(), then
        self.started, self.release = threading.Event(), threading.Event()

    def __call__(self, payments):
        """Score a batch."""
        if payments == [self.first]:
            self.started.set()
            self.release.wait(10)
            return payments
        return self.then(payments)


def test_after_a_batch_the_scorer_waits_for_as_many():
    """Who was answered together asks again: the next batch waits for them, and no longer than that."""
    lengths = []

    def process(payments):
        lengths.append(len(payments))
        return payments

    held = Held(process)
    gatherer = gathering(held, gather_seconds=20)

    async def use():
        first = gatherer.submit([held.first], soon())
        await asyncio.to_thread(held.started.wait, 10)
        rest = gatherer.submit([1, 2, 3], soon())
        held.release.set()
        await asyncio.gather(*first, *rest)
        again = gatherer.submit([4], soon())
        await asyncio.sleep(0.1)
        await asyncio.gather(*again, *gatherer.submit([5, 6], soon()))

    ran(gatherer, use)

    assert lengths == [3, 3]


def test_nobody_waits_longer_than_the_gathering_time():
    """Where the others do not come again, the batch starts without them; the next one expects fewer."""
    lengths = []

    def process(payments):
        lengths.append(len(payments))
        return payments

    held = Held(process)
    gatherer = gathering(held, gather_seconds=0.2)

    async def use():
        first = gatherer.submit([held.first], soon())
        await asyncio.to_thread(held.started.wait, 10)
        rest = gatherer.submit([1, 2, 3], soon())
        held.release.set()
        await asyncio.gather(*first, *rest)
        start = time.monotonic()
        await asyncio.gather(*gatherer.submit([4], soon()))
        return time.monotonic() - start

    waited = ran(gatherer, use)

    assert lengths == [3, 1]
    assert waited >= 0.2


def test_the_queue_is_bounded():
    """Beyond the limit nothing is accepted, and what was accepted makes room once it is answered."""
    release = threading.Event()

    def process(payments):
        release.wait(10)
        return payments

    gatherer = gathering(process, queue_limit=3)

    async def use():
        taken = gatherer.submit([1, 2], soon())
        with pytest.raises(QueueFullError):
            gatherer.submit([3, 4], soon())
        taken += gatherer.submit([3], soon())
        assert gatherer.pending == 3
        release.set()
        await asyncio.gather(*taken)
        await asyncio.gather(*gatherer.submit([4, 5, 6], soon()))

    ran(gatherer, use)


def test_a_deadline_frees_its_asker_and_spares_the_scorer():
    """Who waits too long is told so; a payment whose turn had not come by then is not scored."""
    scored, release = [], threading.Event()

    def process(payments):
        scored.extend(payments)
        release.wait(10)
        return payments

    gatherer = gathering(process)

    async def use():
        begun = gatherer.submit([1], time.monotonic() + 0.1)
        await asyncio.sleep(0.05)
        waiting = gatherer.submit([2], time.monotonic() + 0.1)
        for future in (*begun, *waiting):
            with pytest.raises(ExpiredError):
                await future
        release.set()

    ran(gatherer, use)

    assert scored == [1]


def test_who_goes_away_stops_nothing():
    """A payment is scored even if its asker has stopped waiting, and its neighbours are answered."""
    scored, release = [], threading.Event()

    def process(payments):
        release.wait(10)
        scored.extend(payments)
        return payments

    gatherer = gathering(process)

    async def use():
        [gone], [stays] = gatherer.submit([1], soon()), gatherer.submit([2], soon())
        gone.cancel()
        release.set()
        return await stays

    assert ran(gatherer, use) == 2
    assert scored == [1, 2]


def test_an_unforeseen_error_hits_its_own_payment_only():
    """After an error of ours the payments are tried one by one."""

    def process(payments):
        if 13 in payments:
            raise ValueError("13")
        return payments

    held = Held(process)
    answers = together(gathering(held), held, list(range(10, 16)))

    assert [each for each in answers if not isinstance(each, Exception)] == [10, 11, 12, 14, 15]
    assert isinstance(answers[3], ValueError)


def test_a_passing_error_is_the_whole_batch_s():
    """An error that passes by itself is told to all of the batch, and nothing is tried again."""
    calls = []

    def process(payments):
        calls.append(payments)
        raise PassingError

    held = Held(process)
    answers = together(gathering(held), held, [1, 2, 3])

    assert all(isinstance(each, PassingError) for each in answers)
    assert calls == [[1, 2, 3]]


def test_stopping_finishes_what_was_accepted():
    """All that was accepted before the stop is scored, batch after batch."""
    scored = []

    def process(payments):
        time.sleep(0.01)
        scored.extend(payments)
        return payments

    gatherer = gathering(process, max_batch=10)
    futures = []

    async def use():
        for n in range(10):
            futures.extend(gatherer.submit([10 * n + k for k in range(10)], soon()))

    ran(gatherer, use)

    assert scored == list(range(100))
    assert [future.result() for future in futures] == scored
