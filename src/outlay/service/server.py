"""The process: a socket, signals, and an orderly end."""

import asyncio
import errno
import gc
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn

from outlay.errors import ConfigError, OutlayError
from outlay.service.context import Service
from outlay.service.edge import Edge
from outlay.service.gate import is_loopback
from outlay.service.protocol import protocol_for
from outlay.service.settings import Settings

_BACKLOG: Final = 2048
_SAME_SIGNAL_SECONDS: Final = 0.5
_SWITCH_SECONDS: Final = 0.001
_COLLECT_AFTER: Final = (10_000, 10, 10)
"""Objects more than were let go of. A request leaves few that only the collector can let go of."""


class Server(uvicorn.Server):
    """Uvicorn's server, which says when it is ready, and drains before it ends.

    The first signal lets it finish: `/readyz` says no at once, new connections are taken for
    ``drain_seconds`` more, then the accepted requests are answered. The second one ends it, unless
    it comes at once: whoever tells a group of processes, as ``timeout`` does, tells some twice.
    """

    def __init__(self, config: uvicorn.Config, service: Service, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._service = service
        self._ready = ready
        self._told_at = 0.0

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen."""
        await super().startup(sockets)
        self._ready()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take the signals, and do not raise them again at the end: a graceful end is exit code 0."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._told_to_stop, loop)
        try:
            yield
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)

    def _told_to_stop(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._service.is_draining:
            if loop.time() - self._told_at > _SAME_SIGNAL_SECONDS:
                self.should_exit = self.force_exit = True
            return
        self._service.is_draining, self._told_at = True, loop.time()
        loop.call_later(self._service.settings.drain_seconds, self._stop)

    def _stop(self) -> None:
        self.should_exit = True


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; port 0 takes a free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((host, port))
    except (OSError, OverflowError) as error:
        found.close()
        raise _cannot_listen(host, port, error) from error
    found.listen(_BACKLOG)
    found.set_inheritable(False)
    return found


def _cannot_listen(host: str, port: int, error: Exception) -> OutlayError:
    number = error.errno if isinstance(error, OSError) else None
    if number == errno.EADDRINUSE:
        return OutlayError(
            f"Port {port} on {host} is taken by another process.\n\n"
            f"Hint: --port {port + 1} takes another one; 'ss -ltnp' tells who has it."
        )
    if number == errno.EACCES:
        return OutlayError(
            f"Port {port} may only be taken by the system's administrator.\n\n"
            "Hint: take one from 1024 on, and put a proxy before it."
        )
    return OutlayError(
        f"Cannot listen on {host}, port {port}: {error}.\n\nHint: look at --host and --port."
    )


def check_open(host: str, keys: int) -> None:
    """Refuse to be reached from outside without keys."""
    if not is_loopback(host) and not keys:
        raise ConfigError(
            f"{host} can be reached by others, and there are no keys: anybody could send payments "
            "and read decisions.\n\n"
            "Hint: make one with 'outlay keys create NAME --role ingest', or leave --host out to "
            "answer on this machine only."
        )


def _spare_collector() -> None:
    """Let the garbage collector look at what requests make, not at all that was imported.

    What libraries and model consist of stays until the end. Going through it takes 100 ms, in which
    nobody is answered (measured: the slowest answer of every few seconds).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)


def serve(app: Edge, at: socket.socket, settings: Settings, ready: Callable[[], None]) -> None:
    """Answer until a signal says stop; then finish what was accepted, and return."""
    # the scorer's thread shall not hold the event loop up for the usual 5 ms
    sys.setswitchinterval(_SWITCH_SECONDS)
    _spare_collector()
    config = uvicorn.Config(
        app,
        http=protocol_for(settings),
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=_BACKLOG,
        timeout_keep_alive=int(settings.idle_seconds),
        timeout_graceful_shutdown=int(settings.grace_seconds),
    )
    Server(config, app.service, ready).run(sockets=[at])
