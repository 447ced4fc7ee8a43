"""One request, as far as every route needs it: who calls, how, and under which id."""

import re
import secrets
from itertools import count
from typing import Any, Final

from starlette.types import Scope

from outlay.service.gate import Caller

_PROCESS: Final = secrets.token_hex(6)  # asking the system each time costs as much as routing does
_COUNT: Final = count(1)
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_HEADERS: Final = {
    b"authorization": "authorization",
    b"content-type": "content_type",
    b"content-length": "content_length",
    b"host": "host",
    b"accept": "accept",
    b"x-request-id": "request_id",
}


class Call:
    """A request's headers that matter here, and its caller once that is known.

    The request id is the caller's own where it sent a plain one, so that both logs can be joined.
    """

    __slots__ = (
        "accept", "authorization", "caller", "content_length", "content_type", "host",
        "request_id", "status",
    )  # fmt: skip

    def __init__(self, headers: list[tuple[bytes, bytes]]) -> None:
        self.authorization: str = ""
        self.content_type: str = ""
        self.content_length: str | None = None
        self.host: str = ""
        self.accept: str = ""
        self.request_id: str = ""
        self.caller: Caller | None = None
        self.status = 0
        for name, value in headers:
            if name in _HEADERS:
                setattr(self, _HEADERS[name], value.decode("latin-1"))
        if not _REQUEST_ID.fullmatch(self.request_id):
            self.request_id = f"{_PROCESS}-{next(_COUNT):x}"


def call_of(scope: Scope) -> Call:
    """Return the call that `edge` put into the scope."""
    found: Any = scope["outlay.call"]
    assert isinstance(found, Call)  # noqa: S101 - edge stands before every route
    return found
