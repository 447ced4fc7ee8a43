"""A process that decides payments until it is killed: ``python crasher.py STORE SEED``.

It says ``ready``, waits for a line with the number of payments that were acknowledged so far, and
prints each further acknowledgement as ``<id> <answer's hash>`` the moment it has it.
"""

import hashlib
import os
import random
import sys

from outlay.pipeline.live.base import begin_again
from outlay.pipeline.live.engine import Decided
from outlay.store import open_store
from tests.pipeline.live.wire import read


def payment(k):
    """Return the k-th payment of a stream that never ends, the same in every process."""
    rng = random.Random(k)  # noqa: S311 - a test's dice
    return {
        "transaction_id": f"T{k:06}",
        "user_id": f"U{rng.randrange(12)}",
        "amount": round(rng.lognormvariate(3, 1.5), 2),
        "timestamp": 1_740_000_000 + 600 * k - rng.choice([0, 0, 0, 5000]),
        "transaction_type": rng.choice(["purchase", "transfer"]),
        "counterparty_id": f"M{rng.randrange(9)}",
    }


def main():
    """Go on from the first payment that was not acknowledged."""
    path, seed = sys.argv[1:]
    sizes = random.Random(int(seed))  # noqa: S311
    os.write(1, b"ready\n")
    k = int(sys.stdin.readline())
    with open_store(path, serving=True) as store:
        engine = begin_again(store)
        while True:
            size = sizes.choice([1, 1, 2, 5, 20])
            payments = read(engine, [payment(at) for at in range(k, k + size)])
            answers = engine.process(payments)
            told = (
                f"{p.transaction_id} {digest(a.body)}\n"
                for p, a in zip(payments, answers, strict=True)
                if isinstance(a, Decided)
            )
            os.write(1, "".join(told).encode())
            k += size


def digest(body):
    """Return a short mark of an answer."""
    return hashlib.blake2b(body, digest_size=8).hexdigest()


if __name__ == "__main__":
    main()
