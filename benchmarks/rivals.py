"""What else does a stage's work: windows in SQL, other forests, a detector that learns one by one."""

import duckdb
import numpy as np
from isotree import IsolationForest as IsoTree
from pyod.models.iforest import IForest
from river import anomaly
from sklearn.ensemble import IsolationForest

TREES, SAMPLES, SEED = 100, 256, 0
SPANS = {"1h": "1 HOUR", "24h": "24 HOURS", "7d": "7 DAYS", "30d": "30 DAYS"}
_SAMPLE = 200_000


def duckdb_windows(transactions):
    """Return a call that makes a dozen features with DuckDB's windows, the kinds that Polars makes."""
    rows = transactions.select("user_id", "timestamp", "amount").to_arrow()
    own = "PARTITION BY user_id ORDER BY timestamp"
    past = f"({own} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"
    wanted = [
        f"count(*) OVER {past} AS prior_count",
        f"sum(amount) OVER {past} AS sum_before",
        f"max(amount) OVER {past} AS user_max",
        f"timestamp - lag(timestamp) OVER ({own}) AS since_last",
    ]
    for name, span in SPANS.items():
        frame = (
            f"({own} RANGE BETWEEN INTERVAL {span} PRECEDING AND CURRENT ROW EXCLUDE CURRENT ROW)"
        )
        wanted += [
            f"count(*) OVER {frame} AS count_{name}",
            f"sum(amount) OVER {frame} AS sum_{name}",
        ]
    query = f"SELECT {', '.join(wanted)} FROM rows"  # noqa: S608 - of constants
    return lambda: duckdb.query(query).to_arrow_table() if rows is not None else None


def sklearn_forest(columns):
    """Return a call of scikit-learn's scoring."""
    model = IsolationForest(n_estimators=TREES, max_samples=SAMPLES, random_state=SEED)
    model.fit(_sample(columns))
    return lambda: model.score_samples(columns)


def pyod_forest(columns):
    """Return a call of PyOD's scoring."""
    model = IForest(n_estimators=TREES, max_samples=SAMPLES, random_state=SEED)
    model.fit(_sample(columns))
    return lambda: model.decision_function(columns)


def isotree_forest(columns):
    """Return a call of isotree's scoring, as the paper has it, on one thread."""
    model = IsoTree(ndim=1, ntrees=TREES, sample_size=SAMPLES, random_seed=SEED, nthreads=1)
    model.fit(_sample(columns))
    return lambda: model.predict(columns)


def river_trees(columns):
    """Return a call of River's half-space trees: scored, then learned, row by row."""
    rows = [dict(enumerate(row)) for row in _ranked(columns).tolist()]

    def call():
        model = anomaly.HalfSpaceTrees(n_trees=25, height=8, window_size=250, seed=SEED)
        scores = []
        for row in rows:
            scores.append(model.score_one(row))
            model.learn_one(row)
        return scores

    return call


def _sample(columns):
    return columns[:: max(len(columns) // _SAMPLE, 1)]


def _ranked(columns):
    """Return the columns as ranks in [0, 1], which is what half-space trees expect."""
    return columns.argsort(axis=0).argsort(axis=0) / np.maximum(len(columns) - 1, 1)
