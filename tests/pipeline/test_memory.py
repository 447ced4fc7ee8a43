"""What the C library is told to do with freed memory, seen in a process of its own."""

import platform
import subprocess
import sys

import pytest

PROBE = """
import mmap
from pathlib import Path
from outlay.pipeline.stream.memory import keep_what_comes_again

def mapped():
    return int(Path("/proc/self/statm").read_text().split()[0]) * mmap.PAGESIZE

def given_back(size, between):
    arrays, others = zip(*((bytearray(size), bytearray(between)) for _ in range(8)))
    before = mapped()
    del arrays
    return before - mapped()

keep_what_comes_again()
small = given_back(1 << 20, between=0)
bytearray(24 << 20)  # freed at once: left to itself, the library learns to keep its like
print(small, given_back(16 << 20, between=1000))
"""
"""Address space, not resident memory: what the system swaps out meanwhile does not count."""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library is left alone")
def test_large_arrays_go_back_and_smaller_ones_stay():
    """What every chunk needs again is kept; what is larger leaves, whatever was freed before."""
    done = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=True)
    small, large = map(int, done.stdout.split())

    assert small == 0
    assert large >= 8 * 16 << 19  # half of it: some may lie in room that the heap has already
