"""A file of transactions to all outputs: Outlay, and what one would write today, turn about.

python -m benchmarks end_to_end [--rows 1000000] [--rounds 5]
"""

import resource
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import pandas as pd
import polars as pl
from benchmarks import by_hand, row_rules
from benchmarks.measure import Timing, in_turns, number, rate
from benchmarks.page import Promise, Section, table

from outlay.pipeline.files import run_files
from outlay.pipeline.settings import Config
from outlay.sources.synthetic import write_synthetic

DAYS, ROWS_A_USER = 100, 109
FUZZY, STEPS, CONTROL, ONE_BY_ONE, PROFILES = 20_000, 5_000, 300, 5_000, 20
"""Rows (and users) on which the slow ways are timed; their time is then scaled to the file."""

OURS, HANDS, ROWS = "`outlay run`, the command", "by hand", "row by row, the rules alone"
TABLES = "`outlay run --no-report`, the command"
CONTROLLED, STEP_BY_STEP, AT_ONCE = (
    f"by hand, {way}"
    for way in (
        "the control system that scikit-fuzzy's guide tells most to prefer",
        "step by step, the guide's other example",
        "memberships of all rows at once",
    )
)

HAND = {
    "reading": "pandas `read_csv` and sorting",
    "features": "40 features, pandas group-by and rolling windows",
    "forest": "scikit-learn's isolation forest, fit and `score_samples`",
    "fuzzy": "scikit-fuzzy, `interp_membership` and `defuzz`",
    "writing": "amount rules by column, pandas `to_parquet`",
}


@dataclass
class ByHand:
    """The way by hand, step by step, each leaving behind what the next one needs."""

    path: Path
    out: Path
    left: dict[str, Any] = field(default_factory=dict)

    def parquet(self):
        """Read the same payments from Parquet."""
        by_hand.read(self.path.with_suffix(".parquet"))

    def reading(self):
        """Read the file."""
        self.left["table"] = by_hand.read(self.path)

    def features(self):
        """Make features of the table."""
        self.left["found"] = by_hand.features(self.left["table"])

    def forest(self):
        """Train the forest and score all rows."""
        self.left["scores"] = by_hand.forest(self.left["found"])

    def fuzzy(self):
        """Judge some rows in words; all need their levels, which are cheap."""
        by_hand.fuzzy(by_hand.levels(self.left["found"].head(FUZZY)))

    def stepping(self):
        """Judge some rows in words, a row at a time."""
        by_hand.fuzzy_by_steps(by_hand.levels(self.left["found"].head(STEPS)))

    def writing(self):
        """Judge by the rules and write everything."""
        left = self.left
        by_hand.write(left["table"], left["found"], left["scores"], self.out)
        left.clear()


@dataclass
class OneByOne:
    """The row-by-row detector: some rows, and the profiles of some users out of the whole file."""

    table: pd.DataFrame
    known: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, path):
        """Read the file; hours and types are there for the profiles, as the detector has them."""
        table = pd.read_csv(path, low_memory=False)
        hours = pd.to_datetime(table["timestamp"]).dt.hour
        return cls(table.assign(hour=hours, kind=table["transaction_type"]))

    def profiles(self):
        """Learn what is usual for some users."""
        users = self.table["user_id"].unique()[:PROFILES]
        self.known = row_rules.profiles(self.table, users)

    def rows(self):
        """Judge some rows, their times and types prepared value by value."""
        row_rules.judged(row_rules.prepared(self.table.head(ONE_BY_ONE)), self.known)


def started(command):
    """Run a command to its end; where it fails, end with what it said."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command[:2])} failed:\n{done.stdout}{done.stderr}")


def contenders(path, folder, n):
    """Return name to (rows, call), in the order in which a round runs them."""
    hand, slow = ByHand(path, folder / "hand.parquet"), OneByOne.of(path)
    run = [str(Path(sys.executable).with_name("outlay")), "run"]
    command = [*run, str(path), "--out", str(folder / "command")]
    tables = [*run, str(path.with_suffix(".parquet")), "--out", str(folder / "tables")]
    some = {"fuzzy": FUZZY, "stepping": STEPS}
    steps = {
        name: (some.get(name, n), getattr(hand, name))
        for name in ("parquet", "reading", "features", "forest", "fuzzy", "stepping", "writing")
    }
    return {
        "command": (n, lambda: started(command)),
        "tables": (n, lambda: started([*tables, "--no-report"])),
        "outlay": (n, lambda: run_files([str(path)], folder / "library", Config())),
        **steps,
        "profiles": (PROFILES, slow.profiles),
        "rows": (ONE_BY_ONE, slow.rows),
    }


def measured(folder, rows, rounds):
    """Return the timings by name, rows and users of the file, and the command's memory in GB."""
    path = folder / "payments.csv"
    n = write_synthetic(path, users=max(round(rows / ROWS_A_USER), 20), days=DAYS, seed=1)
    payments = pl.read_csv(path, try_parse_dates=True)
    payments.write_parquet(path.with_suffix(".parquet"))
    users = payments["user_id"].n_unique()
    del payments
    them = contenders(path, folder, n)
    them["command"][1]()  # kernels are compiled once a machine; that is not what is measured
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6
    return in_turns(them, rounds), n, users, peak, path.stat().st_size / 1e6


def control_seconds(folder):
    """Return the seconds that scikit-fuzzy's control system takes for a row."""
    table = by_hand.read(folder / "payments.csv").head(20_000)
    levels = by_hand.levels(by_hand.features(table))[:, :CONTROL]
    once = Timing(CONTROL)
    once.run(lambda: by_hand.fuzzy_control(levels))
    return once.seconds / CONTROL


