"""`POST /v1/transactions`: the path that has to be fast.

A plain ASGI route: JSON in, the decision's own bytes out, nothing declared, validated or encoded
twice.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from time import monotonic, perf_counter
from typing import Any, Final

from starlette.types import Receive, Scope, Send

from outlay.errors import StoreUnavailableError
from outlay.pipeline.live.engine import Answer, Conflict, Decided
from outlay.pipeline.live.payment import FieldError, Payment
from outlay.service.body import JSON, decode, media_type, read
from outlay.service.call import Call, call_of
from outlay.service.gate import Gate
from outlay.service.gather import ExpiredError, Gatherer, QueueFullError
from outlay.service.keys import Right
from outlay.service.limits import spend
from outlay.service.logs import fields
from outlay.service.metrics import Metrics
from outlay.service.problem import Fault, Problem, unavailable
from outlay.service.settings import Settings

_LOG: Final = logging.getLogger(__name__)
Read = Callable[[Mapping[str, Any]], Payment | list[FieldError]]


class Payments:
    """Reads payments, hands them over, and waits for their decisions.

    Parameters
    ----------
    read
        One JSON object to one payment, or to what is wrong with it.
    gatherer
        Scores payments, and commits them.
    gate, metrics, settings
        Who may send, what is counted, and what is allowed.
    """

    def __init__(
        self,
        read: Read,
        gatherer: Gatherer[Payment, Answer],
        gate: Gate,
        metrics: Metrics,
        settings: Settings,
    ) -> None:
        self._read = read
        self._gatherer = gatherer
        self._gate = gate
        self._metrics = metrics
        self.settings = settings

    async def admit(self, call: Call) -> None:
        """Let the caller in, or raise why not."""
        call.caller = await self._gate.admit(call.authorization, call.host, Right.SCORE)

    def payment(self, body: bytes, call: Call) -> Payment:
        """Return the payment that a document holds; raise what is wrong with it."""
        said = decode(body, self.settings.depth)
        if self.settings.log_payloads:
            _LOG.info("payment", extra=fields(request_id=call.request_id, payload=said))
        if not isinstance(said, dict):
            fault = Fault("body", "is not an object")
            raise Problem("invalid-payment", "A payment is a JSON object.", [fault])
        found = self._read(said)
        if isinstance(found, Payment):
            return found
        faults = [Fault(each.field, each.reason, each.hint) for each in found]
        raise Problem("invalid-payment", faults[0].detail, faults)

    def submit(self, payments: Sequence[Payment], call: Call) -> "list[asyncio.Future[Answer]]":
        """Hand payments over, or raise why they cannot be taken now."""
        assert call.caller is not None  # noqa: S101 - admit comes first
        spend(call.caller.bucket, len(payments))
        try:
            return self._gatherer.submit(payments, monotonic() + self.settings.deadline_seconds)
        except QueueFullError:
            waiting, more = self._gatherer.pending, len(payments)
            detail = f"{waiting:,} payments wait; there is no room for {more:,} more."
            raise Problem("queue-full", detail, retry_after=1) from None

    async def decision(self, future: "asyncio.Future[Answer]") -> Decided:
        """Return a payment's decision, or raise why there is none."""
        try:
            answer = await future
        except ExpiredError:
            detail = "The decision was not there in time."
            raise Problem("deadline", detail, retry_after=1) from None
        except StoreUnavailableError as error:
            raise unavailable(error) from error
        if isinstance(answer, Conflict):
            fault = Fault("transaction_id", answer.reason)
            raise Problem("conflict", answer.reason, [fault])
        self._count(answer)
        return answer

    def _count(self, answer: Decided) -> None:
        if answer.repeated:
            self._metrics.repeated.inc()
        else:
            self._metrics.decision(answer.outcome, is_alert=answer.is_alert)

    def refuse(self, problem: Problem) -> None:
        """Count a payment that was not decided."""
        self._metrics.refused.labels(problem.kind).inc()

    def time(self, seconds: float) -> None:
        """Note how long an answer took."""
        self._metrics.decision_seconds.observe(seconds)


class OnePayment:
    """Answers `POST /v1/transactions`."""

    def __init__(self, payments: Payments) -> None:
        self._payments = payments

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Decide one payment."""
        start = perf_counter()
        try:
            decided = await self._decided(call_of(scope), receive)
        except Problem as problem:
            self._payments.refuse(problem)
            raise
        extra = [(b"idempotent-replayed", b"true")] if decided.repeated else []
        await send_bytes(send, decided.body, JSON, extra)
        self._payments.time(perf_counter() - start)

    async def _decided(self, call: Call, receive: Receive) -> Decided:
        await self._payments.admit(call)
        media_type(call.content_type, JSON)
        body = await read(receive, call.content_length, self._payments.settings.body_bytes)
        [future] = self._payments.submit([self._payments.payment(body, call)], call)
        return await self._payments.decision(future)


async def send_bytes(
    send: Send, body: bytes, kind: str, extra: Sequence[tuple[bytes, bytes]] = ()
) -> None:
    """Send a good answer."""
    headers = [
        (b"content-type", kind.encode()),
        (b"content-length", str(len(body)).encode()),
        *extra,
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
