"""The figures row by row and day by day, as their definitions read."""


def ranked(rows):
    """Return rows (day, user, score, label) from the highest score down, of equals the earlier."""
    return sorted(rows, key=lambda row: -row[2])


def days_of(rows):
    """Return the rows of each day, earliest day first."""
    return [[row for row in rows if row[0] == day] for day in sorted({row[0] for row in rows})]


def precision_at_k(rows, k):
    """Return the mean over days of the frauds among the k highest, over k."""
    daily = [sum(row[3] for row in ranked(day)[:k]) / k for day in days_of(rows)]
    return sum(daily) / len(daily)


def user_precision_at_k(rows, k):
    """Return the card precision of the Fraud Detection Handbook."""
    caught, daily = set(), []
    for day in days_of(rows):
        left = [row for row in day if row[1] not in caught]
        top = list(dict.fromkeys(row[1] for row in ranked(left)))[:k]
        found = [user for user in top if any(row[3] for row in left if row[1] == user)]
        caught.update(found)
        daily.append(len(found) / k)
    return sum(daily) / len(daily)


def value_detection_rate(rows):
    """Return stopped / lost over rows (user, time, amount, label, alert)."""
    lost = stopped = 0.0
    for user, time, amount, label, _ in rows:
        if label:
            seen = [t for u, t, _, fraud, alert in rows if u == user and fraud and alert]
            lost += amount
            stopped += amount if seen and min(seen) <= time else 0.0
    return stopped / lost
