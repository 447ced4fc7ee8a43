"""The features as their definitions read: slow, in plain Python, sharing no code with the package."""

import math
from datetime import datetime, timedelta

DAY = timedelta(days=1)
WINDOWS = {
    "1h": timedelta(hours=1),
    "24h": DAY,
    "7d": 7 * DAY,
    "30d": 30 * DAY,
}
NAN = math.nan


def features(transactions, population):
    """Return each transaction's features as a dict, in the order of ``transactions``.

    ``transactions`` are dicts in time order; the past is searched anew for every row.
    """
    rows = []
    for i, now in enumerate(transactions):
        past = [old for old in transactions[:i] if old["user_id"] == now["user_id"]]
        rows.append(
            {
                **amounts(past, now, population),
                **windows(past, now, population),
                **pauses(past, now, population),
                **habits(past, now, population),
                **novelty(past, now),
                **counterparty(transactions[:i], now, population),
            }
        )
    return rows


def log(amount):
    """Return the logarithm of an amount, of a cent where it is less."""
    return math.log(max(amount, 0.01))


def zscore(value, logs, spread):
    """Normal-inverse-chi-squared predictive, brought to the normal scale by Wallace's transform."""
    n, nu0 = len(logs), 5.0
    mean = sum(logs) / n if n else 0.0
    m2 = sum((x - mean) ** 2 for x in logs)
    k0 = spread.mean_weight
    kn, nun = k0 + n, nu0 + n
    centre = (k0 * spread.mean + n * mean) / kn
    scale = (nu0 * spread.var + m2 + k0 * n / kn * (mean - spread.mean) ** 2) / nun
    t = (value - centre) / math.sqrt(scale * (1 + 1 / kn))
    z = math.sqrt(nun * math.log1p(t * t / nun)) * (8 * nun + 1) / (8 * nun + 3)
    return math.copysign(z, t)


def quantile(values, q):
    """Return the quantile, linear between the two nearest values."""
    ordered = sorted(values)
    position = q * (len(ordered) - 1)
    low = int(position)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (position - low) * (ordered[high] - ordered[low])


def amounts(past, now, population):
    """Return the features of the amount against the user's earlier ones."""
    a = now["amount"]
    old = [p["amount"] for p in past]
    z = zscore(log(a), [log(x) for x in old], population.amounts)
    row = {
        "prior_count": len(old),
        "amount_log": log(a),
        "amount_zscore": z,
        "amount_oddity": z,
        "amount_type_zscore": NAN,
        "user_mean": NAN,
        "user_p95": NAN,
        "user_max": NAN,
    }
    kind = now.get("transaction_type")
    if kind is not None:
        same = [log(p["amount"]) for p in past if p["transaction_type"] == kind]
        habit = population.types.get(kind, population.any_type)
        row["amount_type_zscore"] = zscore(log(a), same, habit.amounts)
        row["amount_oddity"] = min(z, row["amount_type_zscore"])
    if old:
        row |= {
            "user_mean": sum(old) / len(old),
            "user_p95": quantile(old, 0.95),
            "user_max": max(old),
        }
        row["amount_share_below"] = sum((x < a) + (x == a) / 2 for x in old) / len(old)
    return row


def windows(past, now, population):
    """Return counts, sums, ratios and bursts, each window searched anew."""
    t, a = now["timestamp"], now["amount"]
    n = len(past)
    lived = (t - past[0]["timestamp"]) / timedelta(microseconds=1) if past else 0.0
    exposure = population.rate_micros + lived
    rate = (1 + n) / exposure
    usual = (5 * population.amount_mean + sum(p["amount"] for p in past)) / (5 + n)
    row: dict[str, float] = {}
    for name, span in WINDOWS.items():
        inside = [p["amount"] for p in past if t - span <= p["timestamp"]]
        micros = span / timedelta(microseconds=1)
        row[f"count_{name}"] = len(inside)
        row[f"sum_{name}"] = sum(inside)
        row[f"count_ratio_{name}"] = (len(inside) + 1) / (1 + rate * micros)
        row[f"sum_ratio_{name}"] = (sum(inside) + a) / (usual * (1 + rate * micros))
        if name in ("1h", "24h"):
            before = population.rate_micros + max(lived - micros, 0.0)
            r = 1 + n - len(inside)
            mu = r / before * micros
            k = len(inside)
            row[f"burst_{name}"] = (
                k * math.log(k / mu) - (k + r) * math.log((k + r) / (mu + r)) if k > mu else 0.0
            )
    row["burst"] = max(row["burst_1h"], row["burst_24h"])
    return row


