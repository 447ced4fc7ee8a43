"""What the docs say of the service is so."""

import re
from pathlib import Path

from outlay.service.problem import KINDS

DOCS = Path(__file__).parents[2] / "docs"
HTTP = (DOCS / "reference" / "http.md").read_text(encoding="utf-8")
DEPLOY = (DOCS / "how-to" / "deploy.md").read_text(encoding="utf-8")


def test_the_reference_names_every_route_and_no_other(service):
    """Method and path of each route stand in the reference."""
    described = service.get("/openapi.json").json()["paths"]
    routes = {f"{verb.upper()} {path}" for path, verbs in described.items() for verb in verbs}

    assert set(re.findall(r"^\| `((?:GET|POST) [^`]+)`", HTTP, re.MULTILINE)) == routes


def test_the_reference_names_every_problem_with_its_status():
    """Each kind of error stands in the reference."""
    told = set(re.findall(r"^\| `/docs#([a-z-]+)` \| (\d+)", HTTP, re.MULTILINE))

    assert told == {(name, str(kind.status)) for name, kind in KINDS.items()}


def test_the_metrics_page_names_every_metric(service):
    """Each figure of /metrics stands in the docs, and those that stand there are measured."""
    service.pay()
    found = set(re.findall(r"^# HELP (outlay_\w+)", service.get("/metrics").text, re.MULTILINE))

    assert set(re.findall(r"`(outlay_[a-z_]+)`", DEPLOY)) == found
