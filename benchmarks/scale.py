"""From a tenth of a million rows to a hundred million: time and memory, beside a tuned peer.

Every run is a process of its own, from starting Python to the last file. Rounds are interleaved.

    python -m benchmarks scale                    0.1, 1 and 10 million rows
    python -m benchmarks scale --large            and 100 million
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from statistics import median

from benchmarks import big, row_rules
from benchmarks.measure import Timing, number, rate
from benchmarks.page import Promise, Section, table
from benchmarks.process import timed

from outlay.schema.catalog import NAMES

SIZES = (100_000, 1_000_000, 10_000_000)
TEN, LARGE = SIZES[-1], 100_000_000
PEER_UP_TO = TEN
"""The peer and the floor hold the table in memory: beyond this the machine has too little."""
SOME, PROFILES = 5_000, 20
"""Rows and users on which the rules row by row are timed; their time is then scaled."""
PICTURE = Path(__file__).parent.parent / "docs" / "img" / "scale.png"

OURS, TABLES, PEER = "`outlay run`", "`outlay run --no-report`", "tuned peer"
VERDICTS = "`outlay run --no-report --no-features`"
FLOOR = "floor: read and write alone"
ONE_BY_ONE = f"rules row by row, {SOME:,} rows timed"
INSIDE = (FLOOR, ONE_BY_ONE)
"""Of these the seconds are known, not the memory."""

RESULTS = {OURS: "ours", TABLES: "tables", VERDICTS: "verdicts", PEER: "peer"}


def commands(path, folder):
    """Return name to command."""
    outlay = str(Path(sys.executable).with_name("outlay"))
    ours, tables, verdicts, peer = (str(folder / name) for name in RESULTS.values())
    bare = [outlay, "run", str(path), "--no-report", "--out"]
    return {
        OURS: [outlay, "run", str(path), "--out", ours],
        TABLES: [*bare, tables],
        VERDICTS: [*bare, verdicts, "--no-features"],
        PEER: [sys.executable, "-m", "benchmarks.tuned", str(path), peer],
    }


def floor(path, folder):
    """Return the seconds of reading the payments and writing Outlay's own result."""
    result, out = folder / "ours" / "scored.parquet", folder / "floor.parquet"
    command = [sys.executable, "-m", "benchmarks.floor", str(path), str(result), str(out)]
    return float(subprocess.run(command, capture_output=True, check=True, text=True).stdout)


def settle(result):
    """Take an earlier result away, and let the disk finish: nobody waits for another's bytes."""
    shutil.rmtree(result, ignore_errors=True)
    result.unlink(missing_ok=True)
    os.sync()


def at(rows, folder, rounds, one_by_one):
    """Return what each way took at this size, round by round."""
    path = folder / f"{rows}.parquet"
    users = big.write(path, rows)
    took = {name: [] for name in (OURS, TABLES, VERDICTS, ONE_BY_ONE, PEER, FLOOR)}
    for _ in range(rounds):
        for name, command in commands(path, folder).items():
            if name == OURS or rows <= PEER_UP_TO:
                settle(folder / RESULTS[name])
                took[name].append(timed(command))
        if rows <= PEER_UP_TO:
            settle(folder / "floor.parquet")
            took[FLOOR].append(floor(path, folder))
        if rows == TEN:
            took[ONE_BY_ONE].append(one_by_one() * rows)
    path.unlink()
    for result in RESULTS.values():  # the next size needs the room
        shutil.rmtree(folder / result, ignore_errors=True)
    return users, took


def row_by_row(folder):
    """Return a call that says how many seconds the rules take for a row, one by one."""
    import pandas as pd

    path = folder / "rows.parquet"
    big.write(path, 100_000)
    frame = pd.read_parquet(path).assign(timestamp=lambda t: t["timestamp"].astype(str))
    known = row_rules.profiles(row_rules.prepared(frame), frame["user_id"].unique()[:20])

    def seconds():
        once = Timing(SOME)
        for _ in range(3):
            once.run(lambda: row_rules.judged(row_rules.prepared(frame.head(SOME)), known))
        return once.seconds / SOME

    return seconds


