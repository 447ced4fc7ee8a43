"""What a report counts, block by block: blocks in any split give the same counts."""

import io
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from outlay.schema.catalog import NAMES
from outlay.sinks.report.exact import ExactSum
from outlay.sinks.report.signals import Marks, marks_of
from outlay.sinks.table import alert_rows

SCORE_BINS = 50


@dataclass(slots=True)
class Tally:
    """Counts over scored transactions.

    Parameters
    ----------
    threshold
        The forest's.
    rows, anomalies, not_assessed
        Transactions: all, anomalous ones, those judged without their user's history.
    first, last, amount
        The period and the sum.
    scores
        How many scores lie in each of equally wide bins.
    present
        How many transactions have which feature.
    marks
        How often which detectors and rules spoke together.
    alerts
        The alerts' columns, block by block.
    users, users_not_assessed
        Users, and those none of whose transactions could be judged by their own history.
    """

    threshold: float
    rows: int = 0
    first: datetime | None = None
    last: datetime | None = None
    amount: ExactSum = field(default_factory=ExactSum)
    anomalies: int = 0
    not_assessed: int = 0
    scores: NDArray[np.int64] = field(default_factory=lambda: np.zeros(SCORE_BINS, np.int64))
    present: Counter[str] = field(default_factory=Counter)
    marks: Marks = field(default_factory=Counter)
    alerts: list[pl.DataFrame] = field(default_factory=list)
    users: int = 0
    users_not_assessed: int = 0

    @classmethod
    def of(cls, scored: pl.DataFrame, threshold: float) -> "Tally":
        """Count a whole table."""
        tally = cls(threshold)
        tally.add(scored)
        tally.add_users(scored)
        return tally

    def add(self, block: pl.DataFrame, numbers: pl.Series | None = None) -> None:
        """Count some scored transactions; blocks come in the order of the input.

        Within a block rows may stand in any order if ``numbers`` say where each stood.
        """
        self.count(block)
        alerts = alert_rows(block)
        if numbers is not None:
            alerts = alerts[numbers.filter(block["is_alert"]).arg_sort()]
        self.alerts.append(_by_itself(alerts))

    def count(self, block: pl.DataFrame) -> None:
        """Count some scored transactions of which it is not known yet which are alerts."""
        self.rows += block.height
        self._add_period(block["timestamp"])
        self.amount.add(block["amount"].cast(pl.Float64).drop_nulls().to_numpy())
        self.anomalies += _true(block, "is_anomaly")
        self.not_assessed += _false(block, "assessed")
        self.scores += _histogram(block)
        self.present.update(_present(block))
        self.marks.update(marks_of(block, self.threshold))

    def settle(self, alerts: pl.DataFrame) -> None:
        """Say which of the transactions that `count` saw became alerts, in the order of the input."""
        self.marks.subtract(marks_of(alerts.drop("is_alert"), self.threshold))
        self.marks.update(marks_of(alerts, self.threshold))
        self.marks = +self.marks  # without those of which none is left
        self.alerts.append(_by_itself(alert_rows(alerts)))

    def add_users(self, frame: pl.DataFrame) -> None:
        """Count users; all transactions of each stand in ``frame``."""
        if "assessed" not in frame.columns:
            self.users += frame["user_id"].n_unique()
            return
        own = frame.select("user_id", "assessed")  # else the whole table is brought into one piece
        known = own.group_by("user_id").agg(pl.col("assessed").fill_null(value=True).any())
        self.users += known.height
        self.users_not_assessed += known.height - int(known["assessed"].sum())

    def _add_period(self, times: pl.Series) -> None:
        for first, last in [(times.min(), times.max())]:
            ours = [moment for moment in (self.first, first) if isinstance(moment, datetime)]
            self.first = min(ours, default=None)
            ours = [moment for moment in (self.last, last) if isinstance(moment, datetime)]
            self.last = max(ours, default=None)


def _by_itself(rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows that share no memory with the block they were taken from.

    A filtered column of texts keeps all texts alive; written the old way, each has its own alone.
    """
    into = io.BytesIO()
    rows.write_ipc_stream(into, compat_level=pl.CompatLevel.oldest())
    into.seek(0)
    return pl.read_ipc_stream(into)


def _true(block: pl.DataFrame, name: str) -> int:
    return int(block[name].sum() or 0) if name in block.columns else 0


def _false(block: pl.DataFrame, name: str) -> int:
    return int((~block[name]).sum() or 0) if name in block.columns else 0


def _histogram(block: pl.DataFrame) -> NDArray[np.int64]:
    """Count the scores in equally wide bins; 1.0 belongs to the last."""
    if "anomaly_score" not in block.columns:
        return np.zeros(SCORE_BINS, np.int64)
    scores = block["anomaly_score"].cast(pl.Float64).drop_nulls().to_numpy()
    is_nan = np.isnan(scores)
    scores = scores[~is_nan] if is_nan.any() else scores
    places = np.clip(scores * SCORE_BINS, 0, SCORE_BINS - 1).astype(np.int64)
    return np.bincount(places, minlength=SCORE_BINS)


def _present(block: pl.DataFrame) -> dict[str, int]:
    names = [name for name in NAMES if name in block.columns]
    if not names or not block.height:
        return dict.fromkeys(names, 0)
    counts = block.select(pl.col(names).cast(pl.Float64).is_not_nan().sum())
    return counts.row(0, named=True)
