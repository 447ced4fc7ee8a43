"""What every answer has, whatever the route."""

import json
import logging

import pytest

from outlay.service.logs import JsonFormatter
from outlay.service.problem import KINDS, Problem
from tests.service.calling import is_problem, payment

PATHS = ["/healthz", "/docs", "/openapi.json", "/v1/model", "/v1/alerts", "/nothing", "/metrics"]


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_is_safe_to_show(service, path):
    """No answer can be framed, sniffed or kept, and none lets foreign scripts run."""
    headers = service.get(path).headers

    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "server" not in headers
    assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize("path", PATHS)
def test_head_is_get_without_its_body(service, path):
    """HEAD answers with the headers of GET and nothing else."""
    got, head = service.get(path), service.ask("HEAD", path)

    assert (head.status_code, head.content) == (got.status_code, b"")
    assert head.headers["content-type"] == got.headers["content-type"]


@pytest.mark.parametrize(
    ("method", "path", "known"),
    [
        ("GET", "/v1/transactions", "POST"),
        ("HEAD", "/v1/transactions:batch", "POST"),
        ("DELETE", "/v1/alerts/x", "GET, HEAD, POST"),
        ("PUT", "/v1/labels", "POST"),
        ("POST", "/healthz", "GET, HEAD"),
        ("OPTIONS", "/v1/transactions", "POST"),
        ("BREW", "/v1/model", "GET, HEAD"),
    ],
)
def test_another_method_is_told_which_there_are(service, method, path, known):
    """A method that a path does not know is a 405, and Allow names all that it knows."""
    answer = service.ask(method, path)

    assert answer.headers["allow"] == known
    assert answer.status_code == 405
    assert method == "HEAD" or is_problem(answer, 405, "method-not-allowed")


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/v1",
        "/v1/users",
        "/v1/users/a/b",
        "/v1/transactions/",
        "/v1//model",
        "/%2e%2e/etc",
        "/docs/",
    ],
)
def test_another_path_is_not_there(service, path):
    """Any other path is a 404 in the form of every error."""
    assert is_problem(service.get(path), 404, "not-found")


def test_a_request_keeps_its_id(service):
    """A plain id of the caller is kept; anything else is replaced, and every answer has one."""
    kept = service.get("/healthz", headers={"x-request-id": "abc-1.2_3"})
    replaced = [
        service.get("/healthz", headers={"x-request-id": odd}).headers["x-request-id"]
        for odd in ("", "a b", "x" * 65, "a;b")
    ]

    assert kept.headers["x-request-id"] == "abc-1.2_3"
    assert len(set(replaced)) == 4


def test_requests_are_logged_with_who_what_and_how_long(service, caplog):
    """The log has a line for each request of a person and each error, without what was sent."""
    with caplog.at_level(logging.INFO, "outlay.service"):
        service.get("/v1/users/someone%20new")
        service.pay(user_id="secret", amount=-1)
        service.pay(user_id="secret")
    lines = [json.loads(JsonFormatter().format(each)) for each in caplog.records]

    assert [(line["method"], line["path"], line["status"]) for line in lines] == [
        ("GET", "/v1/users/someone%20new", 404),
        ("POST", "/v1/transactions", 422),
    ]
    assert all(
        line["caller"] == "local" and line["ms"] > 0 and line["request_id"] for line in lines
    )
    assert "secret" not in json.dumps(lines)


def test_an_unforeseen_error_is_told_to_the_log_only(service, monkeypatch, caplog):
    """An error of ours is a plain 500 with the request's id; the log has the rest."""

    def broken(*_, **__):
        raise RuntimeError("the inside of it")

    monkeypatch.setattr(service.store, "reading", broken)
    answer = service.get("/v1/decisions/x", headers={"x-request-id": "find-me"})

    assert is_problem(answer, 500, "internal-error")
    assert "find-me" in answer.json()["detail"]
    assert "inside" not in answer.text
    assert "the inside of it" in caplog.text
    assert service.metric('outlay_errors_total{error="RuntimeError"}') == 1


def test_what_is_counted_is_what_happened(service):
    """Decisions, repeats, refusals, batches and requests are counted."""
    sent = payment()
    for _ in range(2):
        service.post("/v1/transactions", sent)
    service.pay(amount=-1)
    service.post("/v1/transactions:batch", [payment(), payment(amount="x")])

    assert (
        sum(
            service.metric(f'outlay_decisions_total{{outcome="{name}"}}')
            for name in ("approve", "review", "block")
        )
        == 2
    )
    assert service.metric("outlay_repeated_total") == 1
    assert service.metric('outlay_refused_total{kind="invalid-payment"}') == 2
    assert service.metric("outlay_batch_payments_sum") == 3
    assert service.metric("outlay_queue_payments") == 0
    assert service.metric("outlay_store_commit_seconds_count") == service.metric(
        "outlay_batch_seconds_count"
    )
    named = 'outlay_requests_total{method="POST",route="/v1/transactions",status="200"}'
    assert service.metric(named) == 2


@pytest.mark.parametrize("kind", list(KINDS))
def test_every_kind_of_problem_has_its_form(kind):
    """Each kind of error has a status, a title, words, and can be answered with."""
    answer = Problem(kind, "words", retry_after=3).response()
    said = json.loads(bytes(answer.body))

    assert answer.status_code == said["status"] == KINDS[kind].status
    assert said == {
        "type": f"/docs#{kind}",
        "title": KINDS[kind].title,
        "status": said["status"],
        "detail": "words",
    }
    assert answer.headers["retry-after"] == "3"
