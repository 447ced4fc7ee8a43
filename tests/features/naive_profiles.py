"""Profiles of users in plain Python, straight from the definitions; shares no code with the package."""

import math
import statistics
from collections import Counter, defaultdict


def quantile(values, share):
    """Interpolate between the two order statistics around the place ``share * (n - 1)``."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low, high = ordered[math.floor(place)], ordered[math.ceil(place)]
    return low + (high - low) * (place - math.floor(place))


def modes(values):
    """Return all most frequent values, in order."""
    counts = Counter(values)
    return sorted(v for v, n in counts.items() if n == max(counts.values()))


def profile(rows):
    """Return the profile of one user from (amount, hour, type)."""
    amounts = [amount for amount, _, _ in rows]
    hours = [hour for _, hour, _ in rows]
    kinds = [kind for _, _, kind in rows]
    return {
        "transaction_count": len(rows),
        "avg_amount": math.fsum(amounts) / len(amounts),
        "median_amount": statistics.median(amounts),
        "std_amount": statistics.stdev(amounts) if len(amounts) > 1 else None,
        "min_amount": min(amounts),
        "max_amount": max(amounts),
        **{f"percentile_{p}": quantile(amounts, p / 100) for p in (75, 90, 95, 99)},
        "common_hours": modes(hours),
        "common_types": modes(kinds),
        "hour_distribution": [hours.count(hour) for hour in range(24)],
        "type_distribution": dict(Counter(kinds)),
    }


def profiles(rows):
    """Return every user's profile from (user, amount, hour, type)."""
    users = defaultdict(list)
    for user, *rest in rows:
        users[user].append(tuple(rest))
    return {user: profile(mine) for user, mine in users.items()}


def share_below(amount, amounts):
    """Return the share of amounts that are smaller, ties counted half."""
    return (sum(a < amount for a in amounts) + sum(a == amount for a in amounts) / 2) / len(amounts)
