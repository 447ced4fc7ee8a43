"""The dashboard's numbers again, slowly and in plain Python: rows are (seconds, amount, score, category).

Shares no code with the package.
"""

import datetime as dt

EPOCH = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)


def window(rows, days):
    """Keep the rows of the last days, counted back from the last row."""
    last = max(row[0] for row in rows)
    kept = [row for row in rows if last - days * 86_400 <= row[0] <= last]
    return sorted(kept, key=lambda row: row[0])


def day_of(row):
    """Return the calendar day of a row, in UTC."""
    return (EPOCH + dt.timedelta(seconds=row[0])).date()


def daily(rows, days):
    """Return (day, sum, mean, std, upper, lower) for each day, gaps included."""
    kept = window(rows, days)
    day, end = day_of(kept[0]), day_of(kept[-1])
    sums, out = [], []
    while day <= end:
        total = 0.0
        for row in kept:
            if day_of(row) == day:
                total += row[1]
        sums.append(total)
        seven = sums[-7:]
        mean = sum(seven) / len(seven)
        std = 0.0
        if len(seven) > 1:
            std = (sum((each - mean) ** 2 for each in seven) / (len(seven) - 1)) ** 0.5
        out.append((day, total, mean, std, mean + 2 * std, max(0.0, mean - 2 * std)))
        day += dt.timedelta(days=1)
    return out


def marks(rows, days, threshold):
    """Return whether each row of the window is anomalous, in the order of time."""
    found = []
    for _, _, score, category in window(rows, days):
        by_score = score is not None and score == score and score >= threshold  # noqa: PLR0124
        by_category = category is not None and category.lower() == "high"
        found.append(by_score or by_category)
    return found
