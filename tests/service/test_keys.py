"""Keys: what they look like, what is kept, and who is let in."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.errors import ConfigError
from outlay.service import keys
from outlay.service.keys import RIGHTS, Right, Role
from outlay.store import Key
from tests.service.calling import is_problem, payment

NAMES = st.from_regex(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?", fullmatch=True)


@given(NAMES)
def test_a_key_opens_and_nothing_else_does(name):
    """A key splits into its name and a secret that fits what was kept; a changed one does not."""
    fresh = keys.make(name, Role.INGEST)

    found, secret = keys.split(fresh.key) or ("", "")
    assert found == name
    assert keys.fits(secret, fresh.hash)
    assert not keys.fits(secret, None)
    assert not keys.fits(secret[:-1] + ("A" if secret[-1] != "A" else "B"), fresh.hash)
    assert secret.encode() not in fresh.hash


@given(st.text())
def test_what_is_no_key_is_none(text):
    """Any other text is no key."""
    assert keys.split(text) is None


def test_two_keys_are_never_the_same():
    """Each key has a secret of its own, of 256 bits."""
    made = {keys.make("a", Role.ADMIN).key.removeprefix("outlay_a_") for _ in range(50)}

    assert len(made) == 50
    assert {len(secret) for secret in made} == {43}


@pytest.mark.parametrize("name", ["", "-a", "a-", "A", "a_b", "ä", "a" * 41, "a b", "a\n"])
def test_a_name_that_cannot_be(name):
    """A name that could not stand in a key is refused, with words on what can."""
    with pytest.raises(ConfigError, match="cannot be a key's name"):
        keys.make(name, Role.INGEST)


def given_key(service, name="test", role="admin"):
    """Put a key into a service's store, let the service see it, and return its header."""
    fresh = keys.make(name, Role(role))
    with service.store.writing() as writing:
        writing.add_key(Key(fresh.name, fresh.role, fresh.hash, 1), by="test")
    service.portal.call(service.app.service.gate.refresh)
    return {"authorization": f"Bearer {fresh.key}"}


def revoke(service, name):
    """Revoke a key, and let the service see it."""
    with service.store.writing() as writing:
        writing.revoke_key(name, by="test", at=2)
    service.portal.call(service.app.service.gate.refresh)


def test_once_there_is_a_key_everybody_needs_one(service):
    """Without keys a caller on this machine is let in; with the first key no more, nor ever again."""
    assert service.pay().status_code == 200
    header = given_key(service)

    assert is_problem(service.pay(), 401, "unauthenticated")
    assert service.pay().headers["www-authenticate"] == 'Bearer realm="outlay"'
    assert service.post("/v1/transactions", payment(), headers=header).status_code == 200
    revoke(service, "test")
    assert is_problem(
        service.post("/v1/transactions", payment(), headers=header), 401, "unauthenticated"
    )
    assert is_problem(service.pay(), 401, "unauthenticated")


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer x", "Basic dXNlcjpwYXNz", "Bearer outlay_test_" + "A" * 43,
     "Bearer outlay_other_" + "A" * 43],
    ids=["none", "empty", "nonsense", "basic", "secret", "name"],
)  # fmt: skip
def test_a_wrong_key_opens_nothing(service, header):
    """Whatever is wrong with a key, the answer is the same 401."""
    given_key(service)
    answer = service.get("/v1/model", headers={"authorization": header})

    assert is_problem(answer, 401, "unauthenticated")


CALLS = {
    ("POST", "/v1/transactions"): Right.SCORE,
    ("POST", "/v1/transactions:batch"): Right.SCORE,
    ("GET", "/v1/decisions/x"): Right.READ,
    ("GET", "/v1/users/x"): Right.LOOK,
    ("GET", "/v1/users/x/dashboard"): Right.LOOK,
    ("GET", "/v1/alerts"): Right.LOOK,
    ("GET", "/v1/alerts/x"): Right.LOOK,
    ("POST", "/v1/alerts/x"): Right.JUDGE,
    ("POST", "/v1/labels"): Right.LABEL,
    ("GET", "/v1/model"): Right.READ,
    ("GET", "/metrics"): Right.MEASURE,
}


@pytest.mark.parametrize("role", list(Role))
def test_a_role_may_do_what_it_may(service, role):
    """Each route lets in the roles that have its right, and answers 403 to the others."""
    header = given_key(service, role=role)
    for (method, path), right in CALLS.items():
        answer = service.ask(method, path, headers=header)

        if right in RIGHTS[role]:
            assert answer.status_code not in {401, 403}, path
        else:
            assert is_problem(answer, 403, "forbidden"), path
            assert "test" in answer.json()["detail"]


def test_every_route_asks_for_a_key_but_those_of_health_and_docs(service):
    """With keys, the paths of the description answer 401 without one; health and docs stay open."""
    given_key(service)
    described = service.get("/openapi.json").json()["paths"]
    for path, operations in described.items():
        for method in operations:
            answer = service.ask(method, path.replace("{", "").replace("}", ""))
            is_open = path in {"/healthz", "/readyz"}
            assert (answer.status_code == 401) != is_open, path

    assert {(m.upper(), p) for p, ms in described.items() for m in ms} == {
        (method, path)
        for method, path in [
            *((m, p.replace("/x", "/{}")) for m, p in CALLS),
            ("GET", "/healthz"),
            ("GET", "/readyz"),
        ]
        for path in [next(known for known in described if _shape(known) == _shape(path))]
    }


def _shape(path):
    return [part.partition("{")[0] for part in path.split("/")]


def test_a_new_key_opens_at_once_and_a_revoked_one_soon_does_not(open_service):
    """A running service notices a new key with its first call, and a revoked one within its time."""
    service = open_service(keys_seconds=0.2)
    given_key(service, "first")
    time.sleep(1.1)
    fresh = keys.make("second", Role.INGEST)
    with service.store.writing() as writing:
        writing.add_key(Key(fresh.name, fresh.role, fresh.hash, 1), by="test")
    header = {"authorization": f"Bearer {fresh.key}"}
    assert service.get("/v1/model", headers=header).status_code == 200
    with service.store.writing() as writing:
        writing.revoke_key("second", by="test", at=2)
    for _ in range(50):
        time.sleep(0.1)
        if service.get("/v1/model", headers=header).status_code == 401:
            break

    assert service.get("/v1/model", headers=header).status_code == 401


def test_the_audit_log_names_the_key(service):
    """A change is logged under the name of the key that made it."""
    header = given_key(service, "reviewer", "admin")
    sent = payment()
    service.post("/v1/transactions", sent, headers=header)
    label = {"transaction_id": sent["transaction_id"], "is_fraud": True}
    service.post("/v1/labels", label, headers=header)

    with service.store.reading() as reading:
        assert "reviewer" in {change.who for change in reading.audit()}


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "10.0.0.1", "localhost.evil.example"]
)
def test_a_foreign_name_is_refused_without_keys(service, host):
    """A page that points its own name at this machine gets nothing, unless it has a key."""
    answer = service.get("/v1/model", headers={"host": host})

    assert is_problem(answer, 421, "wrong-host")
    header = given_key(service)
    assert service.get("/v1/model", headers={"host": host, **header}).status_code == 200


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:99", "127.0.0.1:8000", "[::1]:8000", "[::1]", "pay.test"]
)
def test_this_machine_s_own_names_will_do(open_service, host):
    """Loopback names, and those that were allowed, reach a service without keys."""
    service = open_service(hosts=("pay.test",))

    assert service.get("/v1/model", headers={"host": host}).status_code == 200
