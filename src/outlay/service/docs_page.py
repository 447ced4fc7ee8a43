"""The description as a page: no script, nothing fetched, so it works wherever the service runs."""

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from outlay.service.problem import KINDS

if TYPE_CHECKING:
    from jinja2 import Environment

_FOLDER: Final = "templates"


def policy() -> str:
    """Return the page's Content-Security-Policy: its one style sheet, by hash."""
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"


def page(document: dict[str, Any]) -> str:
    """Return the page of an OpenAPI document."""
    template = _environment().get_template("docs.html")
    return template.render(document=document, kinds=KINDS, style=_style())


@cache
def _style() -> str:
    return (files("outlay.service") / _FOLDER / "docs.css").read_text(encoding="utf-8")


@cache
def _environment() -> "Environment":
    from jinja2 import ChainableUndefined, Environment, PackageLoader
    from markupsafe import Markup

    environment = Environment(
        loader=PackageLoader("outlay.service", _FOLDER),
        autoescape=True,
        undefined=ChainableUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["own"] = Markup  # our own style sheet, so that its hash fits
    return environment
