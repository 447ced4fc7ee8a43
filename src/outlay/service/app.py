"""The app: every route, what stands around them, and what starts and stops with them."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Match, Route
from starlette.types import ASGIApp

from outlay.errors import InputError, StoreUnavailableError
from outlay.pipeline.live.engine import Engine
from outlay.service import docs_page
from outlay.service.batches import ManyPayments
from outlay.service.call import call_of
from outlay.service.context import Service
from outlay.service.edge import Edge, internal
from outlay.service.gate import Gate
from outlay.service.gather import Gatherer
from outlay.service.measured import measured
from outlay.service.metrics import Metrics
from outlay.service.openapi import describe
from outlay.service.payments import OnePayment, Payments
from outlay.service.problem import Fault, Problem, unavailable
from outlay.service.routes import alerts, decisions, labels, operation, users
from outlay.service.settings import Settings
from outlay.store import Key, Store

_LOG: Final = logging.getLogger(__name__)
_MISSING: Final = 404
_WRONG_METHOD: Final = 405


def create_app(engine: Engine, store: Store, settings: Settings) -> Edge:
    """Return the service as an ASGI app; its lifespan starts and stops the scorer.

    Parameters
    ----------
    engine
        Decides; from here on it writes through what measures its commits.
    store
        Where decisions are kept.
    settings
        The limits.
    """
    service = _assembled(engine, store, settings)
    app = _routed(service)
    payments = Payments(engine.read, service.gatherer, service.gate, service.metrics, settings)
    fast: dict[str, ASGIApp] = {
        "/v1/transactions": OnePayment(payments),
        "/v1/transactions:batch": ManyPayments(payments),
    }
    app.router.routes[:0] = [Route(path, each, methods=["POST"]) for path, each in fast.items()]
    return Edge(app, fast, service)


def _routed(service: Service) -> FastAPI:
    app = FastAPI(
        title="Outlay",
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    app.state.service = service
    for part in (decisions, users, alerts, labels, operation):
        app.router.routes += part.router.routes
    _add_description(app, service.settings)
    for error, answer in _ANSWERS.items():
        app.add_exception_handler(error, answer)
    return app


def _assembled(engine: Engine, store: Store, settings: Settings) -> Service:
    metrics = Metrics(lambda: gatherer.pending, engine.digest)
    engine.store = measured(store, metrics.commit_seconds.observe)
    gatherer = Gatherer(
        engine.process,
        passes=lambda error: isinstance(error, StoreUnavailableError),
        max_batch=settings.max_batch,
        queue_limit=settings.queue_limit,
        gather_seconds=settings.gather_ms / 1000,
        observe=metrics.batch,
    )

    def keys() -> list[Key]:
        with store.reading() as reading:
            return reading.keys()

    return Service(engine, store, settings, Gate(keys, settings), gatherer, metrics)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    service: Service = app.state.service
    await service.gate.refresh()
    service.gatherer.start()
    task = asyncio.create_task(_keep_keys_fresh(service))
    try:
        yield
    finally:
        service.is_draining = True
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await service.gatherer.stop()


async def _keep_keys_fresh(service: Service) -> None:
    while True:
        await asyncio.sleep(service.settings.keys_seconds)
        try:
            await service.gate.refresh()
        except Exception as error:  # noqa: BLE001 - the keys as they were go on; the next try may do
            service.metrics.errors.labels(type(error).__name__).inc()
            _LOG.warning("the keys could not be read anew: %s", error)


def _add_description(app: FastAPI, settings: Settings) -> None:
    document = describe(app, settings)
    html, policy = docs_page.page(document), docs_page.policy()

    async def described(_: Request) -> Response:
        return JSONResponse(document)

    async def shown(_: Request) -> Response:
        return HTMLResponse(html, headers={"content-security-policy": policy})

    app.router.routes += [Route("/openapi.json", described), Route("/docs", shown)]


async def _problem(_: Request, error: Any) -> Response:
    problem: Problem = error
    return problem.response()


async def _http(request: Request, error: Any) -> Response:
    """Answer what routing refuses."""
    if error.status_code == _WRONG_METHOD:
        listed = ", ".join(_methods(request))
        headers = {"allow": listed}
        return Problem("method-not-allowed", f"It knows {listed}.", headers=headers).response()
    if error.status_code == _MISSING:
        return Problem(
            "not-found", "There is no such path; /docs tells which there are."
        ).response()
    return Problem("malformed-request", str(error.detail)[:200]).response()


def _methods(request: Request) -> list[str]:
    """Return every method that the path knows: routing itself names those of the first route only."""
    found: set[str] = set()
    for route in request.app.routes:
        if route.matches(request.scope)[0] is not Match.NONE:
            found |= route.methods
    return sorted(found | ({"HEAD"} if "GET" in found else set()))


async def _invalid(_: Request, error: Any) -> Response:
    faults = [
        Fault(str(each["loc"][-1]), str(each["msg"]).removeprefix("Value error, "))
        for each in error.errors()
    ]
    return Problem("invalid-request", f"{faults[0].field}: {faults[0].detail}.", faults).response()


async def _unavailable(_: Request, error: Any) -> Response:
    return unavailable(error).response()


async def _internal(request: Request, _: Exception) -> Response:
    return internal(call_of(request.scope)).response()


async def _input(_: Request, error: Exception) -> Response:
    words = str(error).partition("\n\nHint: ")[0]
    return Problem("invalid-request", words, [Fault("cursor", words)]).response()


_ANSWERS: Final[dict[type[Exception], Callable[[Request, Any], Awaitable[Response]]]] = {
    Problem: _problem,
    HTTPException: _http,
    RequestValidationError: _invalid,
    StoreUnavailableError: _unavailable,
    InputError: _input,
    Exception: _internal,
}
