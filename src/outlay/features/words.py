"""What a feature says of a transaction, in the units in which people check it.

Each sentence gives what was seen and what is usual. A feature that is not unusual says nothing.
"""

from collections.abc import Callable
from math import exp, isnan
from typing import Any, Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from outlay.features.sentences import (
    Amount,
    Count,
    Digits,
    Each,
    Name,
    Numbers,
    Row,
    Sentence,
    sentence,
)
from outlay.schema.money import money
from outlay.schema.table import Columns

ENOUGH: Final = 5
"""Earlier payments from which on a user's own figures are worth quoting."""
ODD: Final = 1.0
"""Standard deviations, or nats beyond indifference, from which on a value is worth a sentence."""
DAY: Final = 86_400.0
SILENT: Final = -1
"""The number of no sentence."""

Sentences = NDArray[np.int16]


class Case(NamedTuple):
    """What is said where something holds, of a row or of each; the first that holds speaks.

    Without a condition it always holds. Conditions are joined by ``&`` and ``|``, which single flags and columns of them both have.
    """

    when: Callable[[Any], Any] | None
    says: Sentence | None = None


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
    for when, says in _CASES.get(feature, ()):
        if when is None or when(row):
            return says.one(row, currency) if says else None
    return None


def sentences(feature: str, columns: Columns) -> Sentences:
    """Return the numbers of what a feature says of each transaction; `SILENT` where nothing."""
    numbers = Numbers(columns)
    found = np.full(columns.height, SILENT, np.int16)
    for when, says in reversed(_CASES.get(feature, ())):
        found = np.where(when is None or when(numbers), _NUMBERS[says], found)
    if feature in _CASES:
        found[np.isnan(numbers[feature])] = SILENT
    return found


def spelt(number: int, columns: Columns, currency: str | None = None) -> pl.Series:
    """Return the sentence of a number of `sentences` on each of some transactions."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return _SENTENCES[number].all(columns, currency)


def _below(limit: float, column: str) -> Case:
    """Say nothing where a column is below a limit."""
    return Case(lambda row: row[column] < limit)


def _exp(value: Any) -> Any:
    """Return the exponential; of a column value by value, for numpy's differs in the last bit."""
    if isinstance(value, np.ndarray):
        return np.array([_exp(one) for one in value.tolist()], np.float64)
    try:
        return exp(value)
    except OverflowError:
        return np.inf


_EARLIER: Final = Count("prior_count", "earlier payment")
_PAID: Final = Amount("amount")

_AMOUNT: Final = (
    Case(lambda row: (row["amount_oddity"] < ODD) & (row["amount_zscore"] < ODD)),
    Case(
        lambda row: (row["prior_count"] < ENOUGH) | ((row["user_p95"] > 0) ^ True),
        sentence(
            _PAID, " is far above the usual payment (", _EARLIER, ": judged against all users)"
        ),
    ),
    Case(
        lambda row: row["amount"] > row["user_p95"],
        sentence(
            *(_PAID, " is ", Digits(lambda row: row["amount"] / row["user_p95"], 1, grouped=False)),
            *(" × the user's 95th percentile (", Amount("user_p95"), " over ", _EARLIER, ")"),
        ),
    ),
    Case(
        None,
        sentence(
            *(_PAID, " is ", Digits("amount_ratio_mean", 1, grouped=False)),
            *(" × the user's mean (", Amount("user_mean"), " over ", _EARLIER, ")"),
        ),
    ),
)

_SIZE: Final = (  # the amount is large whoever pays it
    _below(ODD, "amount_zscore"),
    Case(None, sentence(_PAID, " is a large payment for any user")),
)

_FOR_TYPE: Final = (
    *(_PAID, " is unusually large for type "),
    *(Name("transaction_type", "this type", spaced=True), " ("),
)
_BY_TYPE: Final = (
    _below(ODD, "amount_type_zscore"),
    Case(
        lambda row: row["type_prior_count"] != 0,
        sentence(*_FOR_TYPE, "over ", Digits("type_prior_count"), " earlier ones)"),
    ),
    Case(None, sentence(*_FOR_TYPE, "none before; judged against all users)")),
)

_AT_COUNTERPARTY: Final = (
    _below(ODD, "counterparty_zscore"),
    Case(
        None,
        sentence(
            *(_PAID, " is unusually large at counterparty ", Name("counterparty_id"), " ("),
            *(Digits("counterparty_zscore", 1, grouped=False), " standard deviations over "),
            *(Count("counterparty_prior_count"), " there)"),
        ),
    ),
)

_EXCESS: Final = (
    Case(lambda row: _exp(row["amount_excess_counterparty"]) < 1.5),  # noqa: PLR2004  less is no news
    Case(
        None,
        sentence(
            *(_PAID, " is "),
            Digits(lambda row: _exp(row["amount_excess_counterparty"]), 1, grouped=False),
            *(" × the largest paid to counterparty ", Name("counterparty_id"), " before"),
        ),
    ),
)


