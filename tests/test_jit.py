"""Where compiled kernels are kept, and the threads that they run on."""

import os
import subprocess
import sys
from threading import get_ident

import pytest

from outlay.jit import in_chunks, threads

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


@pytest.mark.parametrize("most", [None, 1, 2, 7])
@pytest.mark.parametrize("rows", [0, 1, 9, 10, 11, 105])
def test_every_row_is_worked_through_once(rows, most):
    """Chunks cover the rows, each once, whatever the number of threads."""
    seen: list[int] = []
    with threads(most):
        in_chunks(lambda start, stop: seen.extend(range(start, stop)), rows, size=10)

    assert sorted(seen) == list(range(rows))


def test_one_thread_is_the_callers_own():
    """Kept to one thread, nothing runs on another; nor do few rows ever."""
    ran = []
    with threads(1):
        in_chunks(lambda _start, _stop: ran.append(get_ident()), 100, size=10)
    in_chunks(lambda _start, _stop: ran.append(get_ident()), 10, size=10)

    assert set(ran) == {get_ident()}


def test_chunks_of_chunks_come_to_an_end():
    """Work that itself works in chunks does not wait for threads that wait for it."""
    seen = []

    def outer(start, _stop):
        in_chunks(lambda low, high: seen.append((start, low, high)), 40, size=2)

    in_chunks(outer, 40, size=2)

    assert len(seen) == len(set(seen)) == 400


def test_what_goes_wrong_on_a_thread_is_told():
    """An error in any chunk reaches the caller."""

    def work(start, _stop):
        if start == 30:
            raise ArithmeticError("here")

    with pytest.raises(ArithmeticError, match="here"):
        in_chunks(work, 1_000, size=10)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_forked_process_has_threads_of_its_own():
    """The pool of the parent is not waited for in a child, where its threads are not."""
    code = (
        "import os\n"
        "from outlay.jit import in_chunks\n"
        "seen = []\n"
        "in_chunks(lambda a, b: None, 100, size=1)\n"
        "child = os.fork()\n"
        "in_chunks(lambda a, b: seen.append(a), 100, size=1)\n"
        "if child == 0:\n"
        "    os._exit(0 if len(seen) == 100 else 1)\n"
        "print(os.waitpid(child, 0)[1])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )

    assert done.stdout.strip() == "0"


BEGUN = """
import sys, threading
from outlay import jit

jit.begin()
for thread in threading.enumerate():
    if thread is not threading.main_thread():
        thread.join()
before = "scipy.linalg" in sys.modules
import scipy.linalg
print(before, scipy.linalg.norm([3, 4]))
"""


def test_who_begins_imports_no_linear_algebra_and_hides_it_from_nobody():
    """Numba looks for it in vain, and does without; whoever wants it later has it."""
    done = subprocess.run(
        [sys.executable, "-c", BEGUN],
        env={**os.environ, "NUMBA_DISABLE_JIT": "0"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.split() == ["False", "5.0"]