def pauses(past, now, population):
    """Return the time since the last payment, and how surprising it is."""
    if not past:
        return {"seconds_since_last": NAN, "days_since_last_transaction": NAN, "gap_surprise": NAN}
    pause = now["timestamp"] - past[-1]["timestamp"]
    lived = (past[-1]["timestamp"] - past[0]["timestamp"]) / timedelta(microseconds=1)
    exposure = population.rate_micros + lived
    return {
        "seconds_since_last": pause.total_seconds(),
        "days_since_last_transaction": pause // DAY,
        "gap_surprise": len(past) * math.log1p(pause / timedelta(microseconds=1) / exposure),
    }


def habits(past, now, population):
    """Return how rare the hour, the weekday and the type are."""
    hour, day, n = now["timestamp"].hour, now["timestamp"].weekday(), len(past)
    near = sum(
        {0: 0.5, 1: 0.25, 23: 0.25}.get((p["timestamp"].hour - hour) % 24, 0.0) for p in past
    )
    kind = now.get("transaction_type")
    habit = population.types.get(kind, population.any_type)
    days = sum(p["timestamp"].weekday() == day for p in past)
    row = {
        "hour": hour,
        "weekday": day,
        "hour_rarity": -math.log(24 * (10 * habit.hours[hour] + near) / (10 + n)),
        "weekday_rarity": -math.log(7 * (10 * population.weekdays[day] + days) / (10 + n)),
        "hour_prior_count": sum((p["timestamp"].hour - hour) % 24 in (23, 0, 1) for p in past),
        "type_rarity": NAN,
        "type_prior_count": NAN,
    }
    if kind is not None:
        same = sum(p["transaction_type"] == kind for p in past)
        row["type_prior_count"] = same
        row["type_rarity"] = -math.log((5 * habit.share + same) / (5 + n))
    return row


def novelty(past, now):
    """Return what the user met within the last day for the first time."""
    t = now["timestamp"]
    young = not past or t - past[0]["timestamp"] < DAY
    row = {"new_counterparties_24h": NAN, "amount_excess_counterparty": NAN}
    for name, column in (
        ("new_counterparty", "counterparty_id"),
        ("new_device", "device_id"),
        ("new_country", "country"),
    ):
        value = now.get(column)
        met = [p["timestamp"] for p in past if p.get(column) == value]
        row[name] = NAN if young or value is None else float(not met or t - met[0] < DAY)
    payee = now.get("counterparty_id")
    if payee is None:
        return row
    earlier = [p["amount"] for p in past if p.get("counterparty_id") == payee]
    if earlier:
        row["amount_excess_counterparty"] = log(now["amount"]) - log(max(earlier))
    if not young:
        firsts: dict[str, datetime] = {}
        for p in [*past, now]:
            if p.get("counterparty_id") is not None:
                firsts.setdefault(p["counterparty_id"], p["timestamp"])
        row["new_counterparties_24h"] = sum(t - DAY <= first for first in firsts.values())
    return row


def counterparty(before, now, population):
    """Return what is usual at the counterparty, whoever paid."""
    payee = now.get("counterparty_id")
    if payee is None:
        return {"counterparty_prior_count": NAN, "counterparty_zscore": NAN}
    logs = [log(p["amount"]) for p in before if p.get("counterparty_id") == payee]
    return {
        "counterparty_prior_count": len(logs),
        "counterparty_zscore": zscore(log(now["amount"]), logs, population.counterparties),
    }
