"""Several workers on one PostgreSQL store: one ledger, one order, one answer a payment."""

import threading
from itertools import chain
from typing import Any

import pytest

from outlay.pipeline.live.base import begin
from outlay.pipeline.live.check import check
from outlay.pipeline.live.engine import Decided
from outlay.pipeline.live.rebuild import rebuild
from outlay.pipeline.live.replay import replay_period
from outlay.pipeline.live.retain import retain
from outlay.store import open_store
from tests.pipeline.live.test_engine import decided, pieces
from tests.store.servers import postgres

NOW = 1_900_000_000_000_000


@pytest.fixture(scope="module")
def server():
    """Run one PostgreSQL server for these tests."""
    with postgres() as running:
        yield running


def test_postgresql_answers_as_sqlite_does(server, model, store, later):
    """The same payments, the same answers, and everything that looks after a store works there."""
    wanted = [
        a.body
        for p in pieces(later[:150], 25)
        for a in decided(begin(model, store, clock=lambda: NOW), *p)
    ]
    with open_store(server.address()) as shared:
        engine = begin(model, shared, clock=lambda: NOW)

        got = [a.body for p in pieces(later[:150], 25) for a in decided(engine, *p)]

        assert got == wanted
        assert check(shared).faults == []
        assert replay_period(shared).equal == 150
        assert rebuild(shared).users_changed == 0
        assert retain(shared, NOW + 1, at_once=40).left == 150
        assert check(shared).faults == []
        assert all(a.repeated for a in decided(engine, *later[:150]))


def test_workers_share_a_store(server, model, later):
    """Four at once, each with some of the payments and some that others send too: nothing is lost."""
    some = later[:240]
    address = server.address()
    with open_store(address) as first:
        begin(model, first, clock=lambda: NOW)
    found: dict[int, list[Any]] = {}

    def work(k):
        mine = [row for at, row in enumerate(some) if at % 4 == k or at % 7 == 0]
        with open_store(address) as own:
            engine = begin(model, own, clock=lambda: NOW)
            found[k] = [
                (row["transaction_id"], answer)
                for piece in pieces(mine, 5)
                for row, answer in zip(piece, decided(engine, *piece), strict=True)
            ]

    workers = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    answers: dict[str, set[bytes]] = {}
    fresh = 0
    for name, answer in chain(*found.values()):
        assert isinstance(answer, Decided)
        answers.setdefault(name, set()).add(answer.body)
        fresh += not answer.repeated
    assert len(found) == 4
    assert fresh == len(answers) == 240
    assert all(len(bodies) == 1 for bodies in answers.values())
    with open_store(address) as shared:
        assert check(shared).faults == []
        assert replay_period(shared).equal == 240
