"""Rows a second of each stage, and of what else does the same.

A core's rate counts the seconds that cores worked, whatever the number of threads, so that stages
of one and of several threads compare.

    python -m benchmarks stages [--rows 1000000]
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from benchmarks import by_hand, rivals
from benchmarks.features import features
from benchmarks.measure import in_turns, number, rate
from benchmarks.page import Promise, Section, table

from outlay.detectors.isolation_forest import IsolationForestDetector
from outlay.features import Pasts, Population, compute
from outlay.features import batch as folding
from outlay.features._kernels import N_OWN
from outlay.features.arrange import Arrangement, payments
from outlay.pipeline.ask import witnesses
from outlay.pipeline.intake import accepted_files
from outlay.pipeline.job import learn_and_judge
from outlay.pipeline.judge import answered, decided, featured, held_to
from outlay.pipeline.model import Model
from outlay.pipeline.reason_columns import reasons
from outlay.pipeline.settings import Config, InputSettings
from outlay.pipeline.threshold import met_by
from outlay.pipeline.verdicts import Answered, Verdicts
from outlay.schema.catalog import NAMES
from outlay.schema.table import Columns
from outlay.sinks.table import PARQUET, write_scored_csv
from outlay.sources.synthetic import write_synthetic

WINDOWS = ("1h", "24h", "7d", "30d")
LEAST_ROUNDS = 5
"""Most stages take a fraction of a second, which a noisy moment can double."""
SHORT = 0.5
"""Seconds: what takes less than that is called three times a round."""
FUZZY, FOREST, ONE_BY_ONE, TREE_FEATURES = 20_000, 200_000, 2_000, 20


@dataclass(frozen=True)
class Given:
    """A trained model and everything on the way, so that each stage can run by itself."""

    path: Any
    transactions: pl.DataFrame
    model: Model
    table: pl.DataFrame
    columns: Columns
    found: Answered
    verdicts: Verdicts
    whole: pl.DataFrame

    @classmethod
    def of(cls, path):
        """Run the job once, and keep what the stages pass on."""
        accepted = accepted_files([path], InputSettings())
        job = learn_and_judge(accepted, Config())
        model, transactions = job.model, accepted.transactions
        rows, _ = featured(transactions, model.population, Config())
        columns = Columns.of(rows)
        found = answered(model, columns)
        held = np.full(len(rows), met_by(model, [found.share], len(rows)))
        verdicts = decided(model, columns, found, held_to(model, found, held))
        return cls(path, transactions, model, rows, columns, found, verdicts, job.scored)


def fold_alone(given):
    """Return a call of the kernel alone: rows grouped and sorted beforehand, one thread."""
    transactions, population = given.transactions, given.model.population
    arranged = Arrangement.of(transactions)
    with ThreadPoolExecutor(1) as pool:
        rows = payments(transactions, arranged, "UTC", list(population.types), pool)
    own = np.empty((len(transactions), N_OWN))
    users, prior, fresh = arranged.users, population.prior(), Pasts().users
    fold = folding._Folding(users, rows, prior, fresh, own)  # noqa: SLF001
    return lambda: fold.part(0, len(users.ids))


def polars_windows(transactions):
    """Return a call that makes a dozen of the features with Polars' windows."""
    rows = transactions.sort("user_id", "timestamp").with_columns(one=1)
    amount, mine = pl.col("amount"), {"partition_by": "user_id"}
    wanted = [
        pl.int_range(pl.len()).over(**mine).alias("prior_count"),
        amount.cum_sum().shift().over(**mine).alias("sum_before"),
        amount.cum_max().shift().over(**mine).alias("user_max"),
        pl.col("timestamp").diff().dt.total_seconds().over(**mine).alias("seconds_since_last"),
    ]
    for window in WINDOWS:
        for name, column in (("count", pl.col("one")), ("sum", amount)):
            rolled = column.rolling_sum_by("timestamp", window_size=window, closed="left")
            wanted.append(rolled.over(**mine).alias(f"{name}_{window}"))
    return lambda: rows.select(wanted)


