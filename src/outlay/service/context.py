"""What every route of one service shares."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import unquote

from fastapi import Depends, Path, Request
from fastapi.params import Depends as Dependency
from pydantic import AfterValidator

from outlay.pipeline.live.engine import Answer, Engine
from outlay.pipeline.live.payment import Payment
from outlay.service.call import call_of
from outlay.service.gate import Caller, Gate
from outlay.service.gather import Gatherer
from outlay.service.keys import Right
from outlay.service.metrics import Metrics
from outlay.service.settings import Settings
from outlay.store import Store


@dataclass
class Service:
    """One service: the engine and what stands around it."""

    engine: Engine
    store: Store
    settings: Settings
    gate: Gate
    gatherer: Gatherer[Payment, Answer]
    metrics: Metrics
    is_draining: bool = field(default=False)


def service_of(request: Request) -> Service:
    """Return the service that a request reached."""
    found: Any = request.app.state.service
    assert isinstance(found, Service)  # noqa: S101 - create_app put it there
    return found


def allowed(right: Right) -> Dependency:
    """Return a dependency: the caller, if it has the right."""

    async def admit(request: Request) -> Caller:
        call = call_of(request.scope)
        call.caller = await service_of(request).gate.admit(call.authorization, call.host, right)
        return call.caller

    found: Dependency = Depends(admit)
    return found


def _decoded(sent: str) -> str:
    """Return an id as it is: it stands percent-encoded in the path, slashes and all."""
    try:
        return unquote(sent, errors="strict")
    except UnicodeDecodeError:
        raise ValueError("is not percent-encoded UTF-8") from None


if TYPE_CHECKING:
    Here = Service
    SentId = str
else:
    Here = Annotated[Service, Depends(service_of)]
    SentId = Annotated[
        str, Path(description="Percent-encoded where it needs to be."), AfterValidator(_decoded)
    ]
