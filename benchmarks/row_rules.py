"""The rules row by row, as the detector that Outlay replaces works: pandas, a dictionary a row.

Profiles by filtering the table for each user, every time parsed by itself, with the table and again
with its transaction, one Python call for each: the way of that program, written anew and no slower.
"""

import numpy as np
import pandas as pd

HIGH, SHARE, TIMES, ENOUGH = 5_000.0, 0.95, 5.0, 10
GROUPS = (
    ({"withdrawal", "cash_withdrawal", "top_up", "purchase", "payment", "cashout"}, (6, 22)),
    ({"deposit", "receive", "refund", "credit", "income"}, (5, 23)),
    ({"balance_check", "inquiry", "statement", "view"}, (0, 24)),
)


def hour_of(text):
    """Return the hour of one time."""
    return pd.to_datetime(text).hour


def kind_of(text):
    """Return one type, normalised."""
    if pd.isna(text):
        return "unknown"
    return str(text).lower().strip().replace(" ", "_").replace("-", "_")


def prepared(table):
    """Return the rows with their hour and their normalised type, value by value."""
    return table.assign(
        hour=table["timestamp"].apply(hour_of), kind=table["transaction_type"].apply(kind_of)
    )


def profiles(table, users):
    """Return what is usual for each of some users; None for those with few payments."""
    return {user: profile(table[table["user_id"] == user]) for user in users}


def profile(own):
    """Return what is usual in one user's rows."""
    if len(own) < ENOUGH:
        return None
    amounts = own["amount"].dropna()
    return {
        "count": len(own),
        "mean": amounts.mean(),
        "median": amounts.median(),
        "std": amounts.std(),
        "range": (amounts.min(), amounts.max()),
        "percentiles": {share: amounts.quantile(share) for share in (0.75, 0.9, SHARE, 0.99)},
        "hours": (own["hour"].mode().tolist(), own["hour"].value_counts().to_dict()),
        "kinds": (own["kind"].mode().tolist(), own["kind"].value_counts().to_dict()),
    }


def judge(given, usual):
    """Return what one transaction breaks, its scores, and how sure that is."""
    row = {
        "amount": float(given.get("amount", 0)),
        "hour": hour_of(given["timestamp"]),
        "kind": kind_of(given["transaction_type"]),
        "user_id": given.get("user_id", "unknown"),
        "transaction_id": given.get("transaction_id", "unknown"),
    }
    broken, scores = _amount(row["amount"], usual)
    _hour(row, broken, scores)
    confidence = np.mean(list(scores.values()))
    return {
        "is_anomaly": bool(broken) or confidence > 0.5,
        "confidence": round(confidence, 3),
        "broken": broken,
        "scores": scores,
        "row": row,
    }


def _amount(amount, usual):
    broken, scores = [], {}
    limits = {"a high amount": HIGH}
    if usual:
        limits["the user's 95th percentile"] = usual["percentiles"][SHARE]
        limits["5 times the user's mean"] = TIMES * usual["mean"]
    for name, limit in limits.items():
        if amount > limit:
            broken.append(f"{amount:,.0f} is above {name} ({limit:,.0f})")
        scores[name] = min(amount / limit, 1.0)
    return broken, scores


def _hour(row, broken, scores):
    for kinds, (first, last) in GROUPS:
        if row["kind"] in kinds:
            odd = not first <= row["hour"] <= last
            scores["hour"] = 1.0 if odd else 0.0
            if odd:
                broken.append(f"{row['kind'].title()} at {row['hour']:02d}:00")
            return


def judged(rows, known):
    """Return a table with one judgement a row."""
    found = [judge(row.to_dict(), known.get(row["user_id"])) for _, row in rows.iterrows()]
    return pd.DataFrame([_flat(one) for one in found])


def _flat(one):
    return {
        "transaction_id": one["row"]["transaction_id"],
        "user_id": one["row"]["user_id"],
        "is_anomaly": one["is_anomaly"],
        "confidence": one["confidence"],
        "count": len(one["broken"]),
        "broken": "; ".join(one["broken"]),
        **one["scores"],
    }
