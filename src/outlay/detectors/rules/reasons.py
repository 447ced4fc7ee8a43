"""What the violated rules say in words, with the values of the row and what would be normal."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import polars as pl

from outlay.detectors.rules.judge import Verdicts
from outlay.detectors.rules.pack import Pack, Rule, Severity
from outlay.detectors.rules.units import Wording
from outlay.schema.reason import Reason

COMBINED: Final = "rule_confidence"
"""The code of a reason that no single rule gives: several near misses together."""

WEIGHTS: Final[Mapping[Severity, float]] = {"critical": 1.0, "high": 0.8, "medium": 0.6, "low": 0.4}
"""How much a violation counts among the reasons."""

_COMPUTED: Final = ("prior_count", "hour")


def explain(
    pack: Pack, verdicts: Verdicts, rows: pl.DataFrame, wording: Wording
) -> list[list[Reason]]:
    """Return each row's reasons, weightiest first."""
    confidence = verdicts.confidence(pack.combine)
    reasons: list[list[Reason]] = [[] for _ in range(rows.height)]
    odd = verdicts.violated.any(axis=1) | (confidence > pack.anomaly_above)
    at = odd.nonzero()[0].tolist()
    for i, values in zip(at, shown(pack, rows[at]), strict=True):
        found = _violations(verdicts, i, values, wording)
        reasons[i] = found or [_combined(verdicts, i, float(confidence[i]))]
    return reasons


def shown(pack: Pack, rows: pl.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield what the texts may show of each row."""
    wanted = frozenset[str]().union(*(rule.shows for rule in pack.rules)) | set(_COMPUTED)
    columns = [name for name in rows.columns if name in wanted]
    named = rows.select(columns).rows(named=True) if columns else [{}] * rows.height
    yield from ({**pack.scope.parameters, **row} for row in named)


def worded(rule: Rule, score: float, values: Mapping[str, Any], wording: Wording) -> str:
    """Return why a violated rule was violated, and what would have been normal."""
    row = {**values, "severity": rule.severity_of(score)}
    normal = f"; normal is {rule.normal.fill(row, wording)}" if rule.normal else ""
    return rule.reason.fill(row, wording) + normal


def _violations(
    verdicts: Verdicts, i: int, values: Mapping[str, Any], wording: Wording
) -> list[Reason]:
    reasons = []
    for j in verdicts.violated[i].nonzero()[0]:
        rule, score = verdicts.rules[j], float(verdicts.scores[i, j])
        weight = WEIGHTS[rule.severity_of(score)]
        text = worded(rule, score, values, wording)
        reasons.append(Reason(rule.code, text, weight, "rules"))
    return sorted(reasons, key=lambda reason: -reason.weight)


def _combined(verdicts: Verdicts, i: int, confidence: float) -> Reason:
    """Word an anomaly without a violation by the rules that it comes nearest to."""
    scores = [
        (float(score), rule)
        for score, applies, rule in zip(
            verdicts.scores[i], verdicts.applies[i], verdicts.rules, strict=True
        )
        if applies and score > 0
    ]
    nearest = sorted(scores, key=lambda pair: -pair[0])[:3]
    named = ", ".join(f"{rule.name} {score:.0%}" for score, rule in nearest)
    text = f"no rule is violated, but together the near misses reach {confidence:.2f}: {named}"
    return Reason(COMBINED, text, min(confidence, WEIGHTS["medium"]), "rules")
