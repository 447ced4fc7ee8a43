"""What an import costs, seen from a fresh interpreter."""

import subprocess
import sys

import pytest

HEAVY = {
    *("numba", "polars", "sklearn", "matplotlib", "plotly", "jinja2", "pandas", "sqlglot"),
    *("fastapi", "starlette", "uvicorn", "prometheus_client", "sqlite3", "psycopg"),
}

EVERY_HELP = """
import contextlib, io, typer.main
from outlay.cli import app, main

def helps(command, words):
    yield [*words, "--help"]
    for name, inner in getattr(command, "commands", {}).items():
        yield from helps(inner, [*words, name])

for words in helps(typer.main.get_command(app), []):
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.suppress(SystemExit):
        main(words)
    assert "Usage: " + " ".join(["outlay", *words[:-1]]) in out.getvalue(), words
"""


def loaded(code):
    """Return which heavy libraries a fresh interpreter has after some code."""
    show = f"import sys; print(*sorted({HEAVY!r} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{show}"], capture_output=True, text=True, check=True
    )
    return done.stdout.split()


@pytest.mark.parametrize(
    "module", ["outlay", "outlay.errors", "outlay.schema.catalog", "outlay.cli"]
)
def test_import_is_light(module):
    """Importing what every command needs loads none of the heavy libraries."""
    assert loaded(f"import {module}") == []


def test_help_of_every_command_is_light():
    """No command's help, nor that of a group, loads any of the heavy libraries."""
    assert loaded(EVERY_HELP) == []


def test_the_measure_measures():
    """A heavy library that is loaded is seen."""
    assert loaded("import outlay.sources") == ["polars"]
