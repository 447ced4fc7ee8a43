"""One transaction through features, all detectors and the decision, in process: microseconds.

Nothing is stored: this is what a payment costs before its commit. Timed alone (a payment a call)
and by the batch.

    python -m benchmarks one_transaction
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

from benchmarks.page import Promise, Section, table

import outlay
from outlay.pipeline.live.decision import encode
from outlay.pipeline.live.payment import Payment
from outlay.pipeline.live.reader import Reader
from outlay.pipeline.live.scorer import Scorer
from outlay.pipeline.live.states import to_bytes, to_moments, to_words

ROUNDS = 5
BATCHES = (1, 8, 32, 128)


@dataclass
class World:
    """A model, what comes after its training, and where everybody stands, as stored bytes."""

    scorer: Scorer
    reader: Reader
    objects: list[dict[str, Any]]
    payments: list[Payment]
    users: dict[str, bytes]
    counterparties: dict[str, bytes]


def world(users: int = 400, days: int = 90) -> World:
    """Return a wallet of which two thirds were trained on, the rest as JSON objects."""
    wallet = outlay.synth(users=users, days=days, seed=11).sort("timestamp")
    cut = 2 * wallet.height // 3
    model = outlay.train(wallet.head(cut))._core  # noqa: SLF001 - below the public surface
    objects = wallet.tail(wallet.height - cut).head(5_000).drop("is_fraud").to_dicts()
    for each in objects:
        each["timestamp"] = each["timestamp"].isoformat()
    reader = Reader.of(model, lambda: time.time_ns() // 1000)
    payments = [found for each in objects if isinstance(found := reader.read(each), Payment)]
    known = model.pasts.counterparties
    return World(
        Scorer(model),
        reader,
        objects,
        payments,
        {name: to_bytes(model.pasts.users.of(name)) for name in model.pasts.users.ids},
        {n: to_bytes(m.copy()) for n, m in zip(known.ids, known.moments, strict=True)},
    )


def scored(at: World, payments: list[Payment]) -> int:
    """Take payments from stored bytes to the answers' JSON and new stored bytes."""
    users = {p.user_id for p in payments}
    others = {p.counterparty_id for p in payments if p.counterparty_id is not None}
    done = at.scorer.score(
        payments,
        {name: to_words(at.users[name], name) for name in users if name in at.users},
        {n: to_moments(at.counterparties[n], n) for n in others if n in at.counterparties},
        at.scorer.model.books,
    )
    size = sum(len(to_bytes(state)) for state in done.states.values())
    return size + sum(len(encode(answer)) for answer in done.answers)


def micros(call: Callable[[Any], object], things: list[Any]) -> list[float]:
    """Return how long each call took."""
    took = []
    for thing in things:
        begun = time.perf_counter()
        call(thing)
        took.append(1e6 * (time.perf_counter() - begun))
    return took


def measured(at: World) -> dict[str, dict[str, float]]:
    """Return medians and 99th percentiles, microseconds a payment."""
    found = {"read one JSON object": summed(micros(at.reader.read, at.objects), 1)}
    for size in BATCHES:
        pieces = [at.payments[k : k + size] for k in range(0, len(at.payments) - size, size)]
        micros(lambda piece: scored(at, piece), pieces[:20])
        rounds = [micros(lambda piece: scored(at, piece), pieces[:500]) for _ in range(ROUNDS)]
        name = "score one payment" if size == 1 else f"score {size} payments, each"
        found[name] = summed(sorted(rounds, key=median)[ROUNDS // 2], size)
    return found


def summed(took: list[float], size: int) -> dict[str, float]:
    """Return the middle and the far end of some durations, a payment."""
    rising = sorted(took)
    return {
        "p50": round(median(rising) / size, 1),
        "p99": round(rising[int(0.99 * (len(rising) - 1))] / size, 1),
    }


def run(_folder, **_):
    """Measure; return the section and the lines for the table of promises.

    In a process of its own, as a service has it: what ran in this one has filled its caches.
    """
    command = [sys.executable, "-m", "benchmarks.one_transaction"]
    said = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    found = json.loads(said)
    words = (
        "A payment from its state's stored bytes through features, all detectors, decision and reasons "
        "to the answer's JSON and the new bytes, in a process of its own and on one thread; 500 calls a round, the middle one of "
        f"{ROUNDS} rounds. A wallet of 400 users; what is flagged is worded, which takes longest."
    )
    lines = [(name, took["p50"], took["p99"]) for name, took in found.items()]
    parts = [words, table(("µs a payment", "median", "99th percentile"), lines)]
    middle = found["score one payment"]["p50"]
    return Section("One payment, in process", parts), [
        Promise("one payment through features, detectors and decision, µs", middle, most=150)
    ]


if __name__ == "__main__":
    print(json.dumps(measured(world())))
