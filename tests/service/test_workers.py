"""Several processes on one PostgreSQL store, and a server that is restarted under load."""

import json
import threading
import time

import pytest

from outlay.pipeline.live.check import check
from outlay.store import open_store
from tests.service.process import Process, Sender
from tests.store.servers import postgres

pytestmark = pytest.mark.slow
SENDERS = 4


@pytest.fixture(scope="module")
def server():
    """Return a PostgreSQL server that these tests have for themselves."""
    with postgres() as found:
        yield found


@pytest.fixture
def where(server):
    """Return the address of an empty database."""
    return server.address()


def payments(sender, most):
    """Yield payments of a few users that all senders share."""
    for n in range(most):
        yield {
            "transaction_id": f"{sender}-{n}",
            "user_id": f"U00000{n % 5}",
            "amount": 5 + (n * 13 + sender) % 90,
            "timestamp": f"2025-06-01T{n // 60 % 24:02}:{n % 60:02}:{sender:02}Z",
            "counterparty_id": f"M{n % 3}",
        }


def sound(where, acknowledged):
    """Say that a store holds every acknowledged payment once, as it was answered, and is clean."""
    with open_store(where) as store:
        with store.reading() as reading:
            rows = list(reading.ledger())
        checked = check(store)
    stored = {row.entry.transaction_id: row.decision.body for row in rows}
    assert len(stored) == len(rows)
    assert {name: stored.get(name) for name in acknowledged} == acknowledged
    assert checked.is_clean, checked.faults
    return len(rows)


def test_two_workers_share_one_store(folder, where, tmp_path):
    """Two processes take interleaved payments of the same users, and the store is as one wrote it.

    A payment sent to both is decided once, and both give the same answer.
    """
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    arguments = ("--model", folder, "--store", where)
    with (
        Process(tmp_path / "one", *arguments) as one,
        Process(tmp_path / "two", *arguments) as two,
    ):
        acknowledged: dict[str, bytes] = {}
        senders = [Sender(payments(n, 150), acknowledged) for n in range(SENDERS)]
        for n, sender in enumerate(senders):
            sender.port = (one, two)[n % 2].port
            sender.start()
        for sender in senders:
            sender.join(60)
        assert [sender.others for sender in senders] == [[]] * SENDERS
        twice = next(payments(9, 1))
        answers = []
        threads = [
            threading.Thread(
                target=lambda s=service: answers.append(s.ask("POST", "/v1/transactions", twice))
            )
            for service in (one, two)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert [status for status, *_ in answers] == [200, 200]
        assert answers[0][2] == answers[1][2]
        codes = (one.stop(), two.stop())

    assert codes == (0, 0)
    assert len(acknowledged) == SENDERS * 150
    assert sound(where, acknowledged) == SENDERS * 150 + 1


def test_a_restarted_server_is_got_through(folder, server, where, tmp_path):
    """While PostgreSQL restarts payments get 503; after it they are taken again, and none is lost."""
    with Process(tmp_path, "--model", folder, "--store", where) as service:
        acknowledged: dict[str, bytes] = {}
        senders = [Sender(payments(n, 100_000), acknowledged) for n in range(SENDERS)]
        for sender in senders:
            sender.port = service.port
            sender.start()
        time.sleep(0.5)
        server.stop()
        time.sleep(0.3)
        server.start()
        before = len(acknowledged)
        end = time.monotonic() + 30
        while len(acknowledged) < before + 50:
            assert time.monotonic() < end
            time.sleep(0.05)
        others = [each for sender in senders for each in sender.others]
        assert {status for status, _ in others} <= {503, 504}
        assert all(json.loads(body)["status"] in {503, 504} for _, body in others)
        while service.ask("GET", "/readyz")[0] != 200:
            assert time.monotonic() < end
            time.sleep(0.05)
        assert service.stop() == 0
        for sender in senders:
            sender.join(30)

    sound(where, acknowledged)
