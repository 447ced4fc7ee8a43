"""The live service under load, beside one written the usual way; writes docs/benchmarks-live.md.

    python -m benchmarks.live                        all of it
    python -m benchmarks.live --seconds 2 --rounds 1 --users 1000 --page -    a short look

Every contender is a process of its own, and so is the load generator; they take turns.
"""

import argparse
import contextlib
import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from statistics import median

import numpy as np
import polars as pl
from benchmarks import machine, usual
from benchmarks.page import Promise, by_sentence, promised, table

PAGE = Path(__file__).parent.parent / "docs" / "benchmarks-live.md"
PACKAGES = ("fastapi", "starlette", "uvicorn", "uvloop", "httptools", "msgspec")
CONNECTIONS = 32
WORDS = """\
How fast the service decides, beside one written the usual way: FastAPI, pandas features from the user's stored history, scikit-learn's forest, one commit a request.
`{command}` wrote this page.
Every decision is durable before it is answered: SQLite, WAL, `synchronous = FULL`.
Service and load generator share the machine's cores; contenders take turns, round by round."""
SMALL = 1_000


def command():
    """Return how this run was started."""
    return f"python -m benchmarks.live {shlex.join(sys.argv[1:])}".strip()


def arguments():
    """Return what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.live", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--seconds", type=int, default=10, help="of load in a round")
    parser.add_argument("--rounds", type=int, default=5, help="that are counted")
    parser.add_argument("--users", type=int, default=1_000_000, help="in the large store")
    parser.add_argument("--page", default=str(PAGE), help="where to write; - prints")
    return parser.parse_args()


def trained(folder):
    """Train a small model, and return its folder."""
    from outlay.pipeline.api import synth, train

    train(synth(users=SMALL, days=60, seed=5)).save(folder)
    return folder


def peopled(model, folder, users):
    """Return a model like ``model`` whose states are those of so many users, its own over and over."""
    folder.mkdir()
    for file in model.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    states = pl.read_parquet(model / "users.parquet")
    again = np.arange(users) % len(states)
    names = pl.Series("id", [f"U{n:07d}" for n in range(users)])
    states[again].with_columns(names).write_parquet(folder / "users.parquet")
    return folder


class Contender:
    """A service in a process of its own."""

    def __init__(self, name, command, port, log):
        self.name, self.port = name, port
        with log.open("w") as written:
            self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=written)
        self._await(log)

    def _await(self, log):
        end = time.monotonic() + 600  # a million users are imported first
        while time.monotonic() < end and self.process.poll() is None:
            if not self.port and (found := re.search(r"127\.0\.0\.1:(\d+)", log.read_text())):
                self.port = int(found[1])
            if self.port:
                with (
                    contextlib.suppress(OSError),
                    socket.create_connection(("127.0.0.1", self.port), 1),
                ):
                    return
            time.sleep(0.05)
        raise SystemExit(f"{self.name} did not start: {log.read_text()}")

    def cpu(self):
        """Return the seconds of core that it has used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")

    def load(self, connections, seconds, first, users, seed):
        """Load it, and return what the generator saw, with the core's time for one answer."""
        before = self.cpu()
        words = [self.port, connections, seconds, first, users, seed]
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.load", *map(str, words)],
            capture_output=True, text=True, check=True, timeout=seconds + 60,
        )  # fmt: skip
        seen = json.loads(done.stdout)
        if set(seen["answers"]) != {"200"}:
            raise SystemExit(f"{self.name} answered {seen['answers']}")
        return {**seen, "core": 1e6 * (self.cpu() - before) / seen["answers"]["200"]}

    def stop(self):
        """Stop it."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)


@contextlib.contextmanager
def contenders(folder, users):
    """Start all three; yield them with how many users each has."""
    model = trained(folder / "model")
    found = []
    try:
        for name, size in (("1,000 users", SMALL), (f"{users:,} users", users)):
            own = peopled(model, folder / f"model-{size}-{len(found)}", size)
            words = [
                "--model",
                own,
                "--store",
                folder / f"live{len(found)}.db",
                "--port",
                "0",
                "--rate",
                "1000000",
                "--log-level",
                "warning",
            ]
            start = "from outlay.cli import main; main()"
            command = [sys.executable, "-c", start, "serve", *map(str, words)]
            found.append(
                (Contender(f"Outlay, {name}", command, None, folder / f"log{len(found)}"), size)
            )
        usual.prepare(folder / "usual.db", SMALL)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = [sys.executable, "-m", "benchmarks.usual", str(folder / "usual.db"), str(port)]
        found.append(
            (Contender("the usual way, 1,000 users", command, port, folder / "log-usual"), SMALL)
        )
        yield found
    finally:
        for contender, _ in found:
            contender.stop()


def measured(found, rounds, seconds):
    """Return every contender's rounds, with many connections and with one."""
    many = {contender.name: [] for contender, _ in found}
    one = {contender.name: [] for contender, _ in found}
    first = 10_000_000
    for nth in range(rounds + 1):
        for contender, users in found:
            for results, connections in ((many, CONNECTIONS), (one, 1)):
                first += 1_000_000
                took = max(seconds if connections > 1 else seconds // 2, 1)
                seen = contender.load(connections, took, first, users, nth)
                if nth:  # the first round warms up
                    results[contender.name].append(seen)
    return many, one


def middle(rounds, name):
    """Return the median of a figure."""
    return median(one[name] for one in rounds)


def spread(rounds, name):
    """Return a figure's median and its extremes."""
    values = [one[name] for one in rounds]
    digits = 0 if max(values) >= 100 else 2
    return (
        f"{middle(rounds, name):,.{digits}f} ({min(values):,.{digits}f}–{max(values):,.{digits}f})"
    )


def page(asked, where, many, one, sizes):
    """Return the page."""
    names = list(many)
    rows = [
        (name, spread(many[name], "rate"), spread(many[name], "p50"), spread(many[name], "p99"),
         spread(one[name], "p50"), spread(many[name], "core"))
        for name in names
    ]  # fmt: skip
    small, large, rival = names
    promises = [
        Promise("decisions a second, 32 connections, 1,000 users", middle(many[small], "rate"), least=2_500),
        Promise("99th percentile of the latency", middle(many[small], "p99"), most=25, unit="ms"),
        Promise("one connection, median latency", middle(one[small], "p50"), most=3, unit="ms"),
        Promise("times the decisions of the usual way", middle(many[small], "rate") / middle(many[rival], "rate"), least=10),
        Promise(f"median latency with {asked.users:,} users, times that with 1,000", middle(many[large], "p50") / middle(many[small], "p50"), most=1.5),
        Promise("state of a user on average", sizes / 1000, most=4, unit="kB"),
    ]  # fmt: skip
    return by_sentence(
        "\n\n".join([
            "# Live benchmarks",
            WORDS.format(command=command()),
            *where,
            f"{asked.rounds} rounds of {asked.seconds} s; the median, and in brackets the lowest and the highest round.",
            table(("", "decisions/s, 32 connections", "p50 ms", "p99 ms", "p50 ms, 1 connection", "core µs a decision"), rows),
            promised(promises),
        ]) + "\n"
    )  # fmt: skip


def main():
    """Measure, and write the page."""
    asked = arguments()
    where = [
        *machine.words(),
        "Served by " + ", ".join(f"{name} {version(name)}" for name in PACKAGES) + ".",
    ]
    with tempfile.TemporaryDirectory(prefix="outlay-live-") as name:
        folder = Path(name)
        with contenders(folder, asked.users) as found:
            many, one = measured(found, asked.rounds, asked.seconds)
            states = pl.read_parquet(folder / "model" / "users.parquet")["state"]
            sizes = 8 * states.list.len().mean()
    text = page(asked, where, many, one, sizes)
    print(text)
    if asked.page != "-":
        Path(asked.page).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
