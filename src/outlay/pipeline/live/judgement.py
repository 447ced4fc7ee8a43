"""What the detectors, the alert budget and the policy make of payments that have their features."""

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import numpy as np

from outlay.decision import OUTCOMES, SEVERITIES, Allotted, Books
from outlay.detectors.fuzzy import CATEGORIES
from outlay.pipeline.judge import judge_arrays
from outlay.pipeline.live.decision import Answered, RuleVerdict, Scores, rfc3339
from outlay.pipeline.live.payment import Payment
from outlay.pipeline.model import Model
from outlay.pipeline.reasons import texts
from outlay.pipeline.verdicts import Verdicts
from outlay.schema.table import Columns


class Judge:
    """Judges payments by one model."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._rules: Any = model.detectors["rules"]

    def judge(
        self,
        payments: Sequence[Payment],
        columns: Columns,
        late: Sequence[bool],
        books: Books,
    ) -> tuple[list[Answered], list[Books]]:
        """Return the decisions, and the books before each of them and after the last."""
        if not payments:
            return [], [books]
        times = np.array([payment.timestamp for payment in payments])
        verdicts, allotted = judge_arrays(self._model, columns, times, books=books)
        verdict = verdicts.verdict
        flagged = bool((verdict.is_anomaly | verdict.is_alert).any())
        said = texts(self._model, columns, verdicts) if flagged else {}
        answers = [
            self._answer(payment, verdicts, row, said.get(row, []), late=late[row])
            for row, payment in enumerate(payments)
        ]
        return answers, _chain(books, payments, allotted)

    def _answer(
        self, payment: Payment, of: Verdicts, row: int, reasons: list[str], *, late: bool
    ) -> Answered:
        given, verdict = of.answers.given, of.verdict
        return Answered(
            payment.transaction_id,
            payment.user_id,
            rfc3339(payment.timestamp),
            of.risk.item(row),
            SEVERITIES[verdict.severity[row]],
            OUTCOMES[verdict.outcome[row]],
            verdict.is_alert.item(row),
            verdict.is_anomaly.item(row),
            verdict.assessed.item(row),
            late,
            Scores(
                given["anomaly_score"].item(row),
                given["rule_confidence"].item(row),
                given["fuzzy_risk_score"].item(row),
            ),
            CATEGORIES[given["fuzzy_risk_category"][row]],
            RuleVerdict(
                self._rules.violated(given["rule_violations"][:, row]),
                self._rules.severities[given["rule_severity"][row]],
                self._rules.actions[given["rule_action"][row]],
            ),
            reasons,
            self._model.digest,
        )


def _chain(books: Books, payments: Sequence[Payment], allotted: Allotted) -> list[Books]:
    """Return the books before each payment and after the last."""
    times = [payment.timestamp for payment in payments]
    start = times[0] if books.last is None else books.last
    last = list(accumulate(times, max, initial=start))[1:]
    after = zip(allotted.owed.tolist(), last, strict=True)
    return [books, *(Books(books.rows_per_day, owed, moment) for owed, moment in after)]
