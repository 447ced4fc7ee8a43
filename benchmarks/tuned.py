"""The job with general tools, tuned: Polars windows, scikit-learn on both cores, fuzzy in NumPy.

What a good data engineer would write for a big file: lazy reading, every feature as a window
expression, the forest trained on a sample and scored in a thread a core, memberships and centroid
of the fuzzy system in blocks that fit the cache, rules as columns, one Parquet file out. Where
Polars has no window for a feature (a running percentile, a running rank), it is left out.

    python -m benchmarks.tuned payments.parquet folder
"""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import polars as pl

WINDOWS = {"1h": 1 / 24, "24h": 1.0, "7d": 7.0, "30d": 30.0}
SAMPLE, CHUNK, BLOCK = 200_000, 1 << 16, 2_000
RATE = 0.005
SEEN = ("amount_zscore", "log", "ratio_1h", "sum_ratio_24h", "new_device_id", "new_counterparty_id")
"""What the forest sees: as many columns as ours does, of the same kinds."""
OUT = np.linspace(0, 1, 101)


def features(rows):
    """Return the table with features that see earlier transactions alone."""
    amount, log = pl.col("amount"), pl.col("log")
    own = {"partition_by": "user_id"}
    n = pl.col("prior_count")
    rows = (
        rows.sort("user_id", "timestamp")
        .with_columns(
            log=amount.clip(0.01).log(),
            hour=pl.col("timestamp").dt.hour(),
            weekday=pl.col("timestamp").dt.weekday(),
            one=pl.lit(1, pl.UInt32),
        )
        .with_columns(
            (pl.col("one").cum_sum() - 1).over(**own).alias("prior_count"),
            (amount.cum_sum() - amount).over(**own).alias("sum_before"),
            (log.cum_sum() - log).over(**own).alias("log_sum"),
            ((log**2).cum_sum() - log**2).over(**own).alias("log_squares"),
            amount.cum_max().shift().over(**own).alias("user_max"),
            pl.col("timestamp").first().over(**own).alias("first"),
            pl.col("timestamp").diff().dt.total_seconds().over(**own).alias("seconds_since_last"),
            *(
                (pl.col("one").cum_sum() - 1).over("user_id", name).alias(f"{name}_prior_count")
                for name in ("hour", "weekday", "transaction_type")
            ),
            *(
                (pl.col("one").cum_sum().over("user_id", name) == 1)
                .cast(pl.Float64)
                .alias(f"new_{name}")
                for name in ("counterparty_id", "device_id")
            ),
            *(
                column.rolling_sum_by("timestamp", window_size=window, closed="left")
                .over(**own)
                .fill_null(0)
                .alias(f"{name}_{window}")
                for window in WINDOWS
                for name, column in (("count", pl.col("one")), ("sum", amount))
            ),
        )
    )
    return _ratios(rows, n)


def _ratios(rows, n):
    """Add what is made of the windows' results."""
    lived = ((pl.col("timestamp") - pl.col("first")).dt.total_seconds() / 86_400).clip(1)
    mean = pl.col("sum_before") / n
    log_mean = pl.col("log_sum") / n
    variance = (pl.col("log_squares") / n - log_mean**2).clip(1e-4)
    rows = rows.with_columns(
        user_mean=mean,
        amount_ratio_mean=pl.col("amount") / mean,
        amount_ratio_max=pl.col("amount") / pl.col("user_max"),
        amount_zscore=(pl.col("log") - log_mean) / variance.sqrt(),
        days_since_last=pl.col("seconds_since_last") // 86_400,
        **{
            f"{name}_rarity": -((pl.col(f"{name}_prior_count") + 1) / (n + 10)).log()
            for name in ("hour", "weekday", "transaction_type")
        },
        **{
            f"ratio_{window}": (pl.col(f"count_{window}") + 1) / (1 + (n + 1) / lived * days)
            for window, days in WINDOWS.items()
        },
        **{
            f"sum_ratio_{window}": (pl.col(f"sum_{window}") + pl.col("amount"))
            / (mean * (1 + (n + 1) / lived * days))
            for window, days in WINDOWS.items()
        },
    )
    return _counterparties(rows).drop("one", "first", "sum_before", "log_sum", "log_squares")


def _counterparties(rows):
    """Add the amount against what is usual at the counterparty."""
    theirs = {"partition_by": "counterparty_id", "order_by": "timestamp"}
    log = pl.col("log")
    rows = rows.with_columns(
        (pl.col("one").cum_sum() - 1).over(**theirs).alias("counterparty_prior_count"),
        (log.cum_sum() - log).over(**theirs).alias("theirs"),
    )
    usual = pl.col("theirs") / pl.col("counterparty_prior_count")
    return rows.with_columns(counterparty_excess=log - usual).drop("theirs")


def forest(table):
    """Return the anomaly scores: trained on a sample, scored in a thread a core."""
    from sklearn.ensemble import IsolationForest

    seen = table.select(pl.col(SEEN).cast(pl.Float32).fill_nan(None).fill_null(0)).to_numpy()
    seen = np.nan_to_num(seen, posinf=1e9, neginf=-1e9)
    rng = np.random.default_rng(0)
    sample = seen[rng.choice(len(seen), min(SAMPLE, len(seen)), replace=False)]
    model = IsolationForest(n_estimators=100, max_samples=512, random_state=0).fit(sample)
    parts = range(0, len(seen), CHUNK)
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        done = pool.map(lambda at: -model.score_samples(seen[at : at + CHUNK]), parts)
        return np.concatenate(list(done))


def shape(x, a, b, c, d):
    """Return the membership in a trapezoid."""
    up = (x - a) / (b - a) if b > a else (x >= a).astype(float)
    down = (d - x) / (d - c) if d > c else (x <= d).astype(float)
    return np.clip(np.minimum(up, down), 0, 1)


def fuzzy(table):
    """Return the fuzzy risk: a dozen rules, blocks of rows that fit the cache, a thread a core."""
    from benchmarks.fuzzy_rules import INPUTS, RISK, RULES, TERMS

    names = ("amount_zscore", "hour_rarity", "ratio_1h", "new_counterparty_id")
    levels = np.stack(
        [
            (
                table[name].cast(pl.Float64).fill_nan(None).fill_null(0).rank() / len(table)
            ).to_numpy()
            for name in names
        ]
    )
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

    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
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
    lazy = (
        pl.scan_csv(source, try_parse_dates=True)
        if source.endswith("csv")
        else pl.scan_parquet(source)
    )
    table = features(lazy.with_row_index()).collect()
    scores, risk = forest(table), fuzzy(table)
    table = table.hstack(rules(table)).with_columns(anomaly_score=scores, fuzzy_risk=risk)
    order = pl.col("anomaly_score").rank(descending=True) <= RATE * pl.len()
    table = table.with_columns(is_alert=order).sort("index")
    table.write_parquet(out / "scored.parquet", compression="snappy")
    worst = table.filter("is_alert").sort("anomaly_score", descending=True)
    worst.write_csv(out / "alerts.csv")


if __name__ == "__main__":
    main()
