"""The service's own description (OpenAPI 3.1): of the plain routes and of FastAPI's together."""

from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from outlay import __version__
from outlay.pipeline.live.decision import Answered
from outlay.pipeline.live.profile import UserProfile
from outlay.service.documented import ALWAYS, REF, SENT, STORED, json_answer, problems, schemas
from outlay.service.examples import DECISION, PAYMENT
from outlay.service.problem import MEDIA_TYPE
from outlay.service.schemas import (
    AlertPage,
    AlertState,
    AlertTold,
    AlertUpdate,
    Health,
    LabelSent,
    LabelsKept,
    Line,
    ModelShown,
    ProblemDetails,
)
from outlay.service.settings import Settings

_OPEN: Final = frozenset({"/healthz", "/readyz"})
_STRUCTS: Final = (
    Answered, UserProfile, Line, ProblemDetails, AlertPage, AlertState, AlertTold, AlertUpdate,
    LabelSent, LabelsKept, ModelShown, Health,
)  # fmt: skip
_TEXT: Final = (
    "Scores each payment as it happens. A decision is durable before it is answered; a repeated "
    "transaction_id gets the first answer again. Times are RFC 3339, scores run from 0 to 1 and "
    "risk from 0 to 100, high is anomalous. Errors are problem+json (RFC 9457). Any route can "
    "answer 431 to too many headers, 408 to a request that comes too slowly, and 503 to one "
    "connection too many."
)


def describe(app: FastAPI, settings: Settings) -> dict[str, Any]:
    """Return the OpenAPI document of an app."""
    document = get_openapi(
        title="Outlay", version=__version__, description=_TEXT, routes=app.routes, tags=_TAGS
    )
    document["paths"] = {
        "/v1/transactions": {"post": _one()},
        "/v1/transactions:batch": {"post": _many(settings)},
        **document["paths"],
    }
    for path, operations in document["paths"].items():
        for operation in operations.values():
            operation["security"] = [] if path in _OPEN else [{}, {"key": []}]
    document["components"] = {
        "schemas": {"Payment": PAYMENT, **schemas(_STRUCTS)},
        "securitySchemes": {
            "key": {
                "type": "http",
                "scheme": "bearer",
                "description": "A key that outlay keys create made. Asked for as soon as one exists.",
            }
        },
    }
    return document


_TAGS: Final = [
    {"name": "payments", "description": "Send payments, get decisions."},
    {"name": "users", "description": "What is usual for a user."},
    {"name": "alerts", "description": "What a person should look at."},
    {"name": "labels", "description": "What payments turned out to be."},
    {"name": "operation", "description": "For who runs the service."},
]
_TAKEN: Final = ("queue-full", "rate-limited", "deadline", *STORED, *ALWAYS)


def _one() -> dict[str, Any]:
    answer = json_answer("The decision.", "Answered", DECISION)
    answer["headers"] = {
        "Idempotent-Replayed": {
            "description": "true where the payment was known and this is its first answer.",
            "schema": {"const": "true"},
        }
    }
    return {
        "tags": ["payments"],
        "operationId": "decide",
        "summary": "Decide one payment",
        "description": (
            "Scores the payment by its user's past, and adds it to that past. The same payment "
            "sent again gets the same answer; another one under a known transaction_id gets 409."
        ),
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": f"{REF}Payment"}}},
        },
        "responses": _responses(answer, "conflict", "invalid-payment", *SENT[:-1], *_TAKEN),
    }


def _many(settings: Settings) -> dict[str, Any]:
    payments = {
        "type": "array",
        "items": {"$ref": f"{REF}Payment"},
        "maxItems": settings.batch_length,
    }
    lines = {"type": "array", "items": {"$ref": f"{REF}Line"}}
    text = {"type": "string", "description": "One JSON object a line."}
    return {
        "tags": ["payments"],
        "operationId": "decide_many",
        "summary": "Decide many payments",
        "description": (
            "Each payment is decided for itself, in order, and answered in its line; one that "
            "cannot be read or is in conflict harms no other. The request as a whole fails only "
            "where it cannot be read, or where nothing at all could be decided for a passing reason."
        ),
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": payments},
                "application/x-ndjson": {"schema": text},
            },
        },
        "responses": _responses(
            {
                "description": "What became of each payment, in the form and order they came in.",
                "content": {
                    "application/json": {"schema": lines},
                    "application/x-ndjson": {"schema": text},
                },
            },
            *SENT[:-1],
            *_TAKEN,
        ),
    }


def _responses(good: dict[str, Any], *kinds: str) -> dict[str, Any]:
    return {"200": good, **{str(status): each for status, each in problems(*kinds).items()}}


def is_problem(response: dict[str, Any]) -> bool:
    """Say whether a response of the document is an error."""
    return MEDIA_TYPE in response.get("content", {})
