"""One payment over HTTP: its decision, and everything that can be wrong with it."""

import json
import threading
import time

import pytest

from outlay.errors import StoreFullError
from outlay.pipeline.live.check import check
from outlay.pipeline.live.engine import now
from outlay.store import Kind
from tests.service.calling import is_problem, payment


class Wrapped:
    """An engine whose `process` is another one's with something before it."""

    def __init__(self, engine, before):
        self._engine, self._before = engine, before

    def __getattr__(self, name):
        return getattr(self._engine, name)

    def __setattr__(self, name, value):
        if name == "store":
            self._engine.store = value
        else:
            super().__setattr__(name, value)

    def process(self, payments):
        """Do what comes before, then what the engine does."""
        self._before(payments)
        return self._engine.process(payments)


def held(release):
    """Return what makes an engine wait until an event is set."""
    return lambda engine: Wrapped(engine, lambda _: release.wait(20))


def test_a_decision_is_what_the_store_keeps(service):
    """The answer is the stored decision, byte for byte, and can be asked for again."""
    answer = service.pay(transaction_id="a/1 ü", amount=900)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    said = answer.json()
    assert said["transaction_id"] == "a/1 ü"
    assert said["outcome"] in {"approve", "review", "block"}
    assert said["model"] == service.app.service.engine.digest
    again = service.get("/v1/decisions/a%2F1%20%C3%BC")
    assert again.content == answer.content


def test_a_repeated_payment_gets_the_first_answer(service):
    """The same payment sent again is answered with the same bytes, and counts once."""
    sent = payment()
    first, second = (service.post("/v1/transactions", sent) for _ in range(2))

    assert second.content == first.content
    assert "idempotent-replayed" not in first.headers
    assert second.headers["idempotent-replayed"] == "true"
    with service.store.reading() as reading:
        assert reading.counts().ledger == 1
    assert service.metric("outlay_repeated_total") == 1


def test_another_payment_under_a_known_id_is_a_conflict(service):
    """A transaction_id that stands for another content is answered with 409, and nothing changes."""
    first = service.pay(transaction_id="X", amount=10)
    second = service.pay(transaction_id="X", amount=11)

    assert is_problem(second, 409, "conflict")
    assert second.json()["errors"][0]["field"] == "transaction_id"
    assert service.get("/v1/decisions/X").content == first.content


def test_payments_at_the_same_moment_are_one_after_the_other(service):
    """Fifty payments of one user sent together all count: each sees those before it."""
    answers = service.pay_together([payment(user_id="new one") for _ in range(50)])

    assert {answer.status_code for answer in answers} == {200}
    with service.store.reading() as reading:
        rows = list(reading.ledger(user_id="new one"))
        assert [row.seq for row in rows] == sorted(row.seq for row in rows)
        assert len(rows) == 50
        assert [h.entity.id for h in reading.histories(Kind.USER)] == ["new one"]


def test_a_late_payment_says_so(service):
    """A payment earlier than the user's last is decided as it arrives, and marked."""
    service.pay(user_id="somebody", timestamp="2025-06-02T10:00:00Z")
    late = service.pay(user_id="somebody", timestamp="2025-06-01T10:00:00Z")

    assert late.json()["late"] is True


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount": -5}, "amount"),
        ({"amount": "many"}, "amount"),
        ({"amount": None}, "amount"),
        ({"timestamp": "yesterday"}, "timestamp"),
        ({"user_id": None}, "user_id"),
        ({"user_id": ""}, "user_id"),
        ({"transaction_id": None}, "transaction_id"),
        ({"extra": {"deep": 1}}, "extra"),
        ({"user_id": "x" * 257}, "user_id"),
    ],
    ids=lambda value: json.dumps(value)[:30],
)
def test_a_wrong_field_is_named(service, change, field):
    """What cannot be a payment is refused with the field's name and the reason, and not stored."""
    answer = service.pay(**change)

    assert is_problem(answer, 422, "invalid-payment")
    assert [each["field"] for each in answer.json()["errors"]] == [field]
    with service.store.reading() as reading:
        assert reading.counts().ledger == 0


def test_every_wrong_field_is_told_at_once(service):
    """A payment with several faults is answered with all of them."""
    answer = service.post("/v1/transactions", {"amount": "x", "timestamp": "y"})

    fields = {each["field"] for each in answer.json()["errors"]}
    assert fields == {"transaction_id", "user_id", "amount", "timestamp"}


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"", "malformed-json", 400),
        (b"{", "malformed-json", 400),
        (b"\xff\xfe", "malformed-json", 400),
        (b'{"a": NaN}', "malformed-json", 400),
        (b"[" * 5_000, "malformed-json", 400),
        (b'{"a":' * 30_000 + b"1" + b"}" * 30_000, "too-large", 413),
        (b'{"user_id": "' + b"x" * 70_000 + b'"}', "too-large", 413),
        (b"[]", "invalid-payment", 422),
        (b"3", "invalid-payment", 422),
        (b"null", "invalid-payment", 422),
    ],
    ids=[
        "empty",
        "cut",
        "bytes",
        "nan",
        "deep",
        "deep-and-large",
        "large",
        "list",
        "number",
        "null",
    ],
)
def test_a_body_that_is_no_payment(service, body, kind, status):
    """Whatever is sent instead of a payment gets an error that says what is wrong."""
    headers = {"content-type": "application/json"}
    answer = service.post("/v1/transactions", content=body, headers=headers)

    assert is_problem(answer, status, kind)


