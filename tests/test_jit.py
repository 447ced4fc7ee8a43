"""Where compiled kernels are kept."""

import os
import subprocess
import sys

import pytest

CODE = """
from outlay.jit import is_cached, kernel

@kernel
def one_more(x):
    return x + 1

before = is_cached(one_more)
print(before, one_more(1), is_cached(one_more), is_cached(len))
"""


@pytest.fixture
def answer(tmp_path):
    """Return a function that runs the code above in a process of its own."""
    (tmp_path / "own.py").write_text(CODE)

    def run(**environ):
        done = subprocess.run(
            [sys.executable, "own.py"],
            cwd=tmp_path,
            env={**os.environ, "NUMBA_DISABLE_JIT": "0", **environ},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.split()

    return run


def test_second_process_finds_what_the_first_compiled(answer, tmp_path):
    """A kernel is known as compiled once it has run, and stays so for later processes."""
    place = {"NUMBA_CACHE_DIR": str(tmp_path / "kept")}

    assert answer(**place) == ["False", "2", "True", "True"]
    assert answer(**place) == ["True", "2", "True", "True"]


def test_kernel_works_where_nothing_can_be_kept(answer):
    """Without a folder that can be written to, a kernel is compiled and not kept."""
    nowhere = {"NUMBA_CACHE_DIR": "", "NUMBA_CACHE_LOCATOR_CLASSES": "UserProvidedCacheLocator"}

    assert answer(**nowhere) == ["False", "2", "False", "True"]


def test_without_compiler_nothing_is_to_be_compiled(answer):
    """Switched off, the compiler leaves plain functions, which are always ready."""
    assert answer(NUMBA_DISABLE_JIT="1") == ["True", "2", "True", "True"]
