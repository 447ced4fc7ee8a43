"""What an import loads: the light parts of the house stay light.

The layers themselves are a contract of import-linter (``make lint``); it sees what is written, not
what an import brings along, so here each one runs in a fresh interpreter.
"""

import subprocess
import sys

import pytest

HEAVY = ("polars", "numba", "sklearn", "scipy", "pandas", "pyarrow", "matplotlib", "jinja2")
LIGHT = ("outlay", "outlay.errors", "outlay.schema.catalog", "outlay.schema.columns",
         "outlay.schema.reason", "outlay.schema.money", "outlay.cli", "outlay.cli.app")  # fmt: skip


def loaded_by(statement):
    """Return the heavy libraries that a fresh interpreter holds after a statement."""
    code = f"import sys\n{statement}\nprint([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("module", LIGHT)
def test_light_modules_load_no_heavy_library(module):
    """Importing a front door, the errors or the names of things costs no heavy library."""
    assert loaded_by(f"import {module}") == "[]"


def test_the_stages_load_only_what_they_work_with():
    """Computing and scoring load neither what trains nor what draws."""
    names = loaded_by("import outlay.pipeline.api")
    assert names in ("['polars', 'numba']", "['polars', 'numba', 'scipy']")  # numba looks for scipy


def test_the_library_is_there_when_it_is_asked_for():
    """A light import still leads to the library's parts, and to a plain error for what is none."""
    import outlay

    assert outlay.run.__name__ == "run"
    with pytest.raises(AttributeError, match="has no attribute 'rnu'"):
        _ = outlay.rnu
