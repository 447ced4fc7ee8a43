"""`/v1/users/{user_id}` and its dashboard: what a person sees of a user."""

from collections.abc import Callable
from typing import Annotated, Any, Final, Literal

import msgspec
from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from outlay.pipeline.live.profile import profile
from outlay.pipeline.live.user_dashboard import as_html, as_json, as_png, user_summary
from outlay.service.call import call_of
from outlay.service.context import Here, SentId, Service, allowed
from outlay.service.documented import ALWAYS, STORED, json_answer, problems
from outlay.service.keys import Right
from outlay.service.problem import Problem

router = APIRouter(
    tags=["users"], dependencies=[allowed(Right.LOOK)], default_response_class=Response
)

PAGE_POLICY: Final = "sandbox allow-scripts allow-downloads; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
"""The header's share; which scripts may run, by their hashes, stands in the page itself."""
_FORMS: Final[dict[str, tuple[str, Callable[[Any], str | bytes]]]] = {
    "html": ("text/html", as_html),
    "png": ("image/png", as_png),
    "json": ("application/json", as_json),
}
_CONTENT: Final = {
    "text/html": {"schema": {"type": "string"}},
    "image/png": {"schema": {"type": "string", "contentMediaType": "image/png"}},
    "application/json": {"schema": {"type": "object"}},
}
_ONE_AT_A_TIME: Final = CapacityLimiter(1)
"""Drawing takes a core; payments come first."""


@router.get(
    "/v1/users/{user_id}",
    operation_id="get_user",
    responses={
        200: json_answer("The user's habits, as figures and in plain words.", "UserProfile"),
        **problems("not-found", "invalid-request", *STORED, *ALWAYS),
    },
)
def get_user(user_id: SentId, here: Here) -> Response:
    """Return what is known about a user."""
    found = profile(here.store, user_id, model=here.engine.model)
    if found is None:
        raise Problem("not-found", "No user of that id is known.")
    return Response(msgspec.json.encode(found), media_type="application/json")


@router.get(
    "/v1/users/{user_id}/dashboard",
    operation_id="get_dashboard",
    responses={
        200: {
            "description": "The user's last days: a page, a picture, or its numbers.",
            "content": _CONTENT,
        },
        **problems("not-found", "not-acceptable", "invalid-request", *STORED, *ALWAYS),
    },
)
async def get_dashboard(
    user_id: SentId,
    here: Here,
    request: Request,
    form: Annotated[
        Literal["html", "png", "json"] | None,
        Query(alias="format", description="Which form; without it the header Accept says."),
    ] = None,
    days: Annotated[int, Query(ge=1, le=731, description="Up to the user's last payment.")] = 30,
) -> Response:
    """Draw a user's last days, from the ledger."""
    chosen = form or accepted(call_of(request.scope).accept)
    kind, draw = _FORMS[chosen]
    content = await to_thread.run_sync(_drawn, here, user_id, days, draw, limiter=_ONE_AT_A_TIME)
    if content is None:
        raise Problem("not-found", "No payment of that user is in the ledger.")
    return Response(
        content, media_type=kind, headers={"content-security-policy": PAGE_POLICY, "vary": "accept"}
    )


def _drawn(
    here: Service, user_id: str, days: int, draw: Callable[[Any], str | bytes]
) -> str | bytes | None:
    summary = user_summary(here.store, user_id, model=here.engine.model, days=days)
    return None if summary is None else draw(summary)


def accepted(accept: str) -> str:
    """Return which form an Accept header likes best; the first of equals."""
    best, chosen = 0.0, ""
    for part in (accept or "*/*").lower().split(","):
        kind, *parameters = (each.strip() for each in part.split(";"))
        weight = _weight(parameters)
        for form, (ours, _) in _FORMS.items():
            if weight > best and kind in {ours, "*/*", f"{ours.partition('/')[0]}/*"}:
                best, chosen = weight, form
    if not chosen:
        kinds = ", ".join(kind for kind, _ in _FORMS.values())
        raise Problem("not-acceptable", f"A dashboard comes as {kinds}.")
    return chosen


def _weight(parameters: list[str]) -> float:
    for each in parameters:
        name, _, value = each.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
