"""Where the time of a job goes, stage by stage.

python -m benchmarks where
"""

import subprocess
import sys
import time

from benchmarks import big
from benchmarks.measure import busy, number
from benchmarks.page import Section, table

from outlay.pipeline.files import run_files
from outlay.pipeline.progress import Quiet
from outlay.pipeline.settings import Config

ROWS = 3_000_000


class Stopwatch(Quiet):
    """Keeps what each stage took: seconds, and seconds that cores worked."""

    def __init__(self):
        self.found = []
        self._begun = None

    def stage(self, words):
        """End the stage before, and begin the next."""
        now = time.perf_counter(), busy()
        if self._begun:
            name, wall, cpu = self._begun
            self.found.append((name, now[0] - wall, now[1] - cpu))
        self._begun = words.partition(" /")[0].partition(f" {ROWS:,}")[0], *now


def started():
    """Return the seconds that a Python with all that a job imports takes to start."""
    start = time.perf_counter()
    words = "import outlay.pipeline.files"
    subprocess.run([sys.executable, "-c", words], check=True)
    return time.perf_counter() - start


def run(folder, **_):
    """Measure; return the section, and no promises."""
    path = folder / "where.parquet"
    big.write(path, ROWS)
    run_files([str(path)], folder / "where", Config())  # what is compiled or imported once
    watch = Stopwatch()
    run_files([str(path)], folder / "where", Config(), watch)
    watch.stage("the end")
    lines = [
        (name, number(wall), number(cpu), number(cpu / wall)) for name, wall, cpu in watch.found
    ]
    words = (
        f"{ROWS:,} made-up payments, Parquet to all outputs, in a process that has everything "
        f"imported (that alone takes {number(started())} s, part of it while the input is read)."
    )
    parts = [words, table(("stage", "seconds", "core-seconds", "cores busy"), lines)]
    return Section("Where the time goes", parts), []
