"""What every page is made with: templates, the script, and the locks against what the data may hold.

Three locks, each enough alone. Jinja escapes every value. Figures travel as JSON in a block that no
browser runs, with the characters that could end the block written as escapes. And the page's
Content-Security-Policy lets only the scripts run whose hashes it names, and nothing be fetched.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from outlay.sinks.text import shorten

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

SCRIPT_NAME = "plotly-basic.min.js"
"""What the shared script is called where several pages lie in one folder."""

_ESCAPES = {ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}


def plotly_script() -> str:
    """Return Plotly's basic bundle (MIT licence), to lie beside pages that share it."""
    return (files("outlay.sinks") / "static" / SCRIPT_NAME).read_text(encoding="utf-8")


def render(template: str, *, script: str | None, **values: Any) -> str:
    """Return a page from its template.

    ``script`` is the relative address of the shared script; without it the page carries its own.
    """
    library = plotly_script() if script is None else ""
    own = _own_script()
    return (
        _environment()
        .get_template(template)
        .render(
            **values,
            policy=_policy(own, library),
            library=_markup(library),
            library_address=None if script is None else quote(script),
            own_script=_markup(own),
        )
    )


def size_of(page: str, *, script: str | None) -> int:
    """Return the bytes of data and markup in a page, the script's library left out."""
    library = len(plotly_script()) if script is None else 0
    return len(page.encode()) - library


def json_block(value: object) -> "Markup":
    """Return ``value`` as JSON that is safe inside a script element and reads back the same."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return _markup(text.translate(_ESCAPES))


def address(path: str) -> str:
    """Return a relative path as it stands in a link."""
    return quote(path)


def _policy(own: str, library: str) -> str:
    """Return the page's Content-Security-Policy; a shared script lies beside the page."""
    library_source = _hash(library) if library else "'self' file:"
    return (
        f"default-src 'none'; script-src {_hash(own)} {library_source}; "
        "style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; form-action 'none'"
    )


def _hash(script: str) -> str:
    digest = hashlib.sha256(script.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


@cache
def _own_script() -> str:
    return (files("outlay.sinks") / "static" / "figures.js").read_text(encoding="utf-8")


def _markup(text: str) -> "Markup":
    from markupsafe import Markup

    return Markup(text)  # noqa: S704 - our own files, or JSON without < > &


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("outlay.sinks"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= _FILTERS
    environment.globals["style"] = _markup(
        (files("outlay.sinks") / "static" / "style.css").read_text(encoding="utf-8")
    )
    return environment


_FILTERS: Mapping[str, Any] = {"short": shorten, "json_block": json_block, "address": address}
