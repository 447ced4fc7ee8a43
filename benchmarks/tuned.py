"""The job with general tools, tuned: Polars windows, scikit-learn on both cores, fuzzy in NumPy.

What a good data engineer would write for a big file: every feature of Outlay's catalogue as a
Polars window (`benchmarks.features`), the forest trained on a sample and scored in a thread a
core, memberships and centroid of the fuzzy system in blocks that fit the cache, rules as columns,
one Parquet file out. Forest and fuzzy system look at what Outlay's look at.

    python -m benchmarks.tuned payments.parquet folder
"""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
from benchmarks.features import features
from benchmarks.fuzzy_rules import INPUTS, RISK, RULES, TERMS

SAMPLE, CHUNK, BLOCK = 200_000, 1 << 16, 2_000
RATE = 0.005
SEEN = (
    "amount_oddity", "amount_log", "burst", "sum_ratio_24h", "new_device", "new_counterparty"
)  # fmt: skip
"""What the forest sees: Outlay's own six."""
OUT = np.linspace(0, 1, 101)
DECADES, HALF_TRUSTED = 3, 10


def forest(table):
    """Return the anomaly scores: trained on a sample, scored in a thread a core.

    A missing value counts as the median, as it does in ours.
    """
    from sklearn.ensemble import IsolationForest

    known = pl.col(SEEN)
    seen = table.select(known.fill_null(known.median()).fill_null(0).cast(pl.Float32)).to_numpy()
    rng = np.random.default_rng(0)
    sample = seen[rng.choice(len(seen), min(SAMPLE, len(seen)), replace=False)]
    model = IsolationForest(n_estimators=100, max_samples=512, random_state=0).fit(sample)
    parts = range(0, len(seen), CHUNK)
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        done = pool.map(lambda at: -model.score_samples(seen[at : at + CHUNK]), parts)
        return np.concatenate(list(done))


def signals(table):
    """Return what the fuzzy inputs are made of, as Outlay makes them."""
    n = pl.col("prior_count")
    new = [pl.col(name) for name in ("new_counterparty", "new_device", "new_country")]
    nats = [flag * -((flag.sum() + 1) / (flag.count() + 2)).log() for flag in new]
    trust = n / (n + HALF_TRUSTED)
    return table.select(
        amount="amount_oddity",
        time=pl.max_horizontal("hour_rarity", "gap_surprise"),
        velocity="burst",
        novelty=pl.col("type_rarity").fill_null(0) + pl.sum_horizontal(nats) * trust,
    ).select(INPUTS)


def level(signal):
    """Return how far out in the upper tail: 0 the lowest, a third for each decade of rarity."""
    ordered = np.sort(signal)
    above = np.maximum((ordered.size * 10.0 ** (-DECADES * OUT)).round(), 1).astype(np.int64)
    return np.interp(signal, ordered[ordered.size - above], OUT)


def shape(x, a, b, c, d):
    """Return the membership in a trapezoid."""
    up = (x - a) / (b - a) if b > a else (x >= a).astype(float)
    down = (d - x) / (d - c) if d > c else (x <= d).astype(float)
    return np.clip(np.minimum(up, down), 0, 1)


def fuzzy(table):
    """Return the fuzzy risk: a dozen rules, blocks of rows that fit the cache, a thread a core."""
    risks = {name: shape(OUT, *corners) for name, corners in RISK.items()}

    def block(at):
        given = levels[:, at : at + BLOCK]
        degree = {
            (name, term): shape(x, *corners)
            for name, x in zip(INPUTS, given, strict=True)
            for term, corners in TERMS.items()
        }
        cut = np.zeros((given.shape[1], OUT.size))
        for risk, curve in risks.items():
            fired = [
                np.minimum.reduce([degree[item] for item in condition.items()])
                for condition, outcome in RULES
                if outcome == risk
            ]
            strength = np.maximum.reduce(fired)
            np.maximum(cut, np.minimum(strength[:, None], curve), out=cut)
        area = cut.sum(axis=1)
        return np.divide(cut @ OUT, area, out=np.zeros_like(area), where=area > 0)

    columns = [column.to_numpy() for column in signals(table)]
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        levels = np.stack(list(pool.map(level, columns)))
        return np.concatenate(list(pool.map(block, range(0, len(table), BLOCK))))


def rules(table):
    """Return the amount and hour rules as columns."""
    amount, known = pl.col("amount"), pl.col("prior_count") >= 10
    odd = ~pl.col("hour").is_between(6, 22)
    return table.select(
        above_limit=amount > 5_000,
        above_mean=known & (pl.col("amount_ratio_mean") > 5),
        odd_hour=odd & pl.col("transaction_type").is_in(["payment", "purchase", "withdrawal"]),
        rule_confidence=(
            (amount / 5_000).clip(0, 1)
            + pl.when(known).then((pl.col("amount_ratio_mean") / 5).clip(0, 1)).otherwise(0)
            + odd.cast(pl.Float64)
        )
        / 3,
    )


def main():
    """Do the whole job."""
    source, out = sys.argv[1], Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    read = pl.read_parquet
    if source.endswith("csv"):
        read = partial(pl.read_csv, try_parse_dates=True)
    table = read(source)
    table = table.hstack(features(table))
    scores = forest(table)
    table = table.hstack(rules(table)).with_columns(
        anomaly_score=scores,
        fuzzy_risk=fuzzy(table),
        is_alert=scores >= np.quantile(scores, 1 - RATE),
    )
    table.write_parquet(out / "scored.parquet", compression="snappy")
    worst = table.filter("is_alert").sort("anomaly_score", descending=True)
    worst.write_csv(out / "alerts.csv")


if __name__ == "__main__":
    main()
