"""What the stages bring along, beyond what import-linter can read off the imports (``make lint``)."""

import subprocess
import sys

import pytest

import outlay

LATE = ("sklearn", "pandas", "pyarrow", "matplotlib", "jinja2")


def test_the_stages_load_neither_what_trains_nor_what_draws():
    """Training, drawing and other people's tables are loaded when they are needed, not before."""
    code = f"import sys, outlay.pipeline.api; print([m for m in {LATE!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_library_is_there_when_it_is_asked_for():
    """A light import still leads to the library's parts, and to a plain error for what is none."""
    assert all(getattr(outlay, name) is not None for name in outlay.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'rnu'"):
        _ = outlay.rnu
