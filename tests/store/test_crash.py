"""A writer killed at any moment: what it acknowledged is there whole, and no half batch is."""

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

from outlay.store import open_store
from tests.store.making import folded

KILLS = 30

WRITER = """
import random, sys
from outlay.store import open_store
from tests.store.making import Payment, pay, retain

start = int(sys.argv[2])
chosen = random.Random(start)
store = open_store(sys.argv[1], serving=True)
print("up", flush=True)
for batch in range(start, start + 10_000):
    size = chosen.randint(1, 30)
    payments = [
        Payment(f"b{batch}-{k}-{size}", f"u{chosen.randint(0, 40)}", f"c{chosen.randint(0, 9)}",
                alert=chosen.random() < 0.1)
        for k in range(size)
    ]
    last = pay(store, *payments)
    print(batch, size, last, flush=True)
    if chosen.random() < 0.1:
        retain(store, last - chosen.randint(0, 60))
"""


def test_what_was_acknowledged_survives_being_killed(tmp_path: Path) -> None:
    """After each of thirty kills the store is whole and holds every batch it was said to hold.

    A batch that was committed and not yet acknowledged may be there, one a kill; it is whole too.
    """
    path = str(tmp_path / "store.db")
    with open_store(path) as store:
        store.import_base([(f"u{k}", b"past") for k in range(20)], [], b"books 0")
    chosen = random.Random(7)  # noqa: S311  the same kills every time
    acknowledged: dict[int, int] = {}
    last = 0
    for round_number in range(KILLS):
        said = killed(path, 10_000 * round_number, chosen.uniform(0.001, 0.06))
        acknowledged |= {batch: size for batch, size, _ in said}
        last = max([last, *(row for _, _, row in said)])

        with open_store(path) as store:
            folded(store)
            with store.reading() as reading:
                head = reading.head()
                ids = [row.entry.transaction_id for row in reading.ledger()]
                known = reading.known(
                    f"b{b}-{k}-{n}" for b, n in acknowledged.items() for k in range(n)
                )
        found: dict[int, list[str]] = {}
        for name in ids:
            found.setdefault(int(name[1:].split("-")[0]), []).append(name)
        assert len(known) == sum(acknowledged.values())
        unsaid = {batch: names for batch, names in found.items() if batch not in acknowledged}
        for names in unsaid.values():
            assert len(names) == int(names[0].split("-")[2])
        assert len(unsaid) <= round_number + 1
        assert head.last_seq >= last
        acknowledged |= {batch: len(names) for batch, names in unsaid.items()}
        last = head.last_seq
    assert len(acknowledged) > KILLS


def killed(path: str, start: int, after: float) -> list[tuple[int, int, int]]:
    """Let a writer work, kill it, and return what it had said: batch, size, last row."""
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, path, str(start)], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "up\n"
        signal.sigtimedwait([], after)
        os.kill(writer.pid, signal.SIGKILL)
        said = [line.split() for line in writer.stdout if line.endswith("\n")]
    return [(int(batch), int(size), int(last)) for batch, size, last in said]
