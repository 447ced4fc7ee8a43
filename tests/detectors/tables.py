"""Small tables of features for the detectors' tests."""

import numpy as np
import polars as pl

FEATURES = (
    "amount_log",
    "amount_zscore",
    "burst_1h",
    "burst_24h",
    "gap_surprise",
    "hour_rarity",
    "new_counterparty",
    "counterparty_zscore",
)
"""Features of every kind; what the forest looks at by default is another matter."""


def ordinary(rows=600, seed=0, features=FEATURES):
    """Return rows as a busy wallet's would look: skewed, with counts, marks and missing values."""
    rng = np.random.default_rng(seed)
    columns = {name: rng.gamma(2, 1, rows) for name in features}
    columns |= {name: rng.normal(0, 1, rows) for name in features if "zscore" in name}
    if "new_counterparty" in columns:
        columns["new_counterparty"] = (rng.random(rows) < 0.1).astype(float)
    columns[features[-1]][:: 10 + seed] = np.nan
    users = [f"U{i % 7}" for i in range(rows)]
    return pl.DataFrame({"user_id": users, **columns})
