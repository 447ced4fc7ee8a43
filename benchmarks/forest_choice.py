"""What the isolation forest should see: features, transform and size, compared on several data sets.

`python -m benchmarks.forest_choice` prints the table of docs/explanation/ranking.md. It uses labels
to compare, never to train. Synthetic data is always there; the Fraud Detection Handbook's cards are
added where BENCHMARK_DATA names a folder that holds them (trained before 2018-07-18, judged 07-25..31).
"""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
from sklearn.metrics import average_precision_score

import outlay
from outlay.detectors.forest_settings import FEATURES
from outlay.detectors.isolation_forest import IsolationForestDetector
from outlay.features import Population, compute
from outlay.pipeline.intake import accepted_frame
from outlay.pipeline.settings import Config

RAW = ("amount", "hour", "weekday")
TEN = (
    "amount_log", "amount_zscore", "amount_ratio_p95", "burst_1h", "burst_24h", "gap_surprise",
    "hour_rarity", "type_rarity", "new_counterparty", "counterparty_zscore",
)  # fmt: skip
CHOSEN = tuple(FEATURES)
VARIANTS = {
    "plain: amount, hour, weekday": {"features": RAW, "transform": "raw", "max_samples": 256},
    "ten features, raw": {"features": TEN, "transform": "raw", "max_samples": 256},
    "ten features, surprise": {"features": TEN},
    "ten features, exp(surprise / 3)": {"features": TEN, "transform": "exp_surprise"},
    "chosen six, raw": {"features": CHOSEN, "transform": "raw"},
    "chosen six, surprise (the default)": {"features": CHOSEN},
    "chosen six, exp(surprise / 3)": {"features": CHOSEN, "transform": "exp_surprise"},
    "chosen six, 256 samples a tree": {"features": CHOSEN, "max_samples": 256},
    "chosen six, 1,024 samples a tree": {"features": CHOSEN, "max_samples": 1024},
    "chosen six, 300 trees": {"features": CHOSEN, "n_trees": 300},
    **{
        f"chosen six and {name}": {"features": (*CHOSEN, name)}
        for name in (
            "amount_zscore", "amount_ratio_p95", "amount_type_zscore", "hour_rarity", "gap_surprise",
            "new_country", "counterparty_zscore", "new_counterparties_24h", "sum_ratio_7d",
        )
    },
    **{
        f"without {name}": {"features": tuple(f for f in CHOSEN if f != name)} for name in CHOSEN
    },
}  # fmt: skip
SEEDS = (0, 1)


def featured(table, first_test=None, train_until=None):
    """Return a table's training rows and test rows, features and labels beside them."""
    accepted, _ = accepted_frame(table, Config().input)
    rows = accepted.transactions
    training = rows.filter(pl.col("timestamp") < train_until) if train_until else rows
    features, _ = compute(rows, Population.fit(training))
    whole = rows.select("timestamp", "amount", "is_fraud").hstack(features)
    if first_test is None:
        return whole, whole
    early = whole.filter(pl.col("timestamp") < train_until)
    return early, whole.filter(pl.col("timestamp") >= first_test)


def data_sets():
    """Return the data sets by name, each as (training, test)."""
    sets = {f"wallet {seed}": featured(outlay.synth(users=800, seed=seed)) for seed in (1, 2, 3)}
    path = Path(os.environ.get("BENCHMARK_DATA", "")) / "handbook_raw_2018-04_07.parquet"
    if path.is_file():
        sets["handbook"] = featured(
            pl.read_parquet(path),
            datetime(2018, 7, 25, tzinfo=UTC),
            datetime(2018, 7, 18, tzinfo=UTC),
        )
    return sets


def main():
    """Print the table."""
    sets = data_sets()
    print(f"| the forest sees | {' | '.join(sets)} |\n|---|{'---|' * len(sets)}")
    for name, options in VARIANTS.items():
        found = [average_precision(training, test, options) for training, test in sets.values()]
        print(f"| {name} | {' | '.join(f'{value:.3f}' for value in found)} |")
        sys.stdout.flush()


def average_precision(training, test, options):
    """Return the mean over the seeds."""
    settings = {"max_samples": 512, "transform": "surprise", **options}
    return np.mean(
        [
            average_precision_score(
                test["is_fraud"].to_numpy(),
                IsolationForestDetector(seed=seed, **settings).fit(training).score(test),
            )
            for seed in SEEDS
        ]
    )


if __name__ == "__main__":
    main()
