"""The service's own description: complete, valid, and kept to."""

import os
import re
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from jsonschema_rs import Draft202012Validator, meta
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from outlay.service.problem import KINDS
from tests.service.calling import payment
from tests.service.process import Process

CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
)
EXAMPLES = int(os.environ.get("FAULT_API_EXAMPLES", "15"))


@pytest.fixture
def document(service):
    """Return the description."""
    return service.get("/openapi.json").json()


def operations(document):
    """Yield path, verb and operation."""
    for path, verbs in document["paths"].items():
        for verb, operation in verbs.items():
            yield path, verb, operation


def references(value):
    """Yield every reference in a document."""
    if isinstance(value, dict):
        yield from (each for name, each in value.items() if name == "$ref")
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for each in inner:
        yield from references(each)


def test_every_operation_is_told_in_full(document):
    """Each has an id of its own, words, a good answer and its errors; every reference leads somewhere."""
    found = list(operations(document))

    assert len({operation["operationId"] for *_, operation in found}) == len(found) == 13
    for path, _, operation in found:
        assert operation["summary"], path
        assert operation["description"], path
        assert "200" in operation["responses"], path
        if path != "/healthz":
            assert any(status >= "400" for status in operation["responses"]), path
    names = {reference.rsplit("/", 1)[1] for reference in references(document)}
    assert names <= set(document["components"]["schemas"])


def test_every_schema_is_one(document):
    """The schemas are valid JSON Schemas, and their examples fit them."""
    for name, schema in document["components"]["schemas"].items():
        meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})
        whole = {**schema, "components": document["components"]}
        for example in schema.get("examples", []):
            Draft202012Validator(whole).validate(example)
        assert schema.get("description"), name


def test_every_example_answer_fits_its_schema(document):
    """Examples of answers, errors too, are what the schema says."""
    for _, _, operation in operations(document):
        for response in operation["responses"].values():
            for content in response.get("content", {}).values():
                whole = {**content.get("schema", {}), "components": document["components"]}
                shown = [each["value"] for each in content.get("examples", {}).values()]
                shown += [content["example"]] if "example" in content else []
                for each in shown:
                    Draft202012Validator(whole).validate(each)


def test_a_real_decision_fits_its_schema(service, document):
    """What is answered to a payment is what the description promises."""
    said = service.pay(amount=77_000).json()
    schema = {"$ref": "#/components/schemas/Answered", "components": document["components"]}

    Draft202012Validator(schema).validate(said)


def test_the_page_tells_all_without_anything_from_elsewhere(service, document):
    """The page names every path, schema and error, runs no script and loads nothing."""
    answer = service.get("/docs")
    page = answer.text

    assert answer.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    for path, _, operation in operations(document):
        assert path in page
        assert f'id="{operation["operationId"]}"' in page
    assert all(f'id="{kind}"' in page for kind in KINDS)
    assert not re.search(r"<script|src=|https?://|@import|url\(", page)
    targets = set(re.findall(r'href="#([^"]+)"', page))
    assert targets <= set(re.findall(r'id="([^"]+)"', page))


@pytest.mark.slow
def test_the_service_keeps_to_its_description(folder, tmp_path):
    """Requests made from the description, good and bad, get no 5xx and only answers it tells of."""
    with Process(tmp_path, "--model", folder, "--store", tmp_path / "live.db") as service:
        service.ask("POST", "/v1/transactions", payment())
        schema = schemathesis.openapi.from_url(f"http://127.0.0.1:{service.port}/openapi.json")
        tried = []
        for found in schema.get_all_operations():
            operation: Any = found.ok()  # type: ignore[union-attr]

            @settings(
                max_examples=EXAMPLES, deadline=None, database=None,
                suppress_health_check=list(HealthCheck),
            )  # fmt: skip
            @given(case=operation.as_strategy())
            def ask(case):
                case.call_and_validate(checks=CHECKS)

            ask()
            tried.append(operation.label)

    assert len(tried) == 13