def forests(given):
    """Return name to (rows, call): 100 trees over 20 features, ours and others'."""
    names = [name for name in NAMES if given.table[name].is_finite().all()][:TREE_FEATURES]
    some = given.table.head(FOREST)
    ours = IsolationForestDetector(features=names, max_samples=rivals.SAMPLES).fit(given.table)
    columns = some.select(names).to_numpy()
    return {
        f"isolation forest, {len(names)} features": (len(some), lambda: ours.score(some)),
        "— scikit-learn": (len(some), rivals.sklearn_forest(columns)),
        "— PyOD": (len(some), rivals.pyod_forest(columns)),
        "— isotree": (len(some), rivals.isotree_forest(columns)),
        "— River, half-space trees, one by one": (
            ONE_BY_ONE,
            rivals.river_trees(columns[:ONE_BY_ONE]),
        ),
    }


def contenders(given, folder):
    """Return name to (rows, call)."""
    n, model, rows = len(given.table), given.model, given.table
    flagged = int((given.whole["is_anomaly"] | given.whole["is_alert"]).sum())
    levels = np.random.default_rng(0).random((4, FUZZY))
    forest, fuzzy, rules = (
        model.detectors[name] for name in ("isolation_forest", "fuzzy", "rules")
    )
    return {
        "reading a CSV and accepting its rows": (
            n,
            lambda: accepted_files([given.path], InputSettings()),
        ),
        "learning the population": (n, lambda: Population.fit(given.transactions)),
        f"features, the kernel alone ({len(NAMES)} features)": (n, fold_alone(given)),
        "features, with grouping, sorting and back": (
            n,
            lambda: compute(given.transactions, model.population, threads=1),
        ),
        "— Polars windows, a dozen features": (n, polars_windows(given.transactions)),
        "— DuckDB windows, the same dozen": (n, rivals.duckdb_windows(given.transactions)),
        f"— Polars windows, the same {len(NAMES)} features": (
            n,
            lambda: features(given.transactions),
        ),
        "isolation forest, the six features of the default": (n, lambda: forest.score(rows)),
        **forests(given),
        "fuzzy risk": (n, lambda: fuzzy.detail(rows)),
        "— scikit-fuzzy, arrays": (FUZZY, lambda: by_hand.fuzzy(levels)),
        "rules, pack `classic`": (n, lambda: rules.detail(rows)),
        "risk": (n, lambda: model.risk.share(witnesses(given.columns, given.found.answers))),
        "reasons in words, flagged rows only": (
            flagged,
            lambda: reasons(model, given.columns, given.verdicts),
        ),
        "writing Parquet": (
            n,
            lambda: given.whole.write_parquet(folder / "stage.parquet", **PARQUET),
        ),
        "writing CSV": (n, lambda: write_scored_csv(folder / "stage.csv", given.whole)),
    }


def run(folder, *, rows=1_000_000, rounds=5, **_):
    """Measure; return the section and the lines for the table of promises."""
    path = folder / "stages.csv"
    write_synthetic(path, users=max(rows // 109, 20), days=100, seed=1)
    given = Given.of(path)
    rounds = max(rounds, LEAST_ROUNDS)
    timings = in_turns(contenders(given, folder), rounds, warm=1, short=SHORT)
    parts = [
        (
            f"{len(given.table):,} made-up transactions; {rounds} rounds after one that does not count, "
            f"medians. What takes less than {SHORT} s is called three times a round, and the middle one counts. "
            "A core's rows/s: rows by the seconds that cores worked. Below each stage, after a "
            "dash, what else does the same."
        ),
        table(
            ("stage", "rows", "rows/s a core", "rows/s", "seconds", "fastest–slowest"),
            [
                (
                    name,
                    f"{took.rows:,}",
                    rate(took.rows, took.core),
                    rate(took.rows, took.seconds),
                    number(took.seconds),
                    took.span(),
                )
                for name, took in timings.items()
            ],
        ),
    ]
    return Section("Stages", parts), promised(timings)


def promised(timings):
    """Return the lines for the table of promises."""

    def core(name):
        took = next(took for key, took in timings.items() if key.startswith(name))
        return took.rows / took.core / 1e6

    kernel, fuzzy = core("features, the kernel alone"), core("fuzzy risk")
    windows, trees = core("— Polars windows, the same"), core("isolation forest, 20")
    return [
        Promise("the feature kernel, M rows/s a core", kernel, least=5),
        Promise("the same against Polars windows", kernel / windows, least=8, unit="×"),
        Promise("the forest, 20 features, against scikit-learn", trees / core("— scikit-learn"), least=4, unit="×"),
        Promise("fuzzy risk, M rows/s a core", fuzzy, least=4),
    ]  # fmt: skip
