"""Fraud labels as people write them."""

from typing import Final

import polars as pl

from outlay.schema.intake.text import counted

_TRUE: Final = ("1", "1.0", "true", "t", "yes", "y", "fraud", "fraudulent", "confirmed_fraud")
_FALSE: Final = (
    *("0", "0.0", "false", "f", "no", "n", "legit", "legitimate", "genuine", "normal"),
    *("not fraud", "not_fraud", "non-fraud", "non_fraud", "nonfraud", "false_positive"),
)
_VERDICT: Final = dict.fromkeys(_TRUE, True) | dict.fromkeys(_FALSE, False)


def read_labels(column: pl.Series) -> tuple[pl.Series, list[str]]:
    """Return true, false or null for each label; what is neither yes nor no is null, and said."""
    if column.dtype == pl.Boolean:
        return column, []
    if column.dtype.is_nested():
        return pl.repeat(None, len(column), dtype=pl.Boolean, eager=True), [_said(column, column)]
    text = column.cast(pl.String, strict=False).str.strip_chars().str.to_lowercase()
    labels = text.replace_strict(_VERDICT, default=None, return_dtype=pl.Boolean)
    odd = column.filter(labels.is_null() & (text != ""))
    return labels, [_said(column, odd)] if len(odd) else []


def _said(column: pl.Series, odd: pl.Series) -> str:
    example = min(map(str, odd.unique().to_list()))[:40]
    return f"is_fraud: {counted(len(odd), 'value')} of {column.name!r} neither yes nor no, such as {example!r}: unlabelled"
