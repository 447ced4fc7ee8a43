"""Many payments in one request: each line is answered for itself."""

import json
import threading

import pytest

from outlay.errors import StoreLockedError
from tests.service.calling import is_problem, payment
from tests.service.test_payments import Wrapped

NDJSON = {"content-type": "application/x-ndjson"}


def lines(payments):
    """Return payments as JSON lines."""
    return "".join(json.dumps(each) + "\n" for each in payments).encode()


def test_an_array_is_answered_as_an_array(service):
    """Each payment of an array gets its decision, in the array's order."""
    sent = [payment(user_id=f"U{n % 3}") for n in range(20)]
    answer = service.post("/v1/transactions:batch", sent)

    assert answer.status_code == 200
    assert [each["status"] for each in answer.json()] == [200] * 20
    names = [each["decision"]["transaction_id"] for each in answer.json()]
    assert names == [each["transaction_id"] for each in sent]


def test_lines_are_answered_as_lines(service):
    """JSON lines are answered by JSON lines; empty lines are none."""
    sent = [payment() for _ in range(3)]
    body = lines(sent[:1]) + b"\r\n\n" + lines(sent[1:]).rstrip()
    answer = service.post("/v1/transactions:batch", content=body, headers=NDJSON)

    assert answer.headers["content-type"] == "application/x-ndjson"
    said = [json.loads(line) for line in answer.content.splitlines()]
    assert [each["decision"]["transaction_id"] for each in said] == [
        each["transaction_id"] for each in sent
    ]


def test_a_batch_decides_as_single_payments_do(open_service, tmp_path):
    """The decisions of a batch are those of the same payments sent one by one, byte for byte."""
    sent = [payment(amount=10 * n + 1, user_id=f"U{n % 4}") for n in range(30)]
    one, many = (open_service(path=tmp_path / f"{name}.db") for name in ("one", "many"))
    singles = [one.post("/v1/transactions", each).content for each in sent]
    body = many.post("/v1/transactions:batch", content=lines(sent), headers=NDJSON).content

    assert body.splitlines() == [b'{"status":200,"decision":%b}' % each for each in singles]


def test_a_bad_line_harms_no_other(service):
    """Lines that cannot be read, are no payment or are in conflict are answered in their place."""
    good, other = payment(transaction_id="A"), payment(transaction_id="B")
    body = b"\n".join([
        json.dumps(good).encode(), b"{not json", b"[1]", json.dumps({**other, "amount": -1}).encode(),
        json.dumps(good).encode(), json.dumps({**good, "amount": 99}).encode(), json.dumps(other).encode(),
    ])  # fmt: skip
    answer = service.post("/v1/transactions:batch", content=body, headers=NDJSON)

    said = [json.loads(line) for line in answer.content.splitlines()]
    assert [each["status"] for each in said] == [200, 400, 422, 422, 200, 409, 200]
    assert said[4] == {"status": 200, "repeated": True, "decision": said[0]["decision"]}
    assert said[3]["problem"]["errors"][0]["field"] == "amount"
    with service.store.reading() as reading:
        assert reading.counts().ledger == 2


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        (b"{", 400, "malformed-json"),
        (b"{}", 400, "malformed-json"),
        (b"[{},", 400, "malformed-json"),
        (b"[" * 100_000, 400, "malformed-json"),
        (b"[" + b",".join([b"1"] * 1_001) + b"]", 413, "too-large"),
        (b" " * 5_000_000, 413, "too-large"),
    ],
    ids=["cut", "object", "cut-list", "deep", "many", "large"],
)
def test_a_body_that_is_no_batch(service, body, status, kind):
    """A body that cannot be a batch is refused as a whole."""
    headers = {"content-type": "application/json"}
    answer = service.post("/v1/transactions:batch", content=body, headers=headers)

    assert is_problem(answer, status, kind)


def test_an_empty_batch_is_answered_by_an_empty_one(service):
    """Nothing in, nothing out."""
    assert service.post("/v1/transactions:batch", []).json() == []


def test_a_batch_is_taken_whole_or_not_at_all(open_service):
    """A batch for which there is no room is refused with 429, and none of it is stored."""
    service = open_service(queue_limit=5)
    answer = service.post("/v1/transactions:batch", [payment() for _ in range(6)])

    assert is_problem(answer, 429, "queue-full")
    with service.store.reading() as reading:
        assert reading.counts().ledger == 0


def test_a_batch_counts_by_its_payments(open_service):
    """The rate of a key counts payments, not requests."""
    service = open_service(rate=0.1, burst=10)
    answers = [service.post("/v1/transactions:batch", [payment() for _ in range(8)]) for _ in "12"]

    assert answers[0].status_code == 200
    assert is_problem(answers[1], 429, "rate-limited")


def test_when_nothing_could_be_stored_the_whole_request_says_so(open_service):
    """A batch of which nothing could be decided for a passing reason is a 503, not a list of them."""
    is_locked = threading.Event()
    is_locked.set()

    def fail(_):
        if is_locked.is_set():
            raise StoreLockedError("Another process holds it.\n\nHint: wait.")

    service = open_service(wrap=lambda engine: Wrapped(engine, fail))
    sent = [payment() for _ in range(3)]
    first = service.post("/v1/transactions:batch", sent)
    is_locked.clear()
    second = service.post("/v1/transactions:batch", sent)

    assert is_problem(first, 503, "store-unavailable")
    assert [each["status"] for each in second.json()] == [200] * 3
