"""What a column speaks of: so that a rule and the forest do not say the same thing twice."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

_OF: Final[dict[str, tuple[str, ...]]] = {
    "own amounts": (
        *("user_mean", "user_p95", "user_max", "amount_share_below"),
        *("amount_ratio_mean", "amount_ratio_p95", "amount_ratio_max"),
        *("amount_zscore", "amount_oddity"),
    ),
    "amounts of the type": ("amount_type_zscore",),
    "amounts there": ("counterparty_zscore",),
    "amounts paid there": ("amount_excess_counterparty",),
    "size": ("amount", "amount_log"),
    "pause": ("seconds_since_last", "days_since_last_transaction", "gap_surprise"),
    "hour": ("hour", "hour_prior_count", "hour_rarity"),
    "weekday": ("weekday", "weekday_rarity"),
    "type": ("type_prior_count", "type_rarity"),
    "pace": (
        *("count_1h", "count_24h", "count_ratio_1h", "count_ratio_24h"),
        *("burst_1h", "burst_24h", "burst"),
    ),
    **{
        f"sum {window}": (f"sum_{window}", f"sum_ratio_{window}")
        for window in ("1h", "24h", "7d", "30d")
    },
    "counterparty": ("new_counterparty", "new_counterparties_24h"),
    "device": ("new_device",),
    "country": ("new_country",),
}
_BITS: Final = {
    column: 1 << place for place, columns in enumerate(_OF.values()) for column in columns
}
_SIZE: Final = _BITS["amount"]
_AMOUNTS: Final = _BITS["user_p95"] | _BITS["amount_type_zscore"] | _BITS["counterparty_zscore"]


def quantity(column: str) -> int:
    """Return the bit of what a column speaks of; 0 for what nothing else speaks of.

    >>> quantity("amount_oddity") == quantity("user_p95") != quantity("amount_log")
    True
    """
    return _BITS.get(column, 0)


@lru_cache(maxsize=4096)
def quantities(columns: Iterable[str]) -> int:
    """Return the bits of what a rule speaks of that looks at these columns.

    An amount that is compared with something is not spoken of for its size.

    >>> quantities(frozenset({"amount", "user_p95"})) == quantity("user_p95")
    True
    """
    bits = 0
    for column in columns:
        bits |= quantity(column)
    return bits & ~_SIZE if bits & _AMOUNTS else bits


@lru_cache(maxsize=64)
def each_quantity(columns: tuple[str, ...]) -> tuple[int, ...]:
    """Return `quantity` of each column; the same columns are asked for with every payment.

    >>> each_quantity(("hour", "weekday")) == (quantity("hour"), quantity("weekday"))
    True
    """
    return tuple(map(quantity, columns))
