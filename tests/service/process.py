"""A service in a process of its own, and clients that send until it dies."""

import http.client
import json
import os
import re
import signal
import subprocess
import threading
import time
from pathlib import Path

from tests.cli.calling import command

READY = re.compile(r"ready on http://(?:127\.0\.0\.1|\[::1\]):(\d+)")


class Process:
    """``outlay serve`` on a free port; what it logs and says goes to files."""

    def __init__(self, folder, *arguments, wait=True, before=None, **environ):
        self.said = Path(folder) / "said.txt"
        self.logged = Path(folder) / "log.jsonl"
        with self.said.open("w") as said, self.logged.open("a") as logged:
            self.process = subprocess.Popen(
                command("serve", "--port", "0", *arguments),
                stdout=logged,
                stderr=said,
                preexec_fn=before,  # noqa: PLW1509 - only where a limit is set
                env={**os.environ, "OUTLAY_DEBUG": "", **environ},
            )
        self.port = self._ready() if wait else None

    def _ready(self):
        end = time.monotonic() + 60
        while time.monotonic() < end:
            if found := READY.search(self.said.read_text()):
                return int(found[1])
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        self.kill()
        raise AssertionError(f"it did not start: {self.said.read_text()}")

    def connection(self, timeout=30):
        """Return a new connection."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def ask(self, method, path, body=None, **headers):
        """Return status, headers and body of one answer."""
        connection = self.connection()
        try:
            return asked(connection, method, path, body, **headers)
        finally:
            connection.close()

    def kill(self):
        """End it at once, as a power cut would."""
        self.process.kill()
        self.process.wait(30)

    def stop(self, number=signal.SIGTERM):
        """Tell it to stop, and return its exit code."""
        self.process.send_signal(number)
        return self.process.wait(60)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        if self.process.poll() is None:
            self.kill()


def asked(connection, method, path, body=None, **headers):
    """Return status, headers and body of an answer on a connection."""
    kind = {"content-type": "application/json"} if body is not None else {}
    content = None if body is None else json.dumps(body)
    connection.request(method, path, content, {**kind, **headers})
    answer = connection.getresponse()
    return answer.status, dict(answer.getheaders()), answer.read()


class Sender(threading.Thread):
    """Sends payments one after the other, and notes which were acknowledged.

    A payment without an answer is sent again before any other, as a good client does.
    """

    def __init__(self, payments, acknowledged, first=None):
        super().__init__()
        self.payments, self.acknowledged, self.open = payments, acknowledged, first
        self.port, self.others = None, []

    def run(self):
        """Send until the service is gone."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            while True:
                self.open = self.open or next(self.payments)
                status, _, body = asked(connection, "POST", "/v1/transactions", self.open)
                if status == 200:
                    self.acknowledged[self.open["transaction_id"]] = body
                    self.open = None
                else:
                    self.others.append((status, body))
                    time.sleep(0.02)
        except (OSError, http.client.HTTPException, StopIteration):
            connection.close()
