"""Where the benchmarks ran: the machine, but not whose it is."""

import os
import platform
import re
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

PACKAGES = (
    *("outlay", "numpy", "numba", "polars", "scikit-learn"),
    *("pandas", "pyarrow", "scikit-fuzzy", "matplotlib"),
)


def cores():
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def processor():
    """Return the processor's name."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or platform.machine()
    found = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return found[1].strip() if found else platform.machine()


def memory():
    """Return the memory in GB, or nothing where the system does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    except (ValueError, OSError, AttributeError):
        return None


def words():
    """Return machine, versions and date, a line each."""
    size = memory()
    built = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return [
        f"Machine: {cores()} cores of {processor()}"
        + (f", {size:.0f} GB of memory" if size else "")
        + f", {platform.system()}.",
        f"Python {platform.python_version()}, {built}.",
        f"Load before the start: {os.getloadavg()[0]:.1f}.",
        f"Date: {datetime.now(UTC):%Y-%m-%d}.",
    ]
