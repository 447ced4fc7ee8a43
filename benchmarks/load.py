"""A load generator in a process of its own: keep-alive connections, each asking as fast as it is answered.

    python -m benchmarks.load PORT CONNECTIONS SECONDS FIRST USERS SEED

prints one line of JSON: answers by status, seconds, and the latencies' percentiles in milliseconds.
It ends by itself, talks to this machine only, and parses no more of an answer than it must.
"""

import asyncio
import json
import random
import sys
import time
from collections import Counter

KINDS = ("grocery", "transfer", "fuel", "restaurant", "online")
START = 1_750_000_000
_HEAD = (
    b"POST /v1/transactions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
    b"content-length: "
)


def requests(first, users, seed):
    """Yield requests, each another payment: ids never repeat, time goes on."""
    dice = random.Random(seed)  # noqa: S311
    n = first
    while True:
        n += 1
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(START + n / 50))
        body = (
            f'{{"transaction_id":"L{n}","user_id":"U{dice.randrange(users):07d}",'
            f'"amount":{round(dice.lognormvariate(3.2, 0.9), 2)},"timestamp":"{at}",'
            f'"transaction_type":"{KINDS[n % len(KINDS)]}","counterparty_id":"M{dice.randrange(2000)}"}}'
        ).encode()
        yield _HEAD + str(len(body)).encode() + b"\r\n\r\n" + body


class Client(asyncio.Protocol):
    """One connection: asks, waits, notes how long, asks again."""

    def __init__(self, source, until, latencies, statuses):
        self.source, self.until = source, until
        self.latencies, self.statuses = latencies, statuses
        self.ended = asyncio.get_running_loop().create_future()
        self.buffer = b""

    def connection_made(self, transport):
        """Ask for the first time."""
        self.transport = transport
        self.ask()

    def ask(self):
        """Send the next request, or end."""
        if time.perf_counter() >= self.until:
            self.transport.close()
            return
        self.sent = time.perf_counter()
        self.transport.write(next(self.source))

    def data_received(self, data):
        """Take an answer once it is whole."""
        self.buffer += data
        head = self.buffer.find(b"\r\n\r\n")
        if head < 0:
            return
        at = self.buffer.find(b"content-length: ") + 16
        length = int(self.buffer[at : self.buffer.index(b"\r", at)])
        if len(self.buffer) < head + 4 + length:
            return
        self.latencies.append(time.perf_counter() - self.sent)
        self.statuses[self.buffer[9:12].decode()] += 1
        self.buffer = b""
        self.ask()

    def connection_lost(self, exc):
        """Say that it is over."""
        if exc is not None:
            self.statuses["lost"] += 1
        if not self.ended.done():
            self.ended.set_result(None)


async def run(port, connections, seconds, first, users, seed):  # noqa: PLR0913, PLR0917
    """Load the service, and return what was seen."""
    loop = asyncio.get_running_loop()
    latencies, statuses, source = [], Counter(), requests(first, users, seed)
    start = time.perf_counter()
    clients = [
        (await loop.create_connection(
            lambda: Client(source, start + seconds, latencies, statuses), "127.0.0.1", port
        ))[1]
        for _ in range(connections)
    ]  # fmt: skip
    await asyncio.wait([client.ended for client in clients], timeout=seconds + 20)
    took = time.perf_counter() - start
    latencies.sort()

    def percentile(share):
        return 1000 * latencies[min(int(share * len(latencies)), len(latencies) - 1)]

    return {
        "answers": dict(statuses), "seconds": took, "rate": len(latencies) / took,
        "p50": percentile(0.5), "p99": percentile(0.99), "worst": 1000 * latencies[-1],
    }  # fmt: skip


def main():
    """Load what the command line says."""
    import uvloop

    port, connections, seconds, first, users, seed = map(int, sys.argv[1:])
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(json.dumps(runner.run(run(port, connections, seconds, first, users, seed))))


if __name__ == "__main__":
    main()