def _sum(window: str, spoken: str) -> tuple[Case, ...]:
    ratio, total, count = f"sum_ratio_{window}", f"sum_{window}", f"count_{window}"
    return (
        Case(lambda row: (row[ratio] < 2) | (row[count] == 0)),  # noqa: PLR2004
        Case(
            None,
            sentence(
                *(Amount(lambda row: row[total] + row["amount"]), f" within {spoken}, "),
                *(Digits(ratio, 1, grouped=False), " × the user's usual"),
            ),
        ),
    )


def _burst(window: str, spoken: str) -> tuple[Case, ...]:
    count, ratio = f"count_{window}", f"count_ratio_{window}"
    return (
        _below(ODD, f"burst_{window}"),
        Case(
            None,
            sentence(
                *(Count(lambda row: row[count] + 1), f" within {spoken}; the user's usual rate "),
                *("gives ", Each(lambda row: (row[count] + 1) / row[ratio] - 1, "{:.1g}".format)),
            ),
        ),
    )


def _where(holds: Callable[[Any], Any], case: Case) -> Case:
    """Let a case speak only where something else holds as well."""
    when = case.when
    return Case(lambda row: holds(row) & when(row) if when else holds(row), case.says)


def _hourly(row: Any) -> Any:
    return row["burst_1h"] >= row["burst_24h"]


_BURST_1H: Final = _burst("1h", "an hour")
_BURST_24H: Final = _burst("24h", "24 hours")
_ANY_BURST: Final = (*(_where(_hourly, case) for case in _BURST_1H), *_BURST_24H)

_GAP: Final = (
    _below(2 * ODD, "gap_surprise"),
    Case(
        lambda row: row["seconds_since_last"] >= 2 * DAY,
        sentence(
            "first payment after ",
            *(Digits(lambda row: row["seconds_since_last"] / DAY), " days without one"),
        ),
    ),
    Case(
        None,
        sentence(
            "first payment after ",
            *(Digits(lambda row: row["seconds_since_last"] / 3600), " hours without one"),
        ),
    ),
)


def _hour(by: int = 0) -> Each:
    """Return the hour of the day, or one that comes so many hours later."""
    return Each("hour", lambda hour: f"{(int(hour) + by) % 24:02d}")


_HOUR: Final = (
    _below(ODD, "hour_rarity"),
    Case(
        None,
        sentence(
            *(Each("hour", lambda hour: f"{int(hour):02d}:00: "), Digits("hour_prior_count")),
            *(" of ", _EARLIER, " between ", _hour(-1), " and ", _hour(1)),
        ),
    ),
)

_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_WEEKDAY: Final = (
    _below(ODD, "weekday_rarity"),
    Case(
        None,
        sentence("the user rarely pays on a ", Each("weekday", lambda day: _DAYS[int(day)])),
    ),
)

_TYPE: Final = (
    _below(2 * ODD, "type_rarity"),
    Case(
        None,
        sentence(
            *("type ", Name("transaction_type", spaced=True), ": "),
            *(Digits("type_prior_count"), " of ", _EARLIER),
        ),
    ),
)


def _new(flag: str, column: str, thing: str) -> tuple[Case, ...]:
    told = sentence(f"{thing} ", Name(column), " is new to this user (first seen within 24 hours)")
    return (Case(lambda row: row[flag] != 1.0), Case(None, told))


_NEWLY_MET: Final = (
    _below(2, "new_counterparties_24h"),
    Case(
        None,
        sentence(
            Digits("new_counterparties_24h"),
            " counterparties paid for the first time within 24 hours",
        ),
    ),
)

_CASES: Final[dict[str, tuple[Case, ...]]] = {
    "amount_oddity": _AMOUNT,
    "amount_zscore": _AMOUNT,
    "amount_ratio_p95": _AMOUNT,
    "amount_ratio_mean": _AMOUNT,
    "amount_ratio_max": _AMOUNT,
    "amount_log": _SIZE,
    "amount_type_zscore": _BY_TYPE,
    "counterparty_zscore": _AT_COUNTERPARTY,
    "amount_excess_counterparty": _EXCESS,
    "sum_ratio_1h": _sum("1h", "an hour"),
    "sum_ratio_24h": _sum("24h", "24 hours"),
    "sum_ratio_7d": _sum("7d", "7 days"),
    "sum_ratio_30d": _sum("30d", "30 days"),
    "burst_1h": _BURST_1H,
    "burst_24h": _BURST_24H,
    "burst": _ANY_BURST,
    "gap_surprise": _GAP,
    "hour_rarity": _HOUR,
    "weekday_rarity": _WEEKDAY,
    "type_rarity": _TYPE,
    "new_counterparty": _new("new_counterparty", "counterparty_id", "counterparty"),
    "new_device": _new("new_device", "device_id", "device"),
    "new_country": _new("new_country", "country", "country"),
    "new_counterparties_24h": _NEWLY_MET,
}
_SENTENCES: Final = tuple(
    {case.says: None for cases in _CASES.values() for case in cases if case.says}
)
_NUMBERS: Final[dict[Sentence | None, int]] = {
    None: SILENT,
    **{said: number for number, said in enumerate(_SENTENCES)},
}


def normal(row: Row, currency: str | None = None) -> str | None:
    """Return what would have been normal for this user, or None where too little is known."""
    if row["prior_count"] < ENOUGH or not row["user_p95"] > 0:
        return None
    return f"normal for this user: up to {money(row['user_p95'], currency)}"
