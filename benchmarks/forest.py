"""Rows scored a second by our forest and by scikit-learn's, in one process, turn about.

Run ``python -m benchmarks.forest``. Use the ratio: the machine's own pace cancels out.
"""

import os
import time
from statistics import median

import numpy as np
from sklearn.ensemble import IsolationForest

from outlay.detectors._growing import flatten
from outlay.detectors.forest import Forest
from outlay.detectors.surprise import Surprise
from outlay.jit import threads

ROWS, FEATURES, ROUNDS = 200_000, 10, 7


def payments(rows=ROWS, features=FEATURES, seed=0):
    """Return a table of skewed values, counts and rare marks, row by feature."""
    rng = np.random.default_rng(seed)
    values = rng.lognormal(0, 1, (rows, features))
    values[:, 0] = rng.poisson(1.5, rows)
    values[:, 1] = rng.random(rows) < 0.05
    return values


def seconds(call):
    """Return how long a call takes and what it gives."""
    start = time.perf_counter()
    result = call()
    return time.perf_counter() - start, result


def measure(seen, raw, model, forest):
    """Return the median seconds of scikit-learn, one core of ours, all cores, and the difference."""
    fill = np.zeros(len(raw))

    def on_one_core():
        with threads(1):
            return forest.score(raw, fill)

    calls = (lambda: -model.score_samples(seen), on_one_core, lambda: forest.score(raw, fill))
    rounds = [[seconds(call) for call in calls] for _ in range(ROUNDS + 1)][
        1:
    ]  # the first compiles
    times = [median(took for took, _ in column) for column in zip(*rounds, strict=True)]
    return times, float(np.abs(rounds[0][0][1] - rounds[0][2][1]).max())


def main():
    """Train once, score in turns, print the rates and the largest difference."""
    values = payments()
    curves = [Surprise.fit(column) for column in values.T]
    seen = np.stack([curve.transform(c) for curve, c in zip(curves, values.T, strict=True)], axis=1)
    model = IsolationForest(random_state=0).fit(seen)
    forest = Forest.of(flatten(model), lambda column, cuts: curves[column].inverse_threshold(cuts))
    raw = np.ascontiguousarray(values.T)
    times, difference = measure(seen, raw, model, forest)
    one, result = raw[:, :1].copy(), []
    result = [seconds(lambda: forest.score(one, np.zeros(FEATURES)))[0] for _ in range(200)]
    print(f"{ROWS:,} rows, {FEATURES} features, 100 trees of 256; median of {ROUNDS} rounds")
    names = ("scikit-learn", "outlay, one core", f"outlay, {os.cpu_count()} cores")
    for name, took in zip(names, times, strict=True):
        print(f"{name:18}{ROWS / took / 1e6:6.2f} M rows/s{times[0] / took:7.1f} x")
    print(f"one row           {median(result) * 1e6:6.1f} µs")
    print(f"largest difference of a score: {difference:g}")


if __name__ == "__main__":
    main()
