"""What analysts ask: decisions, users, dashboards, alerts, labels, the model."""

import pytest

from tests.service.calling import is_problem, payment


@pytest.fixture
def alerted(service):
    """Return a service with a few alerts, the ids of the flagged payments, and one that is none."""
    night = "2025-05-0{}T03:00:00Z"
    sent = [
        payment(amount=90_000 + n, timestamp=night.format(n + 1), transaction_type="transfer",
                counterparty_id=f"never seen {n}")
        for n in range(5)
    ]  # fmt: skip
    said = [service.post("/v1/transactions", each).json() for each in sent]
    plain = service.pay(amount=11).json()["transaction_id"]
    return service, [each["transaction_id"] for each in said if each["is_alert"]], plain


def test_an_unknown_decision_is_not_there(service):
    """A transaction_id that was never seen is a 404."""
    assert is_problem(service.get("/v1/decisions/none"), 404, "not-found")


def test_an_id_that_is_no_text_is_refused(service):
    """An id must be percent-encoded UTF-8."""
    assert is_problem(service.get("/v1/decisions/%FF"), 422, "invalid-request")


def test_alerts_come_newest_first_and_page_by_page(alerted):
    """Pages of alerts put together are all alerts, each once, newest first."""
    service, ids, _ = alerted
    assert len(ids) >= 2
    seen, cursor = [], None
    while True:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = service.get("/v1/alerts", params=query).json()
        seen += [each["id"] for each in page["alerts"]]
        cursor = page["next"]
        if cursor is None:
            break

    assert seen == list(reversed(ids))


def test_alerts_can_be_narrowed(alerted):
    """Each filter leaves the alerts that fit it."""
    service, ids, _ = alerted
    service.post(f"/v1/alerts/{ids[0]}", {"status": "closed"})

    def found(**query):
        return [each["id"] for each in service.get("/v1/alerts", params=query).json()["alerts"]]

    assert found(status="closed") == [ids[0]]
    assert found(status="open") == list(reversed(ids[1:]))
    assert found(user_id="U000001") == list(reversed(ids))
    assert found(user_id="nobody") == []
    assert found(since="2030-01-01T00:00:00Z") == []
    assert found(until="2025-05-02T00:00:00Z") == [name for name in ids[:1] if name]


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=501", "limit=x", "status=done", "severity=awful", "since=now",
     "since=2025-01-01T00:00:00", "cursor=nonsense"],
)  # fmt: skip
def test_a_wrong_parameter_is_named(service, query):
    """A parameter that is not what it must be is refused by its name."""
    answer = service.get(f"/v1/alerts?{query}")

    assert is_problem(answer, 422, "invalid-request")
    assert answer.json()["errors"][0]["field"] == query.partition("=")[0]


def test_an_alert_tells_its_decision(alerted):
    """One alert comes with the decision that raised it, as it was answered."""
    service, ids, plain = alerted
    told = service.get(f"/v1/alerts/{ids[0]}").json()

    assert told["alert"]["status"] == "open"
    assert told["decision"] == service.get(f"/v1/decisions/{ids[0]}").json()
    assert is_problem(service.get(f"/v1/alerts/{plain}"), 404, "not-found")


def test_an_alert_is_changed_and_the_change_is_kept(alerted):
    """Status, disposition and note change alone or together; the audit log says who and what."""
    service, ids, _ = alerted
    path = f"/v1/alerts/{ids[0]}"
    first = service.post(path, {"status": "in_review", "note": "called the customer"})
    second = service.post(path, {"status": "resolved", "disposition": "confirmed_fraud"})
    third = service.post(path, {"disposition": None})

    assert first.json()["status"] == "in_review"
    assert second.json()["note"] == "called the customer"
    assert second.json()["updated_by"] == "local"
    assert third.json()["disposition"] is None
    with service.store.reading() as reading:
        changes = reading.audit(subject=ids[0])
    assert [change.who for change in changes] == ["local"] * 3


@pytest.mark.parametrize(
    ("update", "field"),
    [
        ({}, "body"),
        ({"status": "done"}, "status"),
        ({"disposition": "guilty"}, "disposition"),
        ({"note": 3}, "note"),
        ({"note": "x" * 4_001}, "note"),
        ({"state": "open"}, "state"),
    ],
)
def test_a_wrong_update_is_named(alerted, update, field):
    """An update that is none is refused by its field, and changes nothing."""
    service, ids, _ = alerted
    answer = service.post(f"/v1/alerts/{ids[0]}", update)

    assert is_problem(answer, 422, "invalid-request")
    assert answer.json()["errors"][0]["field"] == field
    assert service.get(f"/v1/alerts/{ids[0]}").json()["alert"]["status"] == "open"


