"""Slow, half-open and odd clients, on real sockets: each gets its time and a plain answer."""

import contextlib
import json
import socket
import threading
import time

import pytest
import uvicorn

from outlay.service.protocol import protocol_for
from outlay.service.settings import Settings

QUICK = Settings(
    request_seconds=0.4, idle_seconds=1.0, stall_seconds=0.5, max_connections=20, max_headers=20,
    header_bytes=4_000,
)  # fmt: skip


class Listening(uvicorn.Server):
    """Uvicorn with our protocol, in a thread."""

    def __init__(self, app, settings):
        config = uvicorn.Config(
            app, port=0, http=protocol_for(settings), lifespan="off", log_config=None, ws="none",
            server_header=False, timeout_keep_alive=int(settings.idle_seconds),
        )  # fmt: skip
        super().__init__(config)
        self.thread = threading.Thread(target=self.run)

    @property
    def address(self):
        """Return where it listens."""
        return self.servers[0].sockets[0].getsockname()

    def __enter__(self):
        self.thread.start()
        while not self.started:
            time.sleep(0.01)
        return self

    def __exit__(self, *exc):
        self.should_exit = self.force_exit = True
        self.thread.join(20)


@pytest.fixture(scope="module")
def address():
    """Return where an app listens that answers with what it was sent, or with much."""

    async def app(scope, receive, send):
        body = b""
        while scope["path"] != "/early":
            message = await receive()
            body += message.get("body", b"")
            if message["type"] != "http.request":
                return
            if not message["more_body"]:
                break
        content = b"x" * 30_000_000 if scope["path"] == "/much" else body
        headers = [(b"content-length", str(len(content)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        if scope["path"] == "/broken":
            return
        await send({"type": "http.response.body", "body": content})

    with Listening(app, QUICK) as server:
        yield server.address


def talk(address, *parts, wait=5.0):
    """Send parts with a pause before each but the first, and return all that comes until the end."""
    with socket.create_connection(address, timeout=wait) as opened:
        for n, part in enumerate(parts):
            if n:
                time.sleep(0.15)
            with contextlib.suppress(ConnectionError):
                opened.sendall(part)
        return received(opened)


def received(opened):
    """Return what comes until the other side closes."""
    parts = []
    with contextlib.suppress(ConnectionResetError):
        while part := opened.recv(65_536):
            parts.append(part)
    return b"".join(parts)


def problem(answer):
    """Return the status and type of an answer that is a problem."""
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"content-type: application/problem+json" in head.lower()
    assert b"connection: close" in head.lower()
    said = json.loads(body)
    assert int(head.split(b" ")[1]) == said["status"]
    return said["status"], said["type"].removeprefix("/docs#")


def head(path="/", length=None, *more):
    """Return a request's head."""
    lines = [f"POST {path} HTTP/1.1", "host: localhost", *more]
    lines += [] if length is None else [f"content-length: {length}"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def test_a_silent_connection_is_closed(address):
    """Who connects and says nothing is let go."""
    start = time.monotonic()

    assert talk(address) == b""
    assert time.monotonic() - start < 3


def test_headers_that_never_end_are_cut_off(address):
    """A request whose head drips in is answered with 408 when its time is up."""
    parts = [b"POST / HTTP/1.1\r\n", *(b"x-drip: 1\r\n" for _ in range(10))]

    assert problem(talk(address, *parts)) == (408, "request-timeout")


def test_a_body_that_never_ends_is_cut_off(address):
    """A request whose body drips in is answered with 408 when its time is up, drips or not."""
    assert problem(talk(address, head("/", 100), *(b"x" for _ in range(10)))) == (
        408,
        "request-timeout",
    )


def test_a_request_in_pieces_within_its_time_is_answered(address):
    """Pieces are no sin."""
    answer = talk(
        address,
        head("/", 4, "connection: close")[:20],
        head("/", 4, "connection: close")[20:] + b"ab",
        b"cd",
    )

    assert answer.endswith(b"\r\n\r\nabcd")


def test_a_second_request_on_a_connection_has_its_own_time(address):
    """A connection kept alive is closed when idle for too long; a half request on it gets 408."""
    with socket.create_connection(address, timeout=5) as opened:
        opened.sendall(head("/", 2) + b"ok")
        first = opened.recv(65_536)
        opened.sendall(b"POST / HTTP/1.1\r\nhost:")
        rest = received(opened)

    assert first.endswith(b"ok")
    assert problem(rest) == (408, "request-timeout")
    assert talk(address, head("/", 2) + b"ok").endswith(b"ok")  # it ends: idle


@pytest.mark.parametrize(
    "more",
    [[f"x-{n}: 1" for n in range(30)], ["x-long: " + "y" * 5_000]],
    ids=["many", "long"],
)
def test_headers_have_a_limit(address, more):
    """Too many headers, or too long ones, are a 431."""
    assert problem(talk(address, head("/", 0, *more))) == (431, "headers-too-large")


def test_a_path_has_a_limit(address):
    """A path as long as a book is a 431 too."""
    assert problem(talk(address, head("/" + "x" * 9_000, 0))) == (431, "headers-too-large")


@pytest.mark.parametrize(
    "sent",
    [b"\x00\x01\x02\r\n\r\n", b"GET\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc", b"GET / HTTP/9.9\r\n\r\n",
     head("/", "x"), head("/", 3, "transfer-encoding: chunked") + b"zz\r\n"],
    ids=["bytes", "cut", "tls", "version", "length", "chunk"],
)  # fmt: skip
def test_what_is_not_http_is_a_400(address, sent):
    """Bytes that are no request are answered as every other error is."""
    assert problem(talk(address, sent)) == (400, "malformed-request")


def test_who_does_not_read_is_let_go(address):
    """A client that leaves a large answer unread is cut off after its time."""
    with socket.socket() as opened:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        opened.settimeout(10)
        opened.connect(address)
        opened.sendall(head("/much", 0))
        time.sleep(1.5)
        size = len(received(opened))

    assert size < 30_000_000


def test_connections_have_a_limit(address):
    """One connection too many is told to come again; as others go it is let in."""
    opened = [socket.create_connection(address, timeout=5) for _ in range(20)]
    try:
        time.sleep(0.1)
        assert problem(talk(address)) == (503, "overloaded")
    finally:
        for each in opened:
            each.close()
    time.sleep(0.3)

    assert talk(address, head("/", 2, "connection: close") + b"ok").endswith(b"ok")


def test_an_answer_is_one_packet(address):
    """Head and body come together: who reads once has both."""
    with socket.create_connection(address, timeout=5) as opened:
        for _ in range(5):
            opened.sendall(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\nhi")
            assert opened.recv(65_536).endswith(b"\r\n\r\nhi")


def test_who_asks_whether_to_go_on_is_told_at_once(address):
    """The word to go on is not kept back until there is an answer."""
    with socket.create_connection(address, timeout=5) as opened:
        opened.sendall(
            b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\nexpect: 100-continue\r\n\r\n"
        )
        assert opened.recv(65_536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        opened.sendall(b"hi")
        assert opened.recv(65_536).startswith(b"HTTP/1.1 200 OK\r\n")


def test_a_head_without_its_body_is_still_sent(address):
    """An app that breaks off after the head: the client sees that head, and the end."""
    said = talk(address, b"GET /broken HTTP/1.1\r\nhost: x\r\n\r\n")

    assert said.startswith(b"HTTP/1.1 200 OK\r\n")
    assert said.endswith(b"\r\n\r\n")
