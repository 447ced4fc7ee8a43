"""Run a command to its end and say what it took: wall time, CPU time, peak memory of all its processes."""

import os
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Took:
    """What one run took: seconds of wall and CPU time, and the peak of its resident memory in GB."""

    wall: float
    cpu: float
    peak: float


def timed(command):
    """Run a command; where it fails, end with what it said."""
    with tempfile.TemporaryFile() as said:
        start = time.perf_counter()
        child = subprocess.Popen(command, stdout=said, stderr=said, start_new_session=True)
        watch = _Watch(child.pid)
        _, status, used = os.wait4(child.pid, 0)
        wall, peak = time.perf_counter() - start, watch.end()
        if code := os.waitstatus_to_exitcode(status):
            said.seek(0)
            sys.exit(f"{' '.join(command)} failed ({code}):\n{said.read().decode()}")
    # not ru_maxrss: a child begins with its parent's, and this parent may be large
    return Took(wall, used.ru_utime + used.ru_stime, peak)


class _Watch:
    """Samples the resident memory of a session's processes while they run."""

    def __init__(self, session):
        self._session, self._peak, self._over = session, 0, threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()

    def _sample(self):
        while not self._over.wait(0.1):
            self._peak = max(self._peak, resident(self._session))

    def end(self):
        """Stop; return the peak in GB."""
        self._over.set()
        self._thread.join()
        return self._peak / 1e9


def resident(session):
    """Return the bytes of memory that the processes of a session hold."""
    total = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except (OSError, IndexError):
            continue  # it has ended in between
        if int(fields[3]) == session:
            total += int(fields[21]) * os.sysconf("SC_PAGE_SIZE")
    return total
