"""Every error that the service answers with, as problem+json (RFC 9457).

The table `KINDS` is what the answers, the OpenAPI document and the docs page are made of.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec
from starlette.responses import Response

from outlay.errors import StoreUnavailableError

MEDIA_TYPE: Final = "application/problem+json"


class Kind(NamedTuple):
    """A sort of error: its status, its title, and what a caller can do."""

    status: int
    title: str
    advice: str


KINDS: Final[Mapping[str, Kind]] = {
    "malformed-json": Kind(
        400, "The body is not JSON", "Send one JSON object; see the detail for the place."
    ),
    "malformed-request": Kind(
        400, "The request is not HTTP, or its path is not UTF-8", "Look at the client."
    ),
    "unauthenticated": Kind(
        401, "No valid API key", "Send 'Authorization: Bearer KEY'; outlay keys create makes one."
    ),
    "forbidden": Kind(
        403, "The key's role does not allow this", "Use a key of a role that may: see the detail."
    ),
    "not-found": Kind(404, "Not there", "Look at the id, or at the path."),
    "method-not-allowed": Kind(405, "The path knows other methods", "The header Allow names them."),
    "not-acceptable": Kind(
        406, "No form of it that the caller accepts", "Ask with ?format= instead of Accept."
    ),
    "request-timeout": Kind(
        408, "The request did not arrive in time", "Send it again, with the same transaction_id."
    ),
    "conflict": Kind(
        409,
        "The transaction_id is known with another content",
        "Give every payment an id of its own; a repetition must be the same in every field.",
    ),
    "too-large": Kind(413, "The body is too large", "Send less at once."),
    "unsupported-media-type": Kind(
        415, "The content type is not one that is read here", "Send Content-Type: application/json."
    ),
    "wrong-host": Kind(
        421,
        "This service without keys answers on its own machine only",
        "Call it as localhost, or make keys with outlay keys create.",
    ),
    "invalid-payment": Kind(
        422, "A field of the payment is not what it must be", "See errors: each field, and why."
    ),
    "invalid-request": Kind(
        422, "A parameter or field is not what it must be", "See errors: each field, and why."
    ),
    "queue-full": Kind(
        429, "More payments than can be scored", "Send again after Retry-After seconds."
    ),
    "rate-limited": Kind(
        429, "More payments than the key may send", "Send again after Retry-After seconds."
    ),
    "headers-too-large": Kind(431, "Too many headers, or too large", "Send fewer."),
    "internal-error": Kind(
        500, "Something that should not happen did", "Report it with the request's id."
    ),
    "store-unavailable": Kind(
        503, "The store cannot be written to at the moment", "Send again after Retry-After seconds."
    ),
    "overloaded": Kind(503, "Too many connections", "Send again after Retry-After seconds."),
    "not-ready": Kind(503, "The service takes no payments", "See the detail."),
    "deadline": Kind(
        504,
        "The decision was not there in time",
        "Ask again with the same transaction_id: the payment counts once.",
    ),
}


class Fault(NamedTuple):
    """One field, and what is wrong with it."""

    field: str
    detail: str
    hint: str = ""

    def members(self) -> dict[str, str]:
        """Return what stands in the answer."""
        return {name: text for name, text in self._asdict().items() if text}


class Problem(Exception):  # noqa: N818 - the RFC's word
    """An answer that is an error."""

    def __init__(
        self,
        kind: str,
        detail: str,
        faults: Sequence[Fault] = (),
        *,
        retry_after: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.faults = faults
        self.retry_after = retry_after
        self.headers = dict(headers or {})
        if retry_after is not None:
            self.headers["retry-after"] = str(retry_after)

    @property
    def status(self) -> int:
        """Return the HTTP status."""
        return KINDS[self.kind].status

    def body(self) -> bytes:
        """Return the error as JSON."""
        kind = KINDS[self.kind]
        members: dict[str, Any] = {
            "type": f"/docs#{self.kind}",
            "title": kind.title,
            "status": kind.status,
            "detail": self.detail,
        }
        if self.faults:
            members["errors"] = [each.members() for each in self.faults]
        return msgspec.json.encode(members)

    def response(self) -> Response:
        """Return the answer."""
        return Response(self.body(), self.status, self.headers, MEDIA_TYPE)


def unavailable(error: StoreUnavailableError) -> Problem:
    """Return the problem of a store that cannot be used just now."""
    words = str(error).partition("\n\nHint: ")[0]
    return Problem("store-unavailable", words, retry_after=1)