def profiles_a_row(folder):
    """Return the seconds a row for the profiles of all users of ten million rows, a few timed."""
    import pandas as pd

    rows, path = TEN, folder / "profiles.parquet"
    users = big.write(path, rows)
    columns = ["user_id", "amount", "timestamp", "transaction_type"]
    frame = pd.read_parquet(path, columns=columns)
    path.unlink()
    frame = frame.assign(hour=frame["timestamp"].dt.hour, kind=frame["transaction_type"])
    some = frame["user_id"].iloc[:: rows // PROFILES].unique()
    once = Timing(len(some))
    for _ in range(3):
        once.run(lambda: row_rules.profiles(frame, some))
    return once.seconds / len(some) * users / rows


def run(folder, *, rounds=3, large=False, **_):
    """Measure; return the section and the lines for the table of promises."""
    sizes = (*SIZES, *([LARGE] if large else []))
    found, one_by_one = {}, row_by_row(folder)
    for rows in sizes:
        print(f"  {rows:,} rows …", file=sys.stderr, flush=True)
        found[rows] = at(rows, folder, 1 if rows == LARGE else rounds, one_by_one)
    profiles = profiles_a_row(folder)
    lines = [line for rows, (_, took) in found.items() for line in _lines(rows, took)]
    draw(found)
    parts = [
        (
            "Made-up payments in the order of time, users of very unequal activity, a hundred payments "
            "each on average, Parquet to everything that `outlay run` writes, and with `--no-report` to the "
            "scored table, the alerts and the model alone, with `--no-features` without the features in that table. Every run is a process of "
            f"its own, and begins when the disk has nothing left to write. Medians of {rounds} rounds"
            + (", 100 million once." if large else ".")
        ),
        table(
            ("rows", "", "seconds", "fastest–slowest", "µs a row", "rows/s", "memory, GB"), lines
        ),
        (
            f"The tuned peer (`benchmarks/tuned.py`) makes the same {len(NAMES)} features as Polars windows, their "
            "percentile and rank exact, trains and scores scikit-learn's forest on the same six in a thread a "
            "core, has a fuzzy system of a dozen rules in NumPy blocks, and writes one Parquet file and its "
            "alerts: no reasons, no report, no dashboards, no states to go on from. A test holds its features "
            "against Outlay's. The floor reads the same payments and writes Outlay's own scored table."
        ),
        (
            "Row by row stands for the program that Outlay replaces (as above): its rules alone, users' profiles "
            "given, no forest, no fuzzy risk, no file written. It makes these profiles first, each by filtering "
            f"the whole table: at ten million rows that is {number(1e6 * profiles)} µs a row more ({PROFILES} users timed)."
        ),
        "![Time and memory by rows](img/scale.png)",
    ]
    return Section("From a tenth of a million rows up", parts), _promises(found, profiles)


def _lines(rows, took):
    for name, runs in took.items():
        if not runs:
            continue
        walls = [one if name in INSIDE else one.wall for one in runs]
        peak = "" if name in INSIDE else number(max(one.peak for one in runs))
        middle = median(walls)
        span = f"{number(min(walls))}–{number(max(walls))}"
        micro = number(1e6 * middle / rows)
        yield f"{rows:,}", name, number(middle), span, micro, rate(rows, middle), peak


def _wall(found, rows, name=OURS):
    runs = found[rows][1][name]
    return median(one if name in INSIDE else one.wall for one in runs)


def _ratio(found, rows, name, than=OURS):
    """Return how many times as long something takes: the median of the rounds' own ratios."""
    pairs = zip(found[rows][1][name], found[rows][1][than], strict=True)
    return median((one if name in INSIDE else one.wall) / ours.wall for one, ours in pairs)


def _promises(found, profiles):
    peak = {rows: max(run.peak for run in took[OURS]) for rows, (_, took) in found.items()}
    one_by_one = _ratio(found, TEN, ONE_BY_ONE, VERDICTS)
    profiled = one_by_one + profiles * TEN / _wall(found, TEN, VERDICTS)
    promises = [
        Promise("10 M rows, Parquet to scored table and alerts, against a tuned peer", _ratio(found, TEN, PEER, TABLES), least=3, unit="×"),
        Promise("the same with report and dashboards, which the peer has none of", _ratio(found, TEN, PEER), least=3, unit="×"),
        Promise("10 M, a row, to scored table and alerts against the rules row by row, profiles given", _ratio(found, TEN, ONE_BY_ONE, TABLES), least=300, unit="×"),
        Promise("the same to the verdicts alone, which is what that program gives", one_by_one, least=300, unit="×"),
        Promise("the same with the profiles made, as that program does", profiled, least=300, unit="×"),
        Promise("10 M against reading and writing alone", 1 / _ratio(found, TEN, FLOOR), most=9, unit="×"),
        Promise("memory at 10 M rows, GB", peak[TEN], most=2),
    ]  # fmt: skip
    if LARGE in found:
        growth = _wall(found, LARGE) / 100 / _wall(found, 1_000_000)
        promises += [
            Promise("time a row at 100 M against 1 M", growth, most=1.2, unit="×"),
            Promise("memory at 100 M rows, GB", peak[LARGE], most=4),
        ]
    return promises


def draw(found):
    """Draw time and memory over the rows, both on logarithmic scales."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    colours = {OURS: "#1f5fa8", PEER: "#c4622d", FLOOR: "#8a8a8a"}
    for name, colour in colours.items():
        known = [rows for rows in found if found[rows][1][name]]
        label = name.replace("`", "")
        axes[0].plot(known, [_wall(found, n, name) for n in known], "o-", color=colour, label=label)
        if name != FLOOR:
            peaks = [max(one.peak for one in found[n][1][name]) for n in known]
            axes[1].plot(known, peaks, "o-", color=colour, label=label)
    for axis, title in zip(axes, ("seconds", "peak memory, GB"), strict=True):
        axis.set(xscale="log", yscale="log", xlabel="transactions", title=title)
        axis.grid(visible=True, which="both", alpha=0.25)
        axis.legend(frameon=False)
    figure.savefig(PICTURE, dpi=110)
    plt.close(figure)
