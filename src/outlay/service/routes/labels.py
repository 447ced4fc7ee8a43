"""`POST /v1/labels`: what transactions turned out to be."""

from typing import Annotated

import msgspec
from anyio import to_thread
from fastapi import APIRouter, Request
from msgspec import UNSET
from starlette.responses import Response

from outlay.pipeline.live.engine import now
from outlay.service.body import JSON, decode_as, media_type, read
from outlay.service.call import call_of
from outlay.service.context import Here, Service, allowed
from outlay.service.documented import ALWAYS, REF, SENT, STORED, json_answer, problems
from outlay.service.gate import Caller
from outlay.service.keys import Right
from outlay.service.problem import Fault, Problem
from outlay.service.schemas import MOST_LABELS, LabelSent, LabelsKept, microseconds
from outlay.store import Label

router = APIRouter(tags=["labels"], default_response_class=Response)
_LABEL = {"$ref": f"{REF}LabelSent"}
_LABELS = {"type": "array", "items": _LABEL, "maxItems": MOST_LABELS}


@router.post(
    "/v1/labels",
    operation_id="add_labels",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {"oneOf": [_LABEL, _LABELS]},
                    "example": {"transaction_id": "T1", "is_fraud": True, "source": "chargeback"},
                }
            },
        }
    },
    responses={
        200: json_answer("How many were kept.", "LabelsKept", {"kept": 1, "unknown": []}),
        **problems("not-found", *SENT, *STORED, *ALWAYS),
    },
)
async def add_labels(
    here: Here, request: Request, caller: Annotated[Caller, allowed(Right.LABEL)]
) -> Response:
    """Keep one label or a list; a newer one of the same source replaces the older.

    A label changes no past decision; the next training learns from it.
    """
    call = call_of(request.scope)
    media_type(call.content_type, JSON)
    body = await read(request.receive, call.content_length, here.settings.batch_bytes)
    labels = [_label(each, caller.name) for each in _sent(body, here.settings.depth)]
    if len(labels) > MOST_LABELS:
        raise Problem("too-large", f"{len(labels):,} labels; {MOST_LABELS:,} is the most.")
    unknown = await to_thread.run_sync(_keep, here, labels, caller.name)
    if labels and len(unknown) == len(labels):
        faults = [Fault("transaction_id", f"{each!r} is not known") for each in unknown[:20]]
        raise Problem("not-found", "No payment of these transaction_ids is known.", faults)
    kept = LabelsKept(len(labels) - len(unknown), unknown)
    return Response(msgspec.json.encode(kept), media_type=JSON)


def _sent(body: bytes, depth: int) -> list[LabelSent]:
    if body.lstrip().startswith(b"["):
        return decode_as(body, list[LabelSent], depth)
    return [decode_as(body, LabelSent, depth)]


def _label(sent: LabelSent, by: str) -> Label:
    at = now() if sent.at is UNSET else microseconds(sent.at)
    source = by if sent.source is UNSET else sent.source
    return Label(sent.transaction_id, sent.is_fraud, source, at)


def _keep(here: Service, labels: list[Label], by: str) -> list[str]:
    with here.store.writing() as writing:
        return writing.add_labels(labels, by=by)
