"""`/v1/alerts`: what a person should look at, and what came of it."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from anyio import to_thread
from fastapi import APIRouter, Query, Request
from pydantic import AwareDatetime
from starlette.responses import Response

from outlay.errors import NotFoundError
from outlay.pipeline.live.engine import now
from outlay.service.body import JSON, decode_as, media_type, read
from outlay.service.call import call_of
from outlay.service.context import Here, SentId, Service, allowed
from outlay.service.documented import ALWAYS, REF, SENT, STORED, json_answer, problems
from outlay.service.gate import Caller
from outlay.service.keys import Right
from outlay.service.problem import Fault, Problem
from outlay.service.schemas import AlertPage, AlertState, AlertTold, AlertUpdate, microseconds
from outlay.store import AlertChange, AlertFilter, Status

router = APIRouter(tags=["alerts"], default_response_class=Response)


@router.get(
    "/v1/alerts",
    dependencies=[allowed(Right.LOOK)],
    operation_id="list_alerts",
    responses={
        200: json_answer("A page of alerts, newest first.", "AlertPage"),
        **problems("invalid-request", *STORED, *ALWAYS),
    },
)
def list_alerts(  # noqa: PLR0913, PLR0917 - one parameter a filter
    here: Here,
    status: Annotated[Status | None, Query(description="Only alerts of this status.")] = None,
    severity: Annotated[Literal["low", "medium", "high", "critical"] | None, Query()] = None,
    user_id: Annotated[str | None, Query(max_length=256)] = None,
    since: Annotated[
        AwareDatetime | None, Query(description="Payments at or after this time.")
    ] = None,
    until: Annotated[AwareDatetime | None, Query(description="Payments before this time.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: Annotated[
        str | None, Query(max_length=200, description="`next` of the page before.")
    ] = None,
) -> Response:
    """Return alerts, a page at a time; new ones shift no page."""
    narrowed = AlertFilter(
        status=status, severity=severity, user_id=user_id, since=_time(since), until=_time(until)
    )
    with here.store.reading() as reading:
        alerts, following = reading.alerts(narrowed, cursor=cursor, limit=limit)
    page = AlertPage([AlertState.of(each) for each in alerts], following)
    return Response(msgspec.json.encode(page), media_type=JSON)


def _time(at: datetime | None) -> int | None:
    return None if at is None else microseconds(at)


@router.get(
    "/v1/alerts/{alert_id}",
    dependencies=[allowed(Right.LOOK)],
    operation_id="get_alert",
    responses={
        200: json_answer("The alert, and the decision that raised it.", "AlertTold"),
        **problems("not-found", "invalid-request", *STORED, *ALWAYS),
    },
)
def get_alert(alert_id: SentId, here: Here) -> Response:
    """Return one alert with its decision and reasons."""
    with here.store.reading() as reading:
        alert = reading.alert(alert_id)
        known = reading.known([alert_id]).get(alert_id)
    if alert is None:
        raise Problem("not-found", "No alert of that id is known.")
    body = None if known is None else msgspec.Raw(known.answer)
    told = AlertTold(AlertState.of(alert), body)
    return Response(msgspec.json.encode(told), media_type=JSON)


@router.post(
    "/v1/alerts/{alert_id}",
    operation_id="update_alert",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {"$ref": f"{REF}AlertUpdate"},
                    "example": {"status": "resolved", "disposition": "confirmed_fraud"},
                }
            },
        }
    },
    responses={
        200: json_answer("The alert as it is now.", "AlertState"),
        **problems("not-found", *SENT, *STORED, *ALWAYS),
    },
)
async def update_alert(
    alert_id: SentId,
    here: Here,
    request: Request,
    caller: Annotated[Caller, allowed(Right.JUDGE)],
) -> Response:
    """Set an alert's status, disposition or note; who did it and when is kept."""
    call = call_of(request.scope)
    media_type(call.content_type, JSON)
    body = await read(request.receive, call.content_length, here.settings.body_bytes)
    update = decode_as(body, AlertUpdate, here.settings.depth)
    change = AlertChange(update.status, update.disposition, update.note)
    if change == AlertChange():
        raise Problem(
            "invalid-request",
            "Nothing to change.",
            [Fault("body", "has no status, disposition or note")],
        )
    alert = await to_thread.run_sync(_change, here, alert_id, change, caller.name)
    return Response(msgspec.json.encode(alert), media_type=JSON)


def _change(here: Service, alert_id: str, change: AlertChange, by: str) -> AlertState:
    try:
        with here.store.writing() as writing:
            return AlertState.of(writing.update_alert(alert_id, change, by=by, at=now()))
    except NotFoundError:
        raise Problem("not-found", "No alert of that id is known.") from None
