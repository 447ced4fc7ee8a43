"""The catalogue of features: one entry a feature, from which code, docs and explanations come.

"Earlier" always means: of the same user, before this transaction in time. A feature that the past
cannot answer (no earlier payment, no such column) is missing (NaN), never 0.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature: what it is called, what it is counted in, what it means, how it is made."""

    name: str
    unit: str
    meaning: str
    formula: str


_WINDOWS: Final = (("1h", "hour"), ("24h", "24 hours"), ("7d", "7 days"), ("30d", "30 days"))

FEATURES: Final[tuple[Feature, ...]] = (
    Feature("prior_count", "payments", "the user's earlier payments", "n"),
    Feature("hour", "hour 0-23", "hour of the day, local time", "hour(timestamp)"),
    Feature("weekday", "0-6", "day of the week, Monday is 0, local time", "weekday(timestamp)"),
    Feature("amount_log", "ln(currency)", "logarithm of the amount", "ln(max(amount, 0.01))"),
    Feature(
        "amount_zscore",
        "standard deviations",
        "how far the log amount lies above the user's usual, shrunk to the population",
        "(ln a - m) / s, m and s² from the earlier log amounts and the population's as 5 more",
    ),
    Feature(
        "amount_type_zscore",
        "standard deviations",
        "how far the log amount lies above the user's usual for this type of transaction, "
        "shrunk to the population",
        "as amount_zscore, over earlier payments of the same type",
    ),
    Feature(
        "amount_oddity",
        "standard deviations",
        "how unusual the amount is both for the user and for its type: a salary is large, but not odd",
        "min(amount_zscore, amount_type_zscore)",
    ),
    Feature("user_mean", "currency", "mean of the user's earlier amounts", "sum(a) / n"),
    Feature(
        "user_p95",
        "currency",
        "95th percentile of the user's earlier amounts, from 512 logarithmic bins",
        "quantile(a, 0.95), linear interpolation",
    ),
    Feature("user_max", "currency", "largest of the user's earlier amounts", "max(a)"),
    Feature("amount_ratio_mean", "ratio", "amount against the user's mean", "amount / user_mean"),
    Feature(
        "amount_ratio_p95",
        "ratio",
        "amount against the user's 95th percentile",
        "amount / user_p95",
    ),
    Feature("amount_ratio_max", "ratio", "amount against the user's largest", "amount / user_max"),
    Feature(
        "amount_share_below",
        "share 0-1",
        "share of the user's earlier amounts that are smaller, ties counted half",
        "(#{a' < a} + #{a' = a} / 2) / n",
    ),
    Feature("seconds_since_last", "seconds", "time since the user's last payment", "t - t_last"),
    Feature(
        "days_since_last_transaction",
        "days",
        "whole days since the user's last payment",
        "floor((t - t_last) / 86400)",
    ),
    Feature(
        "hour_prior_count",
        "payments",
        "the user's earlier payments within an hour of this hour of the day",
        "#{hour(t') in hour - 1, hour, hour + 1}",
    ),
    Feature(
        "type_prior_count",
        "payments",
        "the user's earlier payments of this type",
        "#{type' = type}",
    ),
    *(
        Feature(
            f"count_{w}",
            "payments",
            f"earlier payments in the last {words}",
            f"#{{t - {w} <= t' }}",
        )
        for w, words in _WINDOWS
    ),
    *(
        Feature(
            f"sum_{w}",
            "currency",
            f"sum of earlier payments in the last {words}",
            f"sum(a'; t - {w} <= t')",
        )
        for w, words in _WINDOWS
    ),
    *(
        Feature(
            f"count_ratio_{w}",
            "ratio",
            f"payments in the last {words}, this one included, against the user's usual rate",
            f"(count_{w} + 1) / (1 + rate * {w})",
        )
        for w, words in _WINDOWS
    ),
    *(
        Feature(
            f"sum_ratio_{w}",
            "ratio",
            f"amount in the last {words}, this one included, against the user's usual",
            f"(sum_{w} + amount) / (usual amount * (1 + rate * {w}))",
        )
        for w, words in _WINDOWS
    ),
    Feature(
        "burst_1h",
        "nats",
        "surprise of the number of payments in an hour under the user's own rate",
        "negative binomial deviance of count_1h",
    ),
    Feature(
        "burst_24h",
        "nats",
        "surprise of the number of payments in 24 hours under the user's own rate",
        "negative binomial deviance of count_24h",
    ),
    Feature(
        "burst",
        "nats",
        "surprise of the number of payments within an hour or a day, whichever is larger",
        "max(burst_1h, burst_24h)",
    ),
    Feature(
        "gap_surprise",
        "nats",
        "surprise of the pause before this payment under the user's own rate",
        "-ln P(pause >= seconds_since_last)",
    ),
    Feature(
        "hour_rarity",
        "nats",
        "how rarely the user pays at this hour, smoothed round the clock",
        "-ln(24 * share of the hour), the population's hours for the type as 10 more",
    ),
    Feature(
        "weekday_rarity",
        "nats",
        "how rarely the user pays on this weekday",
        "-ln(7 * share of the weekday)",
    ),
    Feature(
        "type_rarity",
        "nats",
        "how rarely the user makes this type of transaction",
        "-ln(share of the type)",
    ),
    Feature(
        "new_counterparty",
        "0 or 1",
        "the user first paid this counterparty within the last 24 hours, this payment included",
        "t - t_first < 24 h; missing in the user's own first 24 hours",
    ),
    Feature(
        "new_device",
        "0 or 1",
        "the user first used this device within the last 24 hours",
        "t - t_first < 24 h; missing in the user's own first 24 hours",
    ),
    Feature(
        "new_country",
        "0 or 1",
        "the user first paid in this country within the last 24 hours",
        "t - t_first < 24 h; missing in the user's own first 24 hours",
    ),
    Feature(
        "new_counterparties_24h",
        "counterparties",
        "counterparties first paid in the last 24 hours, this one included",
        "#{first payments, t - 24 h <= t'}",
    ),
    Feature(
        "amount_excess_counterparty",
        "ln(ratio)",
        "amount against the largest that the user has paid this counterparty before",
        "ln(a / max(a'; same counterparty))",
    ),
    Feature(
        "counterparty_prior_count",
        "payments",
        "earlier payments to this counterparty by anybody",
        "n at the counterparty",
    ),
    Feature(
        "counterparty_zscore",
        "standard deviations",
        "how far the log amount lies above what is usual at this counterparty",
        "(ln a - m) / s at the counterparty, shrunk to the population",
    ),
)

NAMES: Final = tuple(feature.name for feature in FEATURES)
"""The features' names, in the order of the columns."""

BY_NAME: Final = {feature.name: feature for feature in FEATURES}