def totals(timings, n, names):
    """Return the seconds of several steps together, scaled to n rows, round by round."""
    rounds = len(timings["outlay"].wall)
    return [sum(timings[x].wall[i] * n / timings[x].rows for x in names) for i in range(rounds)]


def ratio(took, ours):
    """Return how many times as long something takes: the median of the rounds' own ratios."""
    return median(one / other for one, other in zip(took, ours, strict=True))


def run(folder, *, rows=1_000_000, rounds=5, **_):
    """Measure; return the section and what was promised."""
    timings, n, users, peak, size = measured(folder, rows, rounds)
    control = control_seconds(folder) * n
    ways, parquet_ways = whole_ways(timings, n, control), ways_of_tables(timings, n, control)
    row_ways = ways_a_row(timings, n, users)
    parts = [
        _setting(n, users, size, rounds),
        _ways(ways, n, OURS),
        _hand_words(peak),
        _usual_words(),
        _ways(parquet_ways, n, TABLES),
        "The steps by hand:",
        _steps(timings, n),
        _rows(row_ways),
        _slow_words(),
    ]
    return Section("A file to all outputs", parts), _promises(ways, parquet_ways, row_ways)


def whole_ways(timings, n, control):
    """Return the seconds for the whole file, round by round, by the way's name."""
    without = totals(timings, n, [name for name in HAND if name != "fuzzy"])
    return {
        OURS: timings["command"].wall,
        "the same from Python": timings["outlay"].wall,
        HANDS: totals(timings, n, HAND),
        CONTROLLED: [took + control for took in without],
        "by hand, without the fuzzy step": without,
    }


def ways_of_tables(timings, n, control):
    """Return the seconds from Parquet to the tables, round by round, by the way's name."""
    steps = ("parquet", "features", "forest", "writing")
    return {
        TABLES: timings["tables"].wall,
        CONTROLLED: [took + control for took in totals(timings, n, steps)],
        STEP_BY_STEP: totals(timings, n, (*steps, "stepping")),
        AT_ONCE: totals(timings, n, (*steps, "fuzzy")),
    }


def ways_a_row(timings, n, users):
    """Return the seconds for a row, round by round, by the way's name."""
    rows = [took / ONE_BY_ONE for took in timings["rows"].wall]
    profiles = [took / PROFILES * users / n for took in timings["profiles"].wall]
    return {
        OURS: [took / n for took in timings["command"].wall],
        ROWS: rows,
        f"the same with the profiles of {users:,} users": [
            row + profile for row, profile in zip(rows, profiles, strict=True)
        ],
    }


def _setting(n, users, size, rounds):
    return (
        f"{n:,} made-up transactions of {users:,} users, a CSV of {size:,.0f} MB, to everything that "
        f"`outlay run` writes: scored table, alerts, model, report and "
        f"{Config().dashboards.users} dashboards. {rounds} rounds, "
        "every way once a round; medians, and of the ratios the median over the rounds."
    )


def _hand_words(peak):
    return (
        f"The command includes starting Python, and needs {peak:.1f} GB of memory at its peak. The "
        "way by hand draws no dashboards, writes no report and explains nothing. Its fuzzy step is "
        f"timed on {FUZZY:,} rows and scaled to the file: memberships of all rows at once, the "
        "centroid row by row. The control system is timed "
        f"on {CONTROL} rows."
    )


def _usual_words():
    return (
        "The same payments from Parquet to the scored table and the alerts, no report: what is "
        "usually written is one of the two examples of scikit-fuzzy's guide. One "
        f"computes everything step by step, a payment at a time (timed on {STEPS:,} rows), and "
        "says of itself that for most people the other, the control system, is preferable."
    )


def _ways(ways, n, ours):
    return table(
        ("", "seconds", "fastest–slowest", "rows/s", "times the command"),
        [
            (
                name,
                number(median(took)),
                f"{number(min(took))}–{number(max(took))}",
                rate(n, median(took)),
                number(ratio(took, ways[ours])),
            )
            for name, took in ways.items()
        ],
    )


def _steps(timings, n):
    rows = [
        (words, number(timings[name].scaled(n)), f"{timings[name].rows:,}")
        for name, words in HAND.items()
    ]
    return table(("step", "seconds for the file", "rows timed"), rows)


def _rows(ways):
    return table(
        ("", "µs a row", "times the command"),
        [
            (name, number(median(took) * 1e6), number(ratio(took, ways[OURS])))
            for name, took in ways.items()
        ],
    )


def _slow_words():
    return (
        "Row by row means: pandas, times parsed one by one (with the table, and again with the "
        f"transaction), a dictionary a transaction; {ONE_BY_ONE:,} rows timed. A profile is made by filtering the whole file for its user, "
        f"{PROFILES} users timed, so its price grows with the file. No forest, no fuzzy risk, no "
        "files written on that side."
    )


def _promises(ways, parquet_ways, row_ways):
    hand = ratio(ways[HANDS], ways[OURS])
    usual = ratio(parquet_ways[STEP_BY_STEP], parquet_ways[TABLES])
    row = ratio(row_ways[ROWS], row_ways[OURS])
    return [
        Promise("a file to all outputs, the command, against by hand", hand, least=8, unit="×"),
        Promise(
            "1 M rows, Parquet to scored table and alerts, against what is usually written",
            usual,
            least=20,
            unit="×",
        ),
        Promise("a row, the command, against the rules row by row", row, least=60, unit="×"),
    ]
