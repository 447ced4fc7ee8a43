"""HTTP/1.1 as uvicorn reads it, with an end to everybody's patience.

Uvicorn waits for ever for a request that comes a byte at a time, and for a client that never reads
its answer. Here each gets its time, headers have a limit, and what cannot be read is answered as
every other error is.
"""

import asyncio
from functools import lru_cache
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from outlay.service.problem import MEDIA_TYPE, Problem
from outlay.service.settings import Settings


class _RefusedError(Exception):
    """The headers are too many or too large."""


class _Together:
    """Writes an answer's head with the first of its body.

    Uvicorn writes them one by one, and each write is a call of the system and a packet of its own:
    a fifth of what a decision over HTTP takes, on both sides (measured).
    """

    __slots__ = ("_head", "_is_begun", "_transport")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._head = b""
        self._is_begun = False

    def write(self, data: bytes) -> None:
        """Keep the head until something follows."""
        if not self._is_begun:
            self._head, self._is_begun = data, True
        elif self._head:
            head, self._head = self._head, b""
            self._transport.writelines((head, data))
        else:
            self._transport.write(data)

    def close(self) -> None:
        """Close, once all is written."""
        if self._head:
            self._transport.write(self._head)
        self._transport.close()

    def is_closing(self) -> bool:
        """Return whether it is being closed."""
        return self._transport.is_closing()


class PatientProtocol(HttpToolsProtocol):
    """One connection; see `protocol_for`."""

    limits: Settings

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._arriving: asyncio.TimerHandle | None = None
        self._stalled: asyncio.TimerHandle | None = None
        self._is_whole = True
        self._header_bytes = 0
        self._refusal: Problem | None = None

    def connection_made(self, transport: Any) -> None:
        """Take the connection, or say that there are too many."""
        super().connection_made(transport)
        if len(self.connections) > self.limits.max_connections:
            self._end(Problem("overloaded", "Too many connections are open.", retry_after=1))
            return
        self._arriving = self.loop.call_later(self.limits.request_seconds, self._too_slow)

    def data_received(self, data: bytes) -> None:
        """Read on; a request that came whole needs no timer."""
        if self.transport.is_closing():
            return
        super().data_received(data)
        if self._is_whole:
            self._stop_waiting()
        elif self._arriving is None:
            self._arriving = self.loop.call_later(self.limits.request_seconds, self._too_slow)

    def on_message_begin(self) -> None:
        """Begin a request."""
        self._is_whole = False
        self._header_bytes = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Count the path too."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header, or refuse the request."""
        self._count(len(name) + len(value))
        super().on_header(name, value)
        if len(self.headers) > self.limits.max_headers:
            self._refuse()

    def _count(self, size: int) -> None:
        self._header_bytes += size
        if self._header_bytes > self.limits.header_bytes:
            self._refuse()

    def _refuse(self) -> None:
        most, size = self.limits.max_headers, self.limits.header_bytes
        detail = f"The request has more than {most} headers or {size:,} bytes of them."
        self._refusal = Problem("headers-too-large", detail)
        raise _RefusedError

    def on_headers_complete(self) -> None:
        """Let the app begin; who waits for the word to go on gets it alone."""
        before = self.cycle
        super().on_headers_complete()
        if self.cycle is not before and not self.expect_100_continue:
            self.cycle.transport = cast("asyncio.Transport", _Together(self.transport))

    def on_message_complete(self) -> None:
        """Note that the request is there."""
        self._is_whole = True
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - these are our words
        """Answer what could not be read."""
        detail = "The request is not HTTP/1.1, or a path that is no path."
        self._end(self._refusal or Problem("malformed-request", detail))

    def _too_slow(self) -> None:
        self._arriving = None
        seconds = self.limits.request_seconds
        cycle = self.cycle
        if cycle is not None and cycle.response_started and not cycle.response_complete:
            self.transport.abort()
        elif self._is_whole and (cycle is None or cycle.response_complete):
            self.transport.close()  # nothing was asked: nobody waits for words
        else:
            self._end(
                Problem("request-timeout", f"The request was not there after {seconds:g} seconds.")
            )

    def _end(self, problem: Problem) -> None:
        """Answer without the app, and close."""
        body = problem.body()
        content = [
            STATUS_LINE[problem.status],
            b"content-type: " + MEDIA_TYPE.encode() + b"\r\n",
            b"content-length: %d\r\n" % len(body),
            *(f"{name}: {value}\r\n".encode() for name, value in problem.headers.items()),
            b"cache-control: no-store\r\nx-content-type-options: nosniff\r\nconnection: close\r\n\r\n",
            body,
        ]
        self.transport.write(b"".join(content))
        self.transport.close()

    def pause_writing(self) -> None:
        """Begin to wait for a client that does not read."""
        super().pause_writing()
        if self._stalled is None:
            self._stalled = self.loop.call_later(self.limits.stall_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """Stop waiting: it reads."""
        super().resume_writing()
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def connection_lost(self, exc: Exception | None) -> None:
        """Let the connection go."""
        self._stop_waiting()
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None
        super().connection_lost(exc)

    def _stop_waiting(self) -> None:
        if self._arriving is not None:
            self._arriving.cancel()
            self._arriving = None


@lru_cache(maxsize=8)
def protocol_for(settings: Settings) -> type[PatientProtocol]:
    """Return the protocol with a service's limits."""
    return type("PatientProtocol", (PatientProtocol,), {"limits": settings})
