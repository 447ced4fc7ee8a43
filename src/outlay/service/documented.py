"""Parts of the OpenAPI document that many routes share."""

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from outlay.service.problem import KINDS, MEDIA_TYPE, Problem

ALWAYS: Final = ("unauthenticated", "forbidden", "wrong-host", "internal-error")
"""What any route that needs a key can answer."""
STORED: Final = ("store-unavailable",)
SENT: Final = ("malformed-json", "too-large", "unsupported-media-type", "invalid-request")
REF: Final = "#/components/schemas/"


def json_answer(description: str, schema: str, example: object = None) -> dict[str, Any]:
    """Return a good answer in JSON, by its schema's name."""
    content: dict[str, Any] = {"schema": {"$ref": REF + schema}}
    if example is not None:
        content["example"] = example
    return {"description": description, "content": {"application/json": content}}


def problems(*kinds: str) -> dict[int | str, dict[str, Any]]:
    """Return the errors that a route can answer with, by status, each with an example."""
    by_status: dict[int, dict[str, Any]] = {}
    for kind in dict.fromkeys(kinds):
        status, title, advice = KINDS[kind]
        example = {"summary": title, "value": msgspec.json.decode(Problem(kind, advice).body())}
        known = by_status.setdefault(status, _empty())
        known["description"] = f"{known['description']}. {title}".removeprefix(". ")
        known["content"][MEDIA_TYPE]["examples"][kind] = example
        if status in {429, 503, 504}:
            known["headers"] = _RETRY
    return {status: by_status[status] for status in sorted(by_status)}


def _empty() -> dict[str, Any]:
    content = {"schema": {"$ref": f"{REF}ProblemDetails"}, "examples": {}}
    return {"description": "", "content": {MEDIA_TYPE: content}}


_RETRY: Final = {
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}}
}


def schemas(kinds: Iterable[Any]) -> dict[str, Any]:
    """Return the JSON Schemas of structs, by their names."""
    _, components = msgspec.json.schema_components(kinds, ref_template=REF + "{name}")
    return dict(components)
