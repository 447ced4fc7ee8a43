"""Scored transactions with labels to figures, each printed beside its definition."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import polars as pl

from outlay.errors import ConfigError, InputError, MissingColumnsError, nearest
from outlay.pipeline import metrics
from outlay.pipeline.evaluation import Evaluation, Figures
from outlay.pipeline.metrics import Flags, Floats, Ints

__all__ = ["Evaluation", "Figures", "evaluate"]

MOST_GROUPS: Final = 50
_TRUE: Final = ("1", "1.0", "true", "yes")
_FALSE: Final = ("0", "0.0", "false", "no")


def evaluate(  # noqa: PLR0913 - one choice each, by keyword
    scored: pl.DataFrame,
    *,
    label: str = "is_fraud",
    score: str = "risk",
    by: str | None = None,
    k: int = 100,
    timezone: str = "UTC",
    alert: str = "is_alert",
) -> Evaluation:
    """Compare scores and alerts with labels.

    Parameters
    ----------
    scored
        Scored transactions; rows without a label are left out and counted.
    label
        The column that says what is fraud: true and false, or 1 and 0.
    score
        The column to rank by, high is suspicious.
    by
        The column that names each fraud's scenario; every scenario is then judged apart.
    k
        How many payments, or users, somebody can look at in a day.
    timezone
        Where days begin and end; times without a zone are taken as they stand.
    alert
        The column that marks alerts; without it the figures about alerts stay empty.
    """
    if k < 1:
        raise ConfigError(f"k is {k}.\n\nHint: at least 1 payment a day is looked at.")
    _require(scored, [label, score, "user_id", "timestamp", *([by] if by else [])])
    known = scored.with_columns(_as_flag(scored, label).alias(label)).drop_nulls(label)
    data = _Data.of(known, label, score, alert, timezone)
    data.require_both(label)
    return Evaluation(
        label=label,
        score=score,
        by=by,
        k=k,
        days=len(np.unique(data.day)),
        unlabelled=len(scored) - len(known),
        overall=data.figures(k),
        random=data.random(k),
        perfect=data.perfect(k),
        groups=dict(_groups(data, known[by], by, k)) if by else {},
    )


@dataclass(frozen=True, slots=True)
class _Data:
    """The columns that figures are made of."""

    label: Flags
    score: Floats
    day: Ints
    time: Ints
    user: Ints
    alert: Flags | None
    amount: Floats | None

    @classmethod
    def of(cls, known: pl.DataFrame, label: str, score: str, alert: str, timezone: str) -> "_Data":
        time = _times(known["timestamp"], timezone)
        return cls(
            label=known[label].to_numpy(),
            score=_scores(known[score]),
            day=time.dt.date().cast(pl.Int64).to_numpy(),
            time=time.cast(pl.Int64).to_numpy(),
            user=known["user_id"].rank("dense").cast(pl.Int64).to_numpy(),
            alert=_as_flag(known, alert).fill_null(value=False).to_numpy()
            if alert in known.columns
            else None,
            amount=known["amount"].cast(pl.Float64).fill_null(0.0).to_numpy()
            if "amount" in known.columns
            else None,
        )

    def require_both(self, label: str) -> None:
        """Refuse labels that are all alike, or none at all."""
        if not len(self.label):
            raise InputError(
                f"No payment has a label in {label!r}.\n\n"
                "Hint: evaluation compares scores with what is known to be fraud."
            )
        if self.label.all() or not self.label.any():
            kind = "fraud" if self.label.any() else "legitimate"
            raise InputError(
                f"Every payment with a label in {label!r} is {kind} ({len(self.label):,} of them); "
                "nothing can be told apart.\n\nHint: evaluate payments of both kinds."
            )

    def only(self, keep: Flags) -> "_Data":
        """Return the rows for which ``keep`` holds."""
        return _Data(
            label=self.label[keep],
            score=self.score[keep],
            day=self.day[keep],
            time=self.time[keep],
            user=self.user[keep],
            alert=None if self.alert is None else self.alert[keep],
            amount=None if self.amount is None else self.amount[keep],
        )

    def figures(self, k: int) -> Figures:
        """Return the figures of the ranking and its alerts."""
        label, score = self.label, self.score
        return Figures(
            payments=len(label),
            frauds=int(label.sum()),
            roc_auc=metrics.roc_auc(label, score),
            average_precision=metrics.average_precision(label, score),
            precision_at_k=metrics.precision_at_k(label, score, self.day, k),
            user_precision_at_k=metrics.user_precision_at_k(label, score, self.day, self.user, k),
            **self._alerts(),
        )

    def _alerts(self) -> dict[str, float | None]:
        if self.alert is None:
            return {}
        hits = int((self.alert & self.label).sum())
        false = int((self.alert & ~self.label).sum())
        value = None
        if self.amount is not None:
            value = metrics.value_detection_rate(
                self.label, self.alert, self.amount, self.user, self.time
            )
        return {
            "alert_rate": (hits + false) / len(self.label),
            "precision": hits / (hits + false) if hits + false else None,
            "recall": hits / int(self.label.sum()),
            "false_positive_ratio": false / hits if hits else None,
            "false_positive_rate": false / int((~self.label).sum()),
            "value_detection_rate": value,
        }

    def random(self, k: int) -> Figures:
        """Return the figures of a ranking by lot."""
        rate = float(self.label.mean())
        return Figures(
            payments=len(self.label),
            frauds=int(self.label.sum()),
            roc_auc=0.5,
            average_precision=rate,
            precision_at_k=metrics.random_precision_at_k(self.label, self.day, k),
            user_precision_at_k=metrics.random_user_precision_at_k(
                self.label, self.day, self.user, k
            ),
        )

    def perfect(self, k: int) -> Figures:
        """Return the figures of a ranking that knows the labels."""
        return replace(self, score=self.label.astype(np.float64), alert=None).figures(k)


def _require(scored: pl.DataFrame, names: list[str]) -> None:
    for name in names:
        if name not in scored.columns:
            raise MissingColumnsError(
                f"There is no column {name!r}.{nearest(name, scored.columns)} "
                f"There is {', '.join(scored.columns[:40])}.\n\n"
                "Hint: --label, --score and --by name other columns (label=, score= and by= in Python)."
            )


def _as_flag(scored: pl.DataFrame, label: str) -> pl.Series:
    """Return the labels as true, false or null, whichever way they are written."""
    column = scored[label]
    if column.dtype == pl.Boolean:
        return column
    text = column.cast(pl.String).str.strip_chars().str.to_lowercase()
    text = text.set(text == "", None)
    odd = text.filter(text.is_not_null() & ~text.is_in([*_TRUE, *_FALSE]))
    if len(odd):
        raise InputError(
            f"{label!r} holds {odd[0]!r}, which is no label.\n\n"
            "Hint: labels are true or false, or 1 or 0; empty where it is not known."
        )
    return text.is_in(list(_TRUE)).set(text.is_null(), None)


def _scores(column: pl.Series) -> Floats:
    if not column.dtype.is_numeric():
        raise InputError(
            f"{column.name!r} holds {column.dtype}, not scores.\n\nHint: rank by a number, e.g. risk."
        )
    scores: Floats = column.cast(pl.Float64).fill_null(np.nan).to_numpy()
    missing = int(np.isnan(scores).sum())
    if missing:
        raise InputError(
            f"{column.name!r} is missing in {missing:,} of {len(scores):,} payments with a label."
            "\n\nHint: score them first, or leave them out."
        )
    return scores


def _times(column: pl.Series, timezone: str) -> pl.Series:
    if not isinstance(column.dtype, pl.Datetime | pl.Date):
        raise InputError(
            f"{column.name!r} holds {column.dtype}, not times.\n\nHint: read it as times first."
        )
    if isinstance(column.dtype, pl.Datetime) and column.dtype.time_zone:
        return column.cast(pl.Datetime("us", "UTC")).dt.convert_time_zone(timezone)
    return column.cast(pl.Datetime("us"))


def _groups(data: _Data, names: pl.Series, by: str, k: int) -> Iterator[tuple[str, Figures]]:
    """Yield each scenario's figures: its frauds against all that is legitimate."""
    named = names.cast(pl.String).fill_null("").replace("", "(none)")
    of = named.to_numpy()
    kinds = named.filter(pl.Series(data.label)).unique().sort()
    if len(kinds) > MOST_GROUPS:
        raise ConfigError(
            f"The frauds have {len(kinds):,} different {by!r}, more than {MOST_GROUPS}.\n\n"
            "Hint: choose a column that names a few scenarios."
        )
    for kind in kinds:
        yield kind, data.only(~data.label | (of == kind)).figures(k)