@pytest.mark.parametrize(
    "kind",
    ["", "text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1"],
)
def test_only_json_is_read(service, kind):
    """Another content type is refused: no form of a web page can send a payment."""
    answer = service.post("/v1/transactions", content=b"{}", headers={"content-type": kind})

    assert is_problem(answer, 415, "unsupported-media-type")
    assert answer.headers["accept"] == "application/json"


def test_a_body_in_pieces_is_cut_off_at_the_limit(service):
    """A body without a length is read no further than the limit."""
    taken = []

    async def pieces():
        for _ in range(1_000):
            taken.append(1)
            yield b" " * 1_000

    headers = {"content-type": "application/json"}
    answer = service.post("/v1/transactions", content=pieces(), headers=headers)

    assert is_problem(answer, 413, "too-large")


def test_a_full_queue_says_when_to_come_again(open_service):
    """Beyond the queue's limit the answer is 429 at once, and what was accepted is decided."""
    release = threading.Event()
    service = open_service(wrap=held(release), queue_limit=4)
    threading.Timer(1.0, release.set).start()
    answers = service.pay_together([payment() for _ in range(10)])

    refused = [each for each in answers if each.status_code != 200]
    assert len(refused) == 6
    assert all(is_problem(each, 429, "queue-full") for each in refused)
    assert all(int(each.headers["retry-after"]) >= 1 for each in refused)
    with service.store.reading() as reading:
        assert reading.counts().ledger == 4


def test_a_key_may_send_so_much(open_service):
    """Beyond its rate a caller gets 429 and is told how long to wait."""
    service = open_service(rate=0.1, burst=3)
    answers = [service.pay() for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert is_problem(answers[3], 429, "rate-limited")
    assert 1 <= int(answers[3].headers["retry-after"]) <= 10


def test_a_deadline_is_kept_and_the_payment_may_be_asked_for_again(open_service):
    """A decision that is not there in time is a 504; the same payment then gets its one decision."""
    release = threading.Event()
    service = open_service(wrap=held(release), deadline_seconds=0.2)
    sent = payment()
    late = service.post("/v1/transactions", sent)
    release.set()
    end = time.monotonic() + 10
    while service.post("/v1/transactions", sent).status_code != 200:
        assert time.monotonic() < end
        time.sleep(0.02)

    assert is_problem(late, 504, "deadline")
    with service.store.reading() as reading:
        assert reading.counts().ledger == 1


def test_a_store_that_is_full_for_a_while(open_service):
    """While the store cannot be written to the answer is 503; once it can, all goes on by itself."""
    trouble = [StoreFullError("There is no room.\n\nHint: make some.")] * 2

    def fail(_):
        if trouble:
            raise trouble.pop()

    service = open_service(wrap=lambda engine: Wrapped(engine, fail))
    sent = payment()
    answers = [service.post("/v1/transactions", sent) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [503, 503, 200]
    assert is_problem(answers[0], 503, "store-unavailable")
    assert answers[0].headers["retry-after"] == "1"
    assert answers[0].json()["detail"] == "There is no room."


def test_a_payment_that_breaks_the_engine_harms_no_other(open_service):
    """Whatever an unforeseen error hits, its neighbours of the same batch are decided."""

    def fail(payments):
        if any(each.user_id == "poison" for each in payments):
            raise ZeroDivisionError

    service = open_service(wrap=lambda engine: Wrapped(engine, fail))
    sent = [payment(user_id="poison" if n == 3 else "U000002") for n in range(8)]
    answers = service.pay_together(sent)

    assert [answer.status_code for answer in answers] == [200] * 3 + [500] + [200] * 4
    assert is_problem(answers[3], 500, "internal-error")
    assert b"ZeroDivision" not in answers[3].content


def test_a_clock_that_jumps_back_stops_nothing(open_service):
    """Payments go on being decided in the order of their arrival when the clock goes back by a day."""
    present = now()
    times = iter([present + n - (86_400_000_000 if n > 5 else 0) for n in range(10_000)])
    service = open_service(clock=lambda: next(times))
    sent = [payment(user_id="somebody", amount=5 + n) for n in range(12)]
    answers = [service.post("/v1/transactions", each) for each in sent]

    assert {answer.status_code for answer in answers} == {200}
    with service.store.reading() as reading:
        rows = list(reading.ledger(user_id="somebody"))
    assert [row.entry.transaction_id for row in rows] == [each["transaction_id"] for each in sent]
    assert check(service.store).is_clean
