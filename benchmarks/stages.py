"""Rows a second of each stage, and of what else does the same.

A core's rate counts the seconds that cores worked, whatever the number of threads, so that stages
of one and of several threads compare.

    python -m benchmarks stages [--rows 1000000]
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from benchmarks import by_hand
from benchmarks.measure import in_turns, number, rate
from benchmarks.page import Promise, Section, table
from sklearn.ensemble import IsolationForest

from outlay.features import Pasts, Population, compute
from outlay.features import batch as folding
from outlay.features.arrange import Grouping, payments, taken, time_order
from outlay.pipeline.ask import witnesses
from outlay.pipeline.intake import accepted_files
from outlay.pipeline.job import learn_and_judge
from outlay.pipeline.judge import answered, budgeted, decided, featured
from outlay.pipeline.model import Model
from outlay.pipeline.reasons import reasons
from outlay.pipeline.settings import Config, InputSettings
from outlay.pipeline.verdicts import Answered, Verdicts
from outlay.schema.catalog import NAMES
from outlay.schema.table import Columns
from outlay.sinks.table import write_scored
from outlay.sources.synthetic import write_synthetic

WINDOWS = ("1h", "24h", "7d", "30d")
FUZZY = 20_000


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
        allotted = budgeted(model, found.share, np.zeros(len(rows), np.int64), frozen=True)
        verdicts = decided(model, columns, found, allotted)
        return cls(path, transactions, model, rows, columns, found, verdicts, job.scored)


def fold_alone(given):
    """Return a call of the kernel alone: rows grouped and sorted beforehand, one thread."""
    transactions, population = given.transactions, given.model.population
    users = Grouping.by(transactions["user_id"], time_order(transactions))
    rows = taken(payments(transactions, "UTC", list(population.types)), users.order)
    out = np.empty((len(NAMES), len(transactions)))
    prior, fresh = population.prior(), Pasts().users
    return lambda: folding._fold_users(users, rows, prior, fresh, out, 1)  # noqa: SLF001


def polars_windows(transactions):
    """Return a call that makes a dozen of the features with Polars' windows, and how many."""
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
    return (lambda: rows.select(wanted)), len(wanted)


def plain_forest(given):
    """Return a call of scikit-learn's scoring, over as many features and trees as ours."""
    forest = given.model.detectors["isolation_forest"]
    columns = given.table.select(forest.settings.features).fill_nan(0).to_numpy()
    settings = forest.settings
    model = IsolationForest(
        n_estimators=settings.n_trees, max_samples=settings.max_samples, random_state=0
    ).fit(columns[:: max(len(columns) // 100_000, 1)])
    return lambda: model.score_samples(columns)


def contenders(given, folder):
    """Return name to (rows, call)."""
    n, model, rows = len(given.table), given.model, given.table
    flagged = int((given.whole["is_anomaly"] | given.whole["is_alert"]).sum())
    levels = np.random.default_rng(0).random((4, FUZZY))
    polars_call, _ = polars_windows(given.transactions)
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
        "— Polars windows": (n, polars_call),
        "isolation forest, scoring": (n, lambda: forest.score(rows)),
        "— scikit-learn, the same size": (n, plain_forest(given)),
        "fuzzy risk": (n, lambda: fuzzy.detail(rows)),
        "— scikit-fuzzy, arrays": (FUZZY, lambda: by_hand.fuzzy(levels)),
        "rules, pack `classic`": (n, lambda: rules.detail(rows)),
        "risk": (n, lambda: model.risk.share(witnesses(given.columns, given.found.answers))),
        "reasons in words, flagged rows only": (
            flagged,
            lambda: reasons(model, given.columns, given.verdicts),
        ),
        "writing Parquet": (n, lambda: write_scored(folder / "stage.parquet", given.whole)),
        "writing CSV": (n, lambda: write_scored(folder / "stage.csv", given.whole, "csv")),
    }


def run(folder, *, rows=1_000_000, rounds=5, **_):
    """Measure; return the section and the lines for the table of promises."""
    path = folder / "stages.csv"
    write_synthetic(path, users=max(rows // 109, 20), days=100, seed=1)
    given = Given.of(path)
    timings = in_turns(contenders(given, folder), rounds, warm=1)
    _, windows = polars_windows(given.transactions)
    kernel = next(took for name, took in timings.items() if "kernel alone" in name)
    parts = [
        (
            f"{len(given.table):,} made-up transactions; {rounds} rounds after one that does not count, "
            "medians. A core's rows/s: rows by the seconds that cores worked. Below each stage, after a "
            "dash, what else does the same."
        ),
        table(
            ("stage", "rows", "rows/s a core", "rows/s", "seconds", "fastest–slowest"),
            [
                (
                    f"{name} ({windows} features)" if "Polars" in name else name,
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
    reached = kernel.rows / kernel.core / 1e6
    promises = [Promise("the feature kernel, M rows/s a core", reached, least=4)]
    return Section("Stages", parts), promises
