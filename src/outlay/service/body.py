"""A request's body: its type, its size, and its JSON."""

from typing import Any, Final, TypeVar

import msgspec
from starlette.types import Receive

from outlay.service.limits import check_depth
from outlay.service.problem import Fault, Problem

JSON: Final = "application/json"
NDJSON: Final = "application/x-ndjson"
T = TypeVar("T")


class GoneError(Exception):
    """The client left before its request was there."""


def media_type(given: str, *accepted: str) -> str:
    """Return which of the accepted types a body has; the charset beside it can only be UTF-8."""
    kind, _, rest = given.partition(";")
    kind = kind.strip().lower()
    charset = rest.strip().lower().replace('"', "")
    if kind in accepted and charset in {"", "charset=utf-8"}:
        return kind
    raise Problem(
        "unsupported-media-type",
        f"The content type is {given[:80] or 'not given'}; here it must be {' or '.join(accepted)}.",
        headers={"accept": ", ".join(accepted)},
    )


async def read(receive: Receive, length: str | None, most: int) -> bytes:
    """Return the body, or raise as soon as it is known to be longer than ``most``."""
    if length is not None and length.isdecimal() and int(length) > most:
        raise _too_large(most)
    message = await receive()
    if message["type"] != "http.request":
        raise GoneError
    body: bytes = message.get("body", b"")
    if not message.get("more_body", False) and len(body) <= most:
        return body
    return await _rest(receive, body, most, more=message.get("more_body", False))


async def _rest(receive: Receive, first: bytes, most: int, *, more: bool) -> bytes:
    parts, size = [first], len(first)
    while more and size <= most:
        message = await receive()
        if message["type"] != "http.request":
            raise GoneError
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        more = message.get("more_body", False)
    if size > most:
        raise _too_large(most)
    return b"".join(parts)


def _too_large(most: int) -> Problem:
    # the rest of the body is not read: the connection can be of no further use
    return Problem(
        "too-large", f"The body has more than {most:,} bytes.", headers={"connection": "close"}
    )


def decode(body: bytes, depth: int) -> Any:
    """Return what JSON says, without names or types of ours."""
    check_depth(body, depth)
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise malformed(error) from error


def decode_as(body: bytes, kind: type[T], depth: int) -> T:
    """Return what JSON says as a struct, or say which field is not what it must be."""
    check_depth(body, depth)
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise invalid(error) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise malformed(error) from error


def malformed(error: Exception) -> Problem:
    """Return the problem of a body that is no JSON."""
    words = "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)[:200]
    return Problem("malformed-json", f"The body cannot be read as JSON: {words}.")


def invalid(error: msgspec.ValidationError) -> Problem:
    """Return the problem of JSON that is not of the shape asked for."""
    what, _, where = str(error).partition(" - at `$")
    field = where.rstrip("`").lstrip(".")
    if not field and "`" in what:  # a field that is missing, or one too many
        field = what.split("`")[-2]
    return Problem("invalid-request", f"{what[:200]}.", [Fault(field or "body", what[:200])])
