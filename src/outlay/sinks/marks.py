"""What says that a transaction is anomalous, read from the columns of a scored table.

In Polars a NaN is greater than any number, so a missing score must become null before it is compared.
"""

from collections.abc import Collection
from itertools import product

import polars as pl

HIGH = "high"
_HIGHS = ["".join(signs) for signs in product(*zip(HIGH, HIGH.upper(), strict=True))]
"""In whatever case: to make new texts of all categories would take six times as long."""


def by_score(columns: Collection[str], threshold: float) -> pl.Expr:
    """Return whether the anomaly score reaches the threshold; a missing score does not."""
    if "anomaly_score" not in columns:
        return pl.lit(value=False)
    score = pl.col("anomaly_score").cast(pl.Float64).fill_nan(None)
    return (score >= threshold).fill_null(value=False)


def by_category(columns: Collection[str]) -> pl.Expr:
    """Return whether the fuzzy risk category is high, in whatever case; the column may be missing."""
    if "fuzzy_risk_category" not in columns:
        return pl.lit(value=False)
    category = pl.col("fuzzy_risk_category").cast(pl.String)
    return category.is_in(_HIGHS).fill_null(value=False)


def by_rule(columns: Collection[str]) -> pl.Expr:
    """Return whether a rule says so; the column may be missing."""
    if "rule_is_anomaly" not in columns:
        return pl.lit(value=False)
    return pl.col("rule_is_anomaly").cast(pl.Boolean).fill_null(value=False)
