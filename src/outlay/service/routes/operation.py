"""`/v1/model`, `/healthz`, `/readyz`, `/metrics`: for who runs the service."""

from typing import Any

import msgspec
from anyio import to_thread
from fastapi import APIRouter
from starlette.responses import Response

from outlay.errors import StoreError
from outlay.pipeline.model import Model
from outlay.service.body import JSON
from outlay.service.context import Here, Service, allowed
from outlay.service.documented import ALWAYS, json_answer, problems
from outlay.service.keys import Right
from outlay.service.problem import Problem
from outlay.service.schemas import Health, ModelShown

router = APIRouter(tags=["operation"], default_response_class=Response)


@router.get(
    "/v1/model",
    dependencies=[allowed(Right.READ)],
    operation_id="get_model",
    responses={200: json_answer("The model that decides.", "ModelShown"), **problems(*ALWAYS)},
)
async def get_model(here: Here) -> Response:
    """Tell which model decides, and what it was trained on."""
    return Response(msgspec.json.encode(_shown(here.engine.model)), media_type=JSON)


def _shown(model: Model) -> ModelShown:
    training: dict[str, Any] = dict(model.training)
    return ModelShown(
        digest=model.digest,
        currency=model.currency,
        timezone=model.config.input.timezone,
        detectors=list(model.detectors),
        threshold=model.forest_threshold,
        alert_budget=model.config.alerts.budget().words(),
        training=training,
    )


@router.get(
    "/healthz",
    operation_id="get_health",
    responses={200: json_answer("The process is alive.", "Health", {"status": "ok"})},
)
async def healthz() -> Response:
    """Say that the process answers; restart it where this fails."""
    return Response(msgspec.json.encode(Health("ok")), media_type=JSON)


@router.get(
    "/readyz",
    operation_id="get_readiness",
    responses={
        200: json_answer("Payments are taken.", "Health", {"status": "ready"}),
        **problems("not-ready"),
    },
)
async def readyz(here: Here) -> Response:
    """Say whether payments are taken; send them elsewhere where this fails."""
    if why := await _unready(here):
        here.metrics.ready.set(0)
        raise Problem("not-ready", why, retry_after=1)
    here.metrics.ready.set(1)
    return Response(msgspec.json.encode(Health("ready")), media_type=JSON)


async def _unready(here: Service) -> str:
    if here.is_draining:
        return "The service is stopping."
    try:
        await to_thread.run_sync(_look, here)
    except StoreError as error:
        return str(error).partition("\n\nHint: ")[0]
    return ""


def _look(here: Service) -> None:
    with here.store.reading() as reading:
        reading.head()


@router.get(
    "/metrics",
    dependencies=[allowed(Right.MEASURE)],
    operation_id="get_metrics",
    responses={
        200: {
            "description": "For Prometheus.",
            "content": {"text/plain": {"schema": {"type": "string"}}},
        },
        **problems(*ALWAYS),
    },
)
async def get_metrics(here: Here) -> Response:
    """Return the figures of this process."""
    kind = "text/plain; version=0.0.4; charset=utf-8"
    return Response(here.metrics.page(), media_type=kind)
