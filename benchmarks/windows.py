"""What the tuned peer asks of a user's, a pair's and a counterparty's earlier rows: Polars windows.

What makes them quick: texts become numbers once, and two of them one key of 64 bits. Rows are
sorted once by user, who then is a slice. A window of time is looked for once, as the row where it
begins: its count and sum are differences of running ones. Log amounts run about the population's
mean, so that a group's past is three numbers, and their squares lose nothing.
"""

import numpy as np
import polars as pl
from benchmarks.prior import DAY

SPANS = {"1h": DAY // 24, "24h": DAY, "7d": 7 * DAY, "30d": 30 * DAY}
CONTENT = ("user_id", "amount", "transaction_type", "counterparty_id", "transaction_id")
"""What orders rows of one moment."""
MET = {"counterparty": "counterparty_id", "device": "device_id", "country": "country"}
"""What can be new to a user, and the column that holds it."""
AWAY = {"own": "user", "type": "user_kind", "other": "counterparty"}
"""Whose usual the log amounts are counted from, and the key of the earlier ones."""

AMOUNT, LOG, AT, ROW = (pl.col(name) for name in ("amount", "amount_log", "at", "row"))
HOUR, WEEKDAY, KIND = (pl.col(name) for name in ("hour", "weekday", "kind"))
BEFORE = pl.int_range(pl.len(), dtype=pl.UInt32)
"""How many rows of the group stand before this one."""


def coded(transactions):
    """Return what the windows need, in numbers, and how many types there are."""
    told, moment = set(transactions.columns), pl.col("timestamp")
    codes = {
        name: _codes(column) if column in told else pl.lit(None, pl.UInt32)
        for name, column in MET.items()
    }
    kind, types = pl.lit(None), []
    if "transaction_type" in told:
        types = transactions["transaction_type"].drop_nulls().unique().sort()
        kind = pl.col("transaction_type").cast(pl.Enum(types)).to_physical()
    rows = transactions.with_row_index("place").select(
        "place",
        "amount",
        **codes,
        user=_codes("user_id"),
        kind=kind.cast(pl.UInt32).fill_null(len(types)),
        amount_log=AMOUNT.clip(0.01).log(),
        at=moment.dt.timestamp("us"),
        hour=moment.dt.hour().cast(pl.UInt8),
        weekday=moment.dt.weekday().cast(pl.UInt8) - 1,
    )
    return rows, len(types)


def _codes(column):
    return pl.col(column).cast(pl.Categorical).to_physical()


def in_time(rows, transactions):
    """Return the rows by time; those of one moment by what the transactions say."""
    if not rows["at"].is_sorted():
        rows = rows.sort("at", maintain_order=True)
    tied = rows.select((AT.diff() == 0).fill_null(value=False)).to_series()
    tied |= tied.shift(-1, fill_value=False)
    if not tied.any():
        return rows
    order = pl.int_range(len(rows), dtype=pl.UInt32, eager=True)
    content = ["timestamp", *(name for name in CONTENT if name in transactions.columns)]
    few = transactions.select(content)[rows["place"].filter(tied)]
    few = few.with_columns(order=order.filter(tied)).sort(content)["order"]
    return rows[order.scatter(order.filter(tied), few)]


def windows(rows, prior):
    """Return what the windows over rows in time give, in the order of their places."""
    others, own, spans = _past("other"), {**_of_users(), **_of_pairs()}, _in_spans()
    kept = [name for name in (*own, *spans) if not name.endswith(("_begin", "_first"))]
    paid = rows.lazy().with_columns(**away(prior)).select("place", **others).sort("place")
    mine = rows.lazy().sort("user", maintain_order=True).with_row_index("row")
    mine = mine.with_columns(**_keys(), **away(prior)).with_columns(**own).with_columns(**spans)
    mine = mine.select("place", *kept).collect()
    return mine[_inverse(mine["place"])].drop("place").hstack(paid.select(*others).collect())


def away(prior):
    """Return how far the log amounts are from the population's, its type's, its counterparties'."""
    return {
        "own_away": LOG - prior.users.mean,
        "type_away": LOG - of([spread.mean for spread in prior.types], KIND),
        "other_away": LOG - prior.counterparties.mean,
    }


def of(table, place):
    """Return the table's value at each row's place in it."""
    return pl.lit(pl.Series(table)).gather(place)


def _inverse(places):
    """Return where the rows with these places stand, place by place."""
    found = np.empty(len(places), np.uint32)
    found[places.to_numpy()] = np.arange(len(places), dtype=np.uint32)
    return pl.Series(found)


def _past(whose):
    """Return count, sum and sum of squares of the log amounts before."""
    apart, key = pl.col(f"{whose}_away"), AWAY[whose]
    return {
        f"{whose}_count": BEFORE.over(key),
        f"{whose}_sum": apart.cum_sum().over(key) - apart,
        f"{whose}_squares": (apart**2).cum_sum().over(key) - apart**2,
    }


def _keys():
    """Return the keys of a user's types, hours, devices and so on."""
    keys = {"hour": HOUR, "hours": HOUR // 2, "hours_on": (HOUR + 1) // 2 % 12}
    keys |= {"weekday": WEEKDAY, "kind": KIND, **{name: pl.col(name) for name in MET}}
    user = pl.col("user").cast(pl.UInt64) * 2**32
    return {f"user_{name}": user + key for name, key in keys.items()}


def _of_users():
    """Return the windows over a user's rows; of a span of time, the row where it begins."""
    ever = {"window_size": 2**31 - 1, "min_samples": 1}
    begins = {
        f"{name}_begin": ROW.rolling_min_by("at", f"{span}i", closed="both").over("user")
        for name, span in SPANS.items()
    }
    return {
        **_past("own"),
        "amount_before": AMOUNT.cum_sum().over("user") - AMOUNT,
        "user_max": AMOUNT.cum_max().shift().over("user"),
        "user_p95": AMOUNT.rolling_quantile(0.95, "linear", **ever).shift().over("user"),
        "rank": AMOUNT.rolling_rank(**ever).over("user"),
        "first_at": AT.first().over("user"),
        "pause": AT.diff().over("user"),
        **begins,
    }


def _of_pairs():
    """Return the windows over a user's rows of one type, hour, counterparty and so on.

    Hours are counted in pairs too, cut before the even and before the odd ones: both together hold
    this hour twice, and each of its neighbours once.
    """
    counted = ("hour", "hours", "hours_on", "weekday")
    return {
        **_past("type"),
        **{f"{name}_count": BEFORE.over(f"user_{name}") for name in counted},
        **{f"{name}_first": ROW.first().over(f"user_{name}") for name in MET},
        "top": LOG.cum_max().shift().over("user_counterparty"),
    }


def _in_spans():
    """Return counts and sums in each span, and since when the user knows whom and what."""
    total, today = pl.col("amount_before"), pl.col("24h_begin")
    met = (pl.col("counterparty").is_not_null() & (pl.col("counterparty_first") == ROW)).cast(
        pl.Int64
    )
    return {
        **{f"count_{name}": ROW - pl.col(f"{name}_begin") for name in SPANS},
        **{f"sum_{name}": total - total.gather(pl.col(f"{name}_begin")) for name in SPANS},
        **{f"{name}_since": AT.gather(pl.col(f"{name}_first")) for name in MET},
        "met": met.cum_sum() - (met.cum_sum() - met).gather(today),
    }
