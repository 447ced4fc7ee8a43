"""What happens to every request, whatever its route: an id, safe headers, a log line, no surprise.

Routes see the path as it was sent, percent-encoded: an id may contain a slash. HEAD is answered as
GET without its body.
"""

import logging
from collections.abc import Mapping
from time import perf_counter
from typing import Final

from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from outlay.service.body import GoneError
from outlay.service.call import Call
from outlay.service.context import Service
from outlay.service.logs import fields
from outlay.service.problem import Problem

_LOG: Final = logging.getLogger("outlay.service.access")
CONTENT_POLICY: Final = b"content-security-policy"
_SAFE: Final = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
]
_NOTHING_RUNS: Final = (CONTENT_POLICY, b"default-src 'none'; frame-ancestors 'none'")
_QUIET: Final = frozenset(
    {"/v1/transactions", "/v1/transactions:batch", "/healthz", "/readyz", "/metrics"}
)
"""Paths whose successes are logged at the level debug only: the ledger and the metrics have them."""


class Edge:
    """The whole service: what every request meets first.

    Parameters
    ----------
    app
        The routes.
    fast
        Of those, what is posted to a path without any detour; FastAPI's own layers cost a third of
        what such a request does.
    service
        What the routes share.
    """

    def __init__(self, app: FastAPI, fast: Mapping[str, ASGIApp], service: Service) -> None:
        self.api = app
        self.service = service
        self._fast = fast
        self._metrics = service.metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.api(scope, receive, send)
            return
        start = perf_counter()
        call = Call(scope["headers"])
        inner = {
            **scope,
            "path": scope.get("raw_path", b"").decode("ascii", "replace") or scope["path"],
        }
        inner["outlay.call"] = call
        is_head = scope["method"] == "HEAD"
        if is_head:
            inner["method"] = "GET"
        answer = _sender(send, call, is_head=is_head)
        try:
            app = self._fast.get(inner["path"], self.api) if inner["method"] == "POST" else self.api
            await app(inner, receive, answer)
        except GoneError:
            call.status = call.status or 499
        except Problem as problem:
            await problem.response()(inner, receive, answer)
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets an answer
            await self._failed(error, call, inner, receive, answer)
        self._note(call, scope["method"], inner, perf_counter() - start)

    async def _failed(
        self, error: Exception, call: Call, scope: Scope, receive: Receive, send: Send
    ) -> None:
        self._metrics.errors.labels(type(error).__name__).inc()
        _LOG.error("unexpected error", exc_info=error, extra=fields(request_id=call.request_id))
        if not call.status:  # it happened outside FastAPI's own care
            await internal(call).response()(scope, receive, send)

    def _note(self, call: Call, method: str, scope: Scope, seconds: float) -> None:
        path = scope["path"]
        if path not in self._fast:
            path = getattr(scope.get("route"), "path", "other")
        method = method if method in {"GET", "HEAD", "POST"} else "other"
        self._metrics.request(path, method, call.status)
        quiet = path in _QUIET and call.status < 400  # noqa: PLR2004 - errors begin there
        level = logging.DEBUG if quiet else logging.INFO
        if _LOG.isEnabledFor(level):
            _LOG.log(level, "request", extra=fields(
                request_id=call.request_id, method=method, path=scope["path"][:200],
                status=call.status, ms=round(seconds * 1000, 3),
                caller=call.caller.name if call.caller else None,
            ))  # fmt: skip


def internal(call: Call) -> Problem:
    """Return the problem of an error of ours: the log has the rest under the request's id."""
    return Problem("internal-error", f"The request {call.request_id} could not be answered.")


def _sender(send: Send, call: Call, *, is_head: bool) -> Send:
    async def answer(message: Message) -> None:
        if message["type"] == "http.response.start":
            call.status = message["status"]
            headers = [*message["headers"], *_SAFE, (b"x-request-id", call.request_id.encode())]
            if not any(name == CONTENT_POLICY for name, _ in headers):
                headers.append(_NOTHING_RUNS)
            message["headers"] = headers
        elif is_head:
            message = {**message, "body": b""}
        await send(message)

    return answer
