"""`GET /v1/decisions/{transaction_id}`: the answer as it went out."""

from fastapi import APIRouter
from starlette.responses import Response

from outlay.service.context import Here, SentId, allowed
from outlay.service.documented import ALWAYS, STORED, json_answer, problems
from outlay.service.keys import Right
from outlay.service.problem import Problem

router = APIRouter(tags=["payments"])


@router.get(
    "/v1/decisions/{transaction_id}",
    dependencies=[allowed(Right.READ)],
    response_class=Response,
    operation_id="get_decision",
    responses={
        200: json_answer("The decision, byte for byte as it was answered first.", "Answered"),
        **problems("not-found", "invalid-request", *STORED, *ALWAYS),
    },
)
def get_decision(transaction_id: SentId, here: Here) -> Response:
    """Return what was decided about a payment."""
    with here.store.reading() as reading:
        known = reading.known([transaction_id]).get(transaction_id)
    if known is None:
        raise Problem("not-found", "No payment of that transaction_id is known.")
    return Response(known.answer, media_type="application/json")
