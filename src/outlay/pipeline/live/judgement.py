"""What the detectors, the alert budget and the policy make of payments that have their features."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from outlay.decision import Books, allot, as_risk, verdict
from outlay.pipeline.judge import details, witnesses
from outlay.pipeline.live.decision import Answered, RuleVerdict, Scores, rfc3339
from outlay.pipeline.live.payment import Payment
from outlay.pipeline.model import Model
from outlay.pipeline.reasons import explain
from outlay.schema.table import Columns

_FIRST = np.zeros(1, np.int64)


class Judge:
    """Judges payments by one model."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._budget = model.config.alerts.budget()

    def judge(
        self,
        payments: Sequence[Payment],
        columns: Columns,
        late: Sequence[bool],
        books: Books,
    ) -> tuple[list[Answered], list[Books]]:
        """Return the decisions, and the books before each of them and after the last."""
        model = self._model
        table = _frame(columns)
        detail = details(table, model.detectors)
        shares = model.risk.share(witnesses(table, detail))
        chain, alerts, thresholds = [books], [], []
        for share, payment in zip(shares, payments, strict=True):
            is_alert, threshold, books = allot(
                np.array([share]), np.array([payment.timestamp]), _FIRST, self._budget, books
            )
            chain.append(books)
            alerts.append(bool(is_alert[0]))
            thresholds.append(float(threshold[0]))
        own = table.select("prior_count").with_columns(
            tail_share=shares,
            alert_share=pl.Series(thresholds),
            in_budget=pl.Series(alerts),
            risk=as_risk(shares),
        )
        decided = verdict(
            own.hstack(detail),
            forest_threshold=model.forest_threshold,
            policy=model.config.policy,
        )
        whole = table.hstack(detail).hstack(own.select("risk")).hstack(decided)
        rows = whole.rows(named=True)
        flagged = [k for k, row in enumerate(rows) if row["is_anomaly"] or row["is_alert"]]
        said = explain(model, whole[flagged]) if flagged else []
        texts = {k: [r.text for r in own_] for k, own_ in zip(flagged, said, strict=True)}
        return [
            self._answer(payment, row, texts.get(k, []), late=late[k])
            for k, (payment, row) in enumerate(zip(payments, rows, strict=True))
        ], chain

    def _answer(
        self, payment: Payment, row: dict[str, Any], reasons: list[str], *, late: bool
    ) -> Answered:
        return Answered(
            payment.transaction_id,
            payment.user_id,
            rfc3339(payment.timestamp),
            row["risk"],
            row["severity"],
            row["outcome"],
            row["is_alert"],
            row["is_anomaly"],
            row["assessed"],
            late,
            Scores(row["anomaly_score"], row["rule_confidence"], row["fuzzy_risk_score"]),
            row["fuzzy_risk_category"],
            RuleVerdict(row["rule_violations"], row["rule_severity"], row["rule_action"]),
            reasons,
            self._model.digest,
        )


def _frame(columns: Columns) -> pl.DataFrame:
    return pl.DataFrame(
        {
            name: columns.number(name) if columns.is_number(name) else columns.text(name)
            for name in columns.names
        }
    )
