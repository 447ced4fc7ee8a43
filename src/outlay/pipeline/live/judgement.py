"""What the detectors, the alert budget and the policy make of payments that have their features."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
        times = np.array([payment.timestamp for payment in payments])
        verdicts, allotted = judge_arrays(self._model, columns, times, books)
        verdict = verdicts.verdict
        flagged = True in verdict.is_anomaly.tolist() or True in verdict.is_alert.tolist()
        said = texts(self._model, columns, verdicts) if flagged else {}
        return self._answers(payments, verdicts, said, late), _chain(books, payments, allotted)

    def _answers(
        self,
        payments: Sequence[Payment],
        of: Verdicts,
        said: Mapping[int, list[str]],
        late: Sequence[bool],
    ) -> list[Answered]:
        """Put the decisions together: every array becomes a list once, not a number at a time."""
        given, verdict = of.answers.given, of.verdict
        rules, digest = self._rules, self._model.digest
        bits: NDArray[np.uint64] = given["rule_violations"]
        columns: tuple[NDArray[Any], ...] = (
            verdict.risk, verdict.severity, verdict.outcome, verdict.is_alert, verdict.is_anomaly,
            verdict.assessed, given["anomaly_score"], given["rule_confidence"],
            given["fuzzy_risk_score"], given["fuzzy_risk_category"], given["rule_severity"],
            given["rule_action"], given["rule_is_anomaly"],
        )  # fmt: skip
        rows = zip(payments, late, *[column.tolist() for column in columns], strict=True)
        return [
            Answered(
                payment.transaction_id, payment.user_id, rfc3339(payment.timestamp),
                risk, SEVERITIES[severity], OUTCOMES[outcome], is_alert, is_anomaly, assessed,
                is_late, Scores(forest, confidence, fuzzy), CATEGORIES[category],
                RuleVerdict(
                    rules.violated(bits[:, row]) if by_rule else [],
                    rules.severities[band], rules.actions[action],
                ),
                said.get(row, []), digest,
            )
            for row, (
                payment, is_late, risk, severity, outcome, is_alert, is_anomaly, assessed,
                forest, confidence, fuzzy, category, band, action, by_rule,
            ) in enumerate(rows)
        ]  # fmt: skip


def _chain(books: Books, payments: Sequence[Payment], allotted: Allotted) -> list[Books]:
    """Return the books before each payment and after the last."""
    last = payments[0].timestamp if books.last is None else books.last
    after = [books]
    for place, owed in enumerate(allotted.owed.tolist()):
        last = max(last, payments[place].timestamp)
        after.append(Books(books.rows_per_day, owed, last))
    return after
