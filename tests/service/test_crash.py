"""kill -9 under load: what was acknowledged is there, once, and everything agrees."""

import itertools
import os
import random
from typing import Any

import pytest

from outlay.pipeline.live.check import check
from outlay.store import open_store
from tests.service.process import Process, Sender

KILLS = int(os.environ.get("FAULT_KILLS", "6"))
SENDERS = 6


def payments(sender):
    """Yield one sender's payments: a few users that all senders share."""
    for n in itertools.count():
        yield {
            "transaction_id": f"{sender}-{n}",
            "user_id": f"U00000{(n * 7 + sender) % 9}",
            "amount": 5 + n % 90,
            "timestamp": f"2025-06-{1 + n // 1440 % 28:02}T{n // 60 % 24:02}:{n % 60:02}:00Z",
            "counterparty_id": f"M{n % 5}",
        }


@pytest.mark.slow
def test_kill_9_under_load_loses_nothing(folder, tmp_path):
    """After each kill the service starts again; in the end every acknowledged payment is there once.

    Its stored decision is the acknowledged one, byte for byte, and the store is sound.
    """
    where, dice = tmp_path / "live.db", random.Random(9)  # noqa: S311
    sources = [payments(n) for n in range(SENDERS)]
    acknowledged: dict[str, bytes] = {}
    waiting: list[Any] = [None] * SENDERS
    for _ in range(KILLS):
        with Process(tmp_path, "--model", folder, "--store", where) as service:
            senders = [
                Sender(source, acknowledged, first)
                for source, first in zip(sources, waiting, strict=True)
            ]
            for sender in senders:
                sender.port = service.port
                sender.start()
            senders[0].join(dice.uniform(0.02, 0.5))
            service.kill()
            for sender in senders:
                sender.join(30)
            assert [sender.others for sender in senders] == [[]] * SENDERS
            waiting = [sender.open for sender in senders]

    with open_store(str(where)) as store:
        with store.reading() as reading:
            rows = list(reading.ledger())
        checked = check(store)
    names = [row.entry.transaction_id for row in rows]
    stored = {row.entry.transaction_id: row.decision.body for row in rows}
    assert len(names) == len(set(names))
    assert len(acknowledged) > KILLS
    assert {name: stored.get(name) for name in acknowledged} == acknowledged
    assert set(names) - set(acknowledged) <= {one["transaction_id"] for one in waiting if one}
    assert checked.is_clean, checked.faults
