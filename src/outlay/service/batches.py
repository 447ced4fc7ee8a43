"""`POST /v1/transactions:batch`: many payments in one request, each answered for itself.

A batch comes as a JSON array or as JSON lines (NDJSON), and is answered in the same form and order.
The request's own status says whether it could be read and taken; what became of each payment stands
in its line. One bad line harms no other.
"""

import asyncio
from collections.abc import Sequence
from time import perf_counter
from typing import Final

import msgspec
from starlette.types import Receive, Scope, Send

from outlay.pipeline.live.engine import Answer, Decided
from outlay.pipeline.live.payment import Payment
from outlay.service.body import JSON, NDJSON, malformed, media_type, read
from outlay.service.call import Call, call_of
from outlay.service.payments import Payments, send_bytes
from outlay.service.problem import Problem

_PASSING: Final = frozenset({"store-unavailable", "deadline"})
_documents: Final = msgspec.json.Decoder(list[msgspec.Raw])


class ManyPayments:
    """Answers `POST /v1/transactions:batch`.

    Only so many batches are read and held at once: their size is bounded, and so is their number.
    """

    def __init__(self, payments: Payments) -> None:
        self._payments = payments
        self._open = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Decide the payments of one request."""
        start = perf_counter()
        call = call_of(scope)
        await self._payments.admit(call)
        kind = media_type(call.content_type, JSON, NDJSON)
        if self._open >= self._payments.settings.batches_at_once:
            detail = f"{self._open} batches are being read already."
            raise Problem("queue-full", detail, retry_after=1)
        self._open += 1
        try:
            answers = await self._answers(call, receive, kind)
        finally:
            self._open -= 1
        await send_bytes(send, _joined(answers, kind), kind)
        self._payments.time(perf_counter() - start)

    async def _answers(self, call: Call, receive: Receive, kind: str) -> list[bytes]:
        limits = self._payments.settings
        body = await read(receive, call.content_length, limits.batch_bytes)
        documents = _split(body, kind)
        if len(documents) > limits.batch_length:
            detail = (
                f"The batch has {len(documents):,} payments; {limits.batch_length:,} is the most."
            )
            raise Problem("too-large", detail)
        read_ones = [self._read(each, call) for each in documents]
        good = [each for each in read_ones if isinstance(each, Payment)]
        decided = iter(await self._decided(good, call))
        return [_line(next(decided) if isinstance(each, Payment) else each) for each in read_ones]

    def _read(self, document: bytes, call: Call) -> Payment | Problem:
        try:
            return self._payments.payment(document, call)
        except Problem as problem:
            self._payments.refuse(problem)
            return problem

    async def _decided(self, payments: Sequence[Payment], call: Call) -> list[Decided | Problem]:
        if not payments:
            return []
        futures = self._payments.submit(payments, call)
        answers = [await self._decision(each) for each in futures]
        passing = [each for each in answers if isinstance(each, Problem) and each.kind in _PASSING]
        if len(passing) == len(answers):  # nothing at all was decided: a plain error says it best
            raise passing[0]
        return answers

    async def _decision(self, future: "asyncio.Future[Answer]") -> Decided | Problem:
        try:
            return await self._payments.decision(future)
        except Problem as problem:
            found = problem
        except Exception:  # noqa: BLE001 - the scorer has logged it; the others' answers count
            found = Problem("internal-error", "This payment could not be scored.")
        self._payments.refuse(found)
        return found


def _split(body: bytes, kind: str) -> Sequence[bytes]:
    """Return the documents of a body; empty lines are none."""
    if kind == NDJSON:
        return [line for line in body.split(b"\n") if line.strip()]
    try:
        return [bytes(each) for each in _documents.decode(body)]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        if isinstance(error, msgspec.ValidationError):
            raise Problem("malformed-json", "A batch is a JSON array of payments.") from error
        raise malformed(error) from error


def _line(answer: Decided | Problem) -> bytes:
    if isinstance(answer, Problem):
        return b'{"status":%d,"problem":%b}' % (answer.status, answer.body())
    repeated = b',"repeated":true' if answer.repeated else b""
    return b'{"status":200%b,"decision":%b}' % (repeated, answer.body)


def _joined(answers: Sequence[bytes], kind: str) -> bytes:
    if kind == NDJSON:
        return b"".join(answer + b"\n" for answer in answers)
    return b"[" + b",".join(answers) + b"]"
