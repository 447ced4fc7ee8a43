"""Mutated bodies: whatever is sent, the answer is a decision or a plain error, and never a 5xx."""

import json
import os
import random
from contextlib import suppress

import pytest

from outlay.pipeline.live.payment import Payment
from outlay.service.body import decode
from outlay.service.problem import Problem
from tests.service.calling import payment
from tests.service.conftest import reader_of

DIRECT = int(os.environ.get("FAULT_MUTATIONS", "5000"))
THROUGH = DIRECT // 5
ODD = [
    b"\x00", b"\xff", b"\xed\xa0\x80", b"\\ud800", b'"', b"{", b"}", b"[", b"]", b",", b":", b"null",
    b"true", b"NaN", b"-0", b"1e400", b"1e-400", b"9" * 400, b"0.1e", b"\\u0000", b"\\", b"\n",
    b'"user_id":1,', b'"amount":"1.234,50 EUR",', b'"timestamp":99999999999999999999,',
    b'"timestamp":"0000-00-00",', b'"timestamp":"2025-02-30T25:61:61+99:99",', b'"a":{"b":[]},',
    "\u202e\u0661\U0001f4b8".encode(), b"\xef\xbb\xbf", b"-", b"+1", b"Infinity", b'"amount":1e308,',
]  # fmt: skip


def mutated(dice):
    """Return a payment's JSON with a few things wrong with it."""
    body = bytearray(json.dumps(payment(), ensure_ascii=dice.random() < 0.5).encode())
    for _ in range(dice.randint(1, 4)):
        at, kind = dice.randrange(len(body) + 1), dice.random()
        if kind < 0.4:
            body[at:at] = dice.choice(ODD)
        elif kind < 0.6:
            body[at : at + dice.randint(1, 12)] = b""
        elif kind < 0.8:
            body[at : at + 1] = bytes([dice.randrange(256)])
        else:
            body[at:at] = body[dice.randrange(len(body)) :][: dice.randint(1, 40)]
    return bytes(body)


def decoded(body):
    """Return what a body says, None where it is no JSON."""
    with suppress(Problem):
        return decode(body, 8)
    return None


def test_mutated_bodies_are_read_or_refused(model):
    """Decoding and reading gives a payment or says which fields are wrong; nothing else happens."""
    engine, dice, read = reader_of(model), random.Random(1), 0  # noqa: S311
    for _ in range(DIRECT):
        said = decoded(mutated(dice))
        if isinstance(said, dict):
            found = engine.read(said)
            read += isinstance(found, Payment)
            assert isinstance(found, Payment) or all(each.field and each.reason for each in found)

    assert 0 < read < DIRECT


@pytest.mark.slow
def test_mutated_bodies_never_break_the_service(service):
    """Sent to the service, mutated bodies are decided or refused; afterwards it decides as before."""
    dice = random.Random(2)  # noqa: S311
    headers = {"content-type": "application/json"}
    lines = {"content-type": "application/x-ndjson"}
    seen = set()
    for n in range(THROUGH):
        if n % 10:
            answer = service.post("/v1/transactions", content=mutated(dice), headers=headers)
            seen.add(answer.status_code)
        else:
            body = b"\n".join(mutated(dice) for _ in range(20))
            answer = service.post("/v1/transactions:batch", content=body, headers=lines)
            seen |= {json.loads(line)["status"] for line in answer.content.splitlines()}
        assert answer.status_code < 500, answer.content

    assert {200, 400, 422} <= seen <= {200, 400, 409, 422}
    assert service.pay().status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/v1/alerts/x", "/v1/labels"],
)
def test_mutated_bodies_never_break_people_s_routes(service, path):
    """The same holds for alerts and labels."""
    dice, headers = random.Random(3), {"content-type": "application/json"}  # noqa: S311
    seen = {
        service.post(path, content=mutated(dice), headers=headers).status_code
        for _ in range(THROUGH // 10)
    }

    assert seen <= {400, 404, 413, 422}
