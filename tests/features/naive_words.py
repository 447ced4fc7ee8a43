"""The slow twin of `features.words`: each sentence written out as one string."""

from collections.abc import Callable, Mapping
from math import exp, isnan
from typing import Any, Final

from outlay.schema.money import money

Row = Mapping[str, Any]

ENOUGH: Final = 5
"""Earlier payments from which on a user's own figures are worth quoting."""
ODD: Final = 1.0
"""Standard deviations, or nats beyond indifference, from which on a value is worth a sentence."""
DAY: Final = 86_400.0


def words(feature: str, row: Row, currency: str | None = None) -> str | None:
    """Return a sentence on one feature of one transaction, or None where there is nothing to say.

    Parameters
    ----------
    feature
        A name in the catalogue.
    row
        The transaction with its features.
    currency
        What its amount is counted in.
    """
    value = row.get(feature)
    if value is None or (isinstance(value, float) and isnan(value)):
        return None
    return _SENTENCES[feature](row, currency) if feature in _SENTENCES else None


def _count(n: float, thing: str = "payment") -> str:
    return f"{n:,.0f} {thing}" + ("" if n == 1 else "s" if thing[-1] != "y" else "")


def _amount(row: Row, currency: str | None) -> str | None:
    if row["amount_oddity"] < ODD and row["amount_zscore"] < ODD:
        return None
    amount, n, p95 = row["amount"], row["prior_count"], row["user_p95"]
    if n < ENOUGH or not p95 > 0:
        return (
            f"{money(amount, currency)} is far above the usual payment "
            f"({_count(n, 'earlier payment')}: judged against all users)"
        )
    if amount > p95:
        return (
            f"{money(amount, currency)} is {amount / p95:.1f} × the user's 95th percentile "
            f"({money(p95, currency)} over {_count(n, 'earlier payment')})"
        )
    return (
        f"{money(amount, currency)} is {row['amount_ratio_mean']:.1f} × the user's mean "
        f"({money(row['user_mean'], currency)} over {_count(n, 'earlier payment')})"
    )


def _size(row: Row, currency: str | None) -> str | None:
    """Say that the amount is large whoever pays it."""
    if row["amount_zscore"] < ODD:
        return None
    return f"{money(row['amount'], currency)} is a large payment for any user"


def _by_type(row: Row, currency: str | None) -> str | None:
    if row["amount_type_zscore"] < ODD:
        return None
    kind = str(row.get("transaction_type") or "this type").replace("_", " ")
    n = row["type_prior_count"]
    of = f"over {n:,.0f} earlier ones" if n else "none before; judged against all users"
    return f"{money(row['amount'], currency)} is unusually large for type {kind} ({of})"


def _at_counterparty(row: Row, currency: str | None) -> str | None:
    if row["counterparty_zscore"] < ODD:
        return None
    n = row["counterparty_prior_count"]
    where = f"counterparty {row.get('counterparty_id')}"
    return (
        f"{money(row['amount'], currency)} is unusually large at {where} "
        f"({row['counterparty_zscore']:.1f} standard deviations over {_count(n)} there)"
    )


def _excess(row: Row, currency: str | None) -> str | None:
    ratio = exp(row["amount_excess_counterparty"])
    if ratio < 1.5:
        return None
    return (
        f"{money(row['amount'], currency)} is {ratio:.1f} × the largest paid to "
        f"counterparty {row.get('counterparty_id')} before"
    )


def _sum(window: str, spoken: str) -> Callable[[Row, str | None], str | None]:
    def sentence(row: Row, currency: str | None) -> str | None:
        ratio = row[f"sum_ratio_{window}"]
        if ratio < 2 or row[f"count_{window}"] == 0:
            return None
        total = row[f"sum_{window}"] + row["amount"]
        return f"{money(total, currency)} within {spoken}, {ratio:.1f} × the user's usual"

    return sentence


def _burst(window: str, spoken: str) -> Callable[[Row, str | None], str | None]:
    def sentence(row: Row, _currency: str | None) -> str | None:
        if row[f"burst_{window}"] < ODD:
            return None
        n = row[f"count_{window}"] + 1
        expected = n / row[f"count_ratio_{window}"] - 1
        return f"{_count(n)} within {spoken}; the user's usual rate gives {expected:.1g}"

    return sentence


def _any_burst(row: Row, currency: str | None) -> str | None:
    hourly = row["burst_1h"] >= row["burst_24h"]
    return _SENTENCES["burst_1h" if hourly else "burst_24h"](row, currency)


def _gap(row: Row, _currency: str | None) -> str | None:
    if row["gap_surprise"] < 2 * ODD:
        return None
    seconds = row["seconds_since_last"]
    pause = f"{seconds / DAY:,.0f} days" if seconds >= 2 * DAY else f"{seconds / 3600:,.0f} hours"
    return f"first payment after {pause} without one"


def _hour(row: Row, _currency: str | None) -> str | None:
    if row["hour_rarity"] < ODD:
        return None
    hour = int(row["hour"])
    before, after = (hour - 1) % 24, (hour + 1) % 24
    return (
        f"{hour:02d}:00: {row['hour_prior_count']:,.0f} of {_count(row['prior_count'], 'earlier payment')} "
        f"between {before:02d} and {after:02d}"
    )


def _weekday(row: Row, _currency: str | None) -> str | None:
    if row["weekday_rarity"] < ODD:
        return None
    days = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    return f"the user rarely pays on a {days[int(row['weekday'])]}"


def _type(row: Row, _currency: str | None) -> str | None:
    if row["type_rarity"] < 2 * ODD:
        return None
    kind = str(row.get("transaction_type")).replace("_", " ")
    n = row["prior_count"]
    return f"type {kind}: {row['type_prior_count']:,.0f} of {_count(n, 'earlier payment')}"


def _new(column: str, thing: str) -> Callable[[Row, str | None], str | None]:
    def sentence(row: Row, _currency: str | None) -> str | None:
        flag = {"counterparty_id": "counterparty", "device_id": "device"}.get(column, column)
        if row[f"new_{flag}"] != 1.0:
            return None
        return f"{thing} {row.get(column)} is new to this user (first seen within 24 hours)"

    return sentence


def _newly_met(row: Row, _currency: str | None) -> str | None:
    n = row["new_counterparties_24h"]
    if n < 2:
        return None
    return f"{n:,.0f} counterparties paid for the first time within 24 hours"


_SENTENCES: Final[dict[str, Callable[[Row, str | None], str | None]]] = {
    "amount_oddity": _amount,
    "amount_zscore": _amount,
    "amount_ratio_p95": _amount,
    "amount_ratio_mean": _amount,
    "amount_ratio_max": _amount,
    "amount_log": _size,
    "amount_type_zscore": _by_type,
    "counterparty_zscore": _at_counterparty,
    "amount_excess_counterparty": _excess,
    "sum_ratio_1h": _sum("1h", "an hour"),
    "sum_ratio_24h": _sum("24h", "24 hours"),
    "sum_ratio_7d": _sum("7d", "7 days"),
    "sum_ratio_30d": _sum("30d", "30 days"),
    "burst_1h": _burst("1h", "an hour"),
    "burst_24h": _burst("24h", "24 hours"),
    "burst": _any_burst,
    "gap_surprise": _gap,
    "hour_rarity": _hour,
    "weekday_rarity": _weekday,
    "type_rarity": _type,
    "new_counterparty": _new("counterparty_id", "counterparty"),
    "new_device": _new("device_id", "device"),
    "new_country": _new("country", "country"),
    "new_counterparties_24h": _newly_met,
}
