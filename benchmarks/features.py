"""All features of Outlay's catalogue, under its names, as the tuned peer makes them: in Polars.

Windows first (`benchmarks.windows`), then arithmetic on the rows in the file's order: fewer columns
than there are features had to be brought back to it. Every feature is exact; Outlay reads
`user_p95`, `amount_ratio_p95` and `amount_share_below` from logarithmic bins.
"""

import polars as pl
from benchmarks.prior import DAY, learn
from benchmarks.windows import (
    AMOUNT,
    AT,
    HOUR,
    KIND,
    LOG,
    MET,
    SPANS,
    WEEKDAY,
    away,
    coded,
    in_time,
    of,
    windows,
)

from outlay.schema.catalog import NAMES

SPREAD, USUAL, TYPES, HABIT = 5, 5, 5, 10
"""How many payments the population's word is worth beside the user's own."""

N, PAUSE = pl.col("own_count"), pl.col("pause")
NEAR = pl.col("hours_count") + pl.col("hours_on_count")
"""The user's payments at this hour, twice, and at the hours beside it."""
LIVED = AT - pl.col("first_at")
OLD = LIVED >= DAY


def features(transactions):
    """Return the features of transactions in any order, row by row of theirs."""
    rows, types = coded(transactions)
    prior = learn(rows, types)
    rows = rows.hstack(windows(in_time(rows, transactions), prior)).lazy()
    rows = rows.with_columns(**away(prior), **_usual(prior)).with_columns(**_zscores(prior))
    rows = rows.with_columns(**_amounts(), **_rhythm(), **_surprises(prior), **_novelties())
    return rows.select(pl.col(NAMES).cast(pl.Float64)).collect()


def _usual(prior):
    """Return the user's own rate and usual amount, drawn to the population's."""
    total = pl.col("amount_before")
    return {
        "rate": (1 + N) / (prior.pace + LIVED),
        "usual": (USUAL * prior.amount + total) / (USUAL + N),
        "typed": KIND.lt(len(prior.types) - 1),
        "paid": pl.col("counterparty").is_not_null(),
        "prior_count": N,
        "user_mean": pl.when(N > 0).then(total / N),
    }


def _zscores(prior):
    """Return the z-scores of the log amount: the user's, the type's, the counterparty's."""
    users, others = prior.users, prior.counterparties
    var, weight = (
        of([getattr(spread, part) for spread in prior.types], KIND) for part in ("var", "weight")
    )
    return {
        "amount_zscore": _zscore("own", users.var, users.weight),
        "amount_type_zscore": pl.when("typed").then(_zscore("type", var, weight)),
        "counterparty_zscore": pl.when("paid").then(_zscore("other", others.var, others.weight)),
    }


def _zscore(whose, var, weight):
    """Return how far the log amount lies from the usual, as a normal quantile.

    Normal-inverse-chi-squared predictive, brought to the normal scale by Wallace's transform.
    """
    away, n, total, squares = (
        pl.col(f"{whose}_{part}") for part in ("away", "count", "sum", "squares")
    )
    known, freedom = weight + n, SPREAD + n
    centre = total / known
    scale = (SPREAD * var + squares - total * centre) * (1 + 1 / known)
    size = (freedom * ((away - centre) ** 2 / scale).log1p()).sqrt()
    return size * (away - centre).sign() * (8 * freedom + 1) / (8 * freedom + 3)


def _amounts():
    """Return the amount against the user's earlier ones."""
    bases = {name: pl.col(f"user_{name}") for name in ("mean", "p95", "max")}
    return {
        "amount_oddity": pl.min_horizontal("amount_zscore", "amount_type_zscore"),
        **{
            f"amount_ratio_{name}": pl.when(base > 0).then(AMOUNT / base)
            for name, base in bases.items()
        },
        "amount_share_below": pl.when(N > 0).then((pl.col("rank") - 1) / N),
    }


def _rhythm():
    """Return pauses, and counts and sums in time against the user's usual."""
    ratios = {}
    for name, span in SPANS.items():
        expected = 1 + pl.col("rate") * span
        ratios[f"count_ratio_{name}"] = (pl.col(f"count_{name}") + 1) / expected
        total = pl.col(f"sum_{name}") + AMOUNT
        ratios[f"sum_ratio_{name}"] = total / (pl.col("usual") * expected)
    return {
        "seconds_since_last": PAUSE / 1_000_000,
        "days_since_last_transaction": PAUSE // DAY,
        "hour_prior_count": NEAR - pl.col("hour_count"),
        "type_prior_count": pl.when("typed").then(pl.col("type_count")),
        **ratios,
    }


def _surprises(prior):
    """Return in nats how surprising counts, pause, hour, weekday and type are."""
    hours = HABIT * of(prior.hours.ravel(), 24 * KIND + HOUR) + 0.25 * NEAR
    days = HABIT * of(prior.weekdays, WEEKDAY) + pl.col("weekday_count")
    kinds = TYPES * of(prior.shares, KIND) + pl.col("type_count")
    bursts = {name: _burst(name, prior.pace) for name in ("1h", "24h")}
    return {
        **{f"burst_{name}": burst for name, burst in bursts.items()},
        "burst": pl.max_horizontal(*bursts.values()),
        "gap_surprise": N * (PAUSE / (prior.pace + LIVED - PAUSE)).log1p(),
        "hour_rarity": -(24 * hours / (HABIT + N)).log(),
        "weekday_rarity": -(7 * days / (HABIT + N)).log(),
        "type_rarity": pl.when("typed").then(-(kinds / (TYPES + N)).log()),
    }


def _burst(name, pace):
    """Return the deviance of a span's count under the rate before it: negative binomial."""
    count, span = pl.col(f"count_{name}"), float(SPANS[name])
    exposure, events = pace + (LIVED - span).clip(0), 1 + N - count
    odds = count * exposure / (events * span)
    both = (1 + N) * exposure / (events * (span + exposure))
    return pl.when(odds > 1).then(count * odds.log() - (1 + N) * both.log()).otherwise(0.0)


def _novelties():
    """Return what the user met within the last day; a user of less than a day is not assessed."""
    return {
        **{
            f"new_{name}": pl.when(OLD & pl.col(name).is_not_null()).then(
                AT - pl.col(f"{name}_since") < DAY
            )
            for name in MET
        },
        "new_counterparties_24h": pl.when(OLD & pl.col("paid")).then(pl.col("met")),
        "amount_excess_counterparty": pl.when("paid").then(LOG - pl.col("top")),
        "counterparty_prior_count": pl.when("paid").then(pl.col("other_count")),
    }
