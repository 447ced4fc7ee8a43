"""The rules row by row, as the detector that Outlay replaces works: pandas, a dictionary a row.

Profiles by filtering the table for each user, every time parsed by itself, one Python call for a
transaction: this is the way of that program, written anew and no slower than it.
"""

import pandas as pd

HIGH, SHARE, TIMES, ENOUGH = 5_000.0, 0.95, 5.0, 10
GROUPS = (
    ({"withdrawal", "cash_withdrawal", "top_up", "purchase", "payment", "cashout"}, (6, 22)),
    ({"deposit", "receive", "refund", "credit", "income"}, (5, 23)),
    ({"balance_check", "inquiry", "statement", "view"}, (0, 24)),
)


def prepared(table):
    """Return the rows with their hour and their normalised type, value by value."""
    return table.assign(
        hour=table["timestamp"].apply(lambda text: pd.to_datetime(text).hour),
        kind=table["transaction_type"].apply(
            lambda text: (
                "unknown"
                if pd.isna(text)
                else str(text).lower().strip().replace(" ", "_").replace("-", "_")
            )
        ),
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


def judge(row, usual):
    """Return what one transaction breaks, its scores, and how sure that is."""
    broken, scores = [], {}
    amount = float(row["amount"])
    limits = {"a high amount": HIGH}
    if usual:
        limits["the user's 95th percentile"] = usual["percentiles"][SHARE]
        limits["5 times the user's mean"] = TIMES * usual["mean"]
    for name, limit in limits.items():
        if amount > limit:
            broken.append(f"{amount:,.0f} is above {name} ({limit:,.0f})")
        scores[name] = min(amount / limit, 1.0)
    _hour(row, broken, scores)
    confidence = sum(scores.values()) / max(len(scores), 1)
    return {
        "transaction_id": row["transaction_id"],
        "user_id": row["user_id"],
        "is_anomaly": bool(broken) or confidence > 0.5,
        "confidence": confidence,
        "violations": "; ".join(broken),
        **scores,
    }


def _hour(row, broken, scores):
    for kinds, (first, last) in GROUPS:
        if row["kind"] in kinds:
            odd = not first <= row["hour"] <= last
            scores["hour"] = 1.0 if odd else 0.0
            if odd:
                broken.append(f"{row['kind']} at {row['hour']:02d}:00")
            return


def judged(rows, known):
    """Return a table with one judgement a row."""
    found = [judge(row.to_dict(), known.get(row["user_id"])) for _, row in rows.iterrows()]
    return pd.DataFrame(found)
