"""How exact the 95th percentile is that the features keep, against the exact one.

A user's earlier amounts are kept as counts in logarithmic bins. Here the same percentile is taken
from the sorted earlier amounts, with linear interpolation, for every transaction of made-up wallets.

    python -m benchmarks.percentile [SEED ...]
"""

import sys
from bisect import insort

import numpy as np
import polars as pl

import outlay
from outlay.features import Population, compute
from outlay.pipeline.intake import accepted_frame
from outlay.pipeline.settings import InputSettings

MIN_HISTORY = 10


def exact(users, amounts):
    """Return the 95th percentile of each payment's user's earlier amounts, rows in time order."""
    earlier = {}
    out = np.full(len(amounts), np.nan)
    for i, (user, amount) in enumerate(zip(users, amounts, strict=True)):
        own = earlier.setdefault(user, [])
        if own:
            place = 0.95 * (len(own) - 1)
            low = int(place)
            high = min(low + 1, len(own) - 1)
            out[i] = own[low] + (place - low) * (own[high] - own[low])
        insort(own, amount)
    return out


def compare(seed):
    """Return the kept and the exact percentiles, the amounts and the counts of one wallet."""
    accepted, _ = accepted_frame(outlay.synth(seed=seed), InputSettings())
    rows = accepted.transactions.sort("timestamp", maintain_order=True)
    features, _ = compute(rows, Population.fit(rows))
    wanted = exact(rows["user_id"].to_list(), rows["amount"].to_list())
    return pl.DataFrame(
        {
            "kept": features["user_p95"],
            "exact": wanted,
            "amount": rows["amount"],
            "prior_count": features["prior_count"],
        }
    )


def main(seeds):
    """Print one line a seed, and one for all."""
    tables = {seed: compare(seed) for seed in seeds}
    print("seed    payments   median error   99 % within   verdicts amount > p95 that differ")
    for name, table in {**tables, "all": pl.concat(tables.values())}.items():
        known = table.filter(pl.col("prior_count") >= MIN_HISTORY)
        error = (known["kept"] / known["exact"] - 1).abs()
        differ = (known["amount"] > known["kept"]) != (known["amount"] > known["exact"])
        print(
            f"{name!s:>4} {len(known):>11,} {error.median():>14.3%} {error.quantile(0.99):>13.2%} "
            f"{differ.mean():>12.3%} ({differ.sum():,})"
        )


if __name__ == "__main__":
    main([int(seed) for seed in sys.argv[1:]] or [7, 8, 9])