def test_an_alert_that_is_not_there_cannot_be_changed(service):
    """An unknown alert is a 404."""
    assert is_problem(service.post("/v1/alerts/none", {"status": "open"}), 404, "not-found")


def test_labels_are_kept_and_change_no_decision(alerted):
    """Labels, one or many, are kept beside decisions that stay as they were."""
    service, ids, plain = alerted
    before = service.get(f"/v1/decisions/{plain}").content
    one = service.post("/v1/labels", {"transaction_id": plain, "is_fraud": True})
    many = service.post(
        "/v1/labels",
        [{"transaction_id": name, "is_fraud": False, "source": "bank", "at": "2025-06-01T00:00:00Z"}
         for name in [*ids, "never seen"]],
    )  # fmt: skip

    assert one.json() == {"kept": 1, "unknown": []}
    assert many.json() == {"kept": len(ids), "unknown": ["never seen"]}
    assert service.get(f"/v1/decisions/{plain}").content == before
    with service.store.reading() as reading:
        kept = {each.transaction_id: (each.is_fraud, each.source) for each in reading.labels()}
    assert kept == {plain: (True, "local"), **dict.fromkeys(ids, (False, "bank"))}


@pytest.mark.parametrize(
    ("label", "kind", "status"),
    [
        ({"transaction_id": "T", "is_fraud": 1}, "invalid-request", 422),
        ({"transaction_id": "T"}, "invalid-request", 422),
        ({"transaction_id": "", "is_fraud": True}, "invalid-request", 422),
        ({"transaction_id": "T", "is_fraud": True, "at": "2025-01-01T00:00:00"}, "invalid-request", 422),
        ({"transaction_id": "T", "is_fraud": True}, "not-found", 404),
    ],
    ids=["number", "missing", "empty", "no-zone", "unknown"],
)  # fmt: skip
def test_a_wrong_label_is_refused(service, label, kind, status):
    """A label that is none, or of a payment that is not known, is refused."""
    assert is_problem(service.post("/v1/labels", label), status, kind)


def test_the_model_is_told(service, model):
    """The model's digest, threshold and budget are there to be read."""
    told = service.get("/v1/model").json()

    assert told["digest"] == model.digest
    assert told["threshold"] == model.forest_threshold
    assert set(told["detectors"]) == {"rules", "isolation_forest", "fuzzy"}


def test_a_user_is_told_in_plain_words(service):
    """A user's habits come as figures and as sentences; an unknown user is a 404."""
    told = service.get("/v1/users/U000001").json()

    assert told["user_id"] == "U000001"
    assert any(" " in line for line in told["lines"])
    assert is_problem(service.get("/v1/users/nobody"), 404, "not-found")


@pytest.mark.parametrize(
    ("ask", "kind", "start"),
    [
        ({"params": {"format": "html"}}, "text/html", b"<!doctype html"),
        ({"params": {"format": "png"}}, "image/png", b"\x89PNG"),
        ({"params": {"format": "json"}}, "application/json", b"{"),
        ({"headers": {"accept": "image/*"}}, "image/png", b"\x89PNG"),
        ({"headers": {"accept": "text/html;q=0.5, application/json"}}, "application/json", b"{"),
        ({"headers": {"accept": "*/*"}}, "text/html", b"<!doctype html"),
    ],
    ids=["html", "png", "json", "accept-image", "accept-best", "accept-any"],
)
def test_a_dashboard_comes_in_three_forms(alerted, ask, kind, start):
    """A user's dashboard is a page, a picture or its numbers, as the caller likes."""
    service, _, _ = alerted
    answer = service.get("/v1/users/U000001/dashboard", **ask)

    assert answer.status_code == 200
    assert answer.headers["content-type"].partition(";")[0] == kind
    assert answer.content[:40].lower().startswith(start.lower())
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


def test_a_dashboard_needs_payments_and_a_form(alerted):
    """Nobody's dashboard is a 404, and a form that there is not a 406."""
    service, _, _ = alerted
    path = "/v1/users/U000001/dashboard"

    assert is_problem(service.get("/v1/users/nobody/dashboard?format=json"), 404, "not-found")
    assert is_problem(service.get(path, headers={"accept": "audio/ogg"}), 406, "not-acceptable")
    assert is_problem(service.get(f"{path}?format=pdf"), 422, "invalid-request")
    assert is_problem(service.get(f"{path}?days=0"), 422, "invalid-request")
