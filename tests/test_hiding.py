"""Modules that are not found for a while."""

import subprocess
import sys

import pytest

from outlay.hiding import hidden

CODE = """
import sys
from outlay.hiding import hidden

with hidden("colorsys"):
    try:
        import colorsys
    except ImportError:
        print("hidden")
import colorsys
print(colorsys.rgb_to_hls(0, 0, 0))
"""


def test_what_is_hidden_is_not_found_until_the_block_ends():
    """Afterwards it is imported as ever."""
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)

    assert done.stdout.split("\n")[:2] == ["hidden", "(0.0, 0.0, 0.0)"]


def test_what_is_imported_already_stays():
    """Whoever uses it goes on, and after an error as well."""
    with pytest.raises(KeyError), hidden("json", "no_such_module"):  # noqa: PT012 - what a block is for
        import json

        assert json.loads("1") == 1
        assert sys.modules["no_such_module"] is None
        raise KeyError

    assert sys.modules["json"] is json
    assert "no_such_module" not in sys.modules
