"""What the violated rules say in words, with the values of the row and what would be normal."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import polars as pl

from outlay.detectors.rules import _kernels as k
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
    reasons: list[list[Reason]] = [[] for _ in range(rows.height)]
    for j, rule in enumerate(verdicts.rules):
        at = verdicts.violated(j).nonzero()[0]
        scores = verdicts.each[k.SCORE, j, at].tolist()
        for i, reason in zip(
            at.tolist(), _worded(pack, rule, scores, rows[at], wording), strict=True
        ):
            reasons[i].append(reason)
    near = verdicts.anomalies & ~verdicts.bits.any(axis=0)
    for i in near.nonzero()[0].tolist():
        reasons[i] = [_combined(verdicts, i)]
    for found in reasons:
        if len(found) > 1:
            found.sort(key=_weight, reverse=True)
    return reasons


def _weight(reason: Reason) -> float:
    return reason.weight


def _worded(
    pack: Pack, rule: Rule, scores: list[float], rows: pl.DataFrame, wording: Wording
) -> list[Reason]:
    """Return one rule's reason for each of the rows that violate it."""
    severities = [rule.severity_of(score) for score in scores]
    shows = rule.shows | set(_COMPUTED)
    columns: dict[str, Sequence[Any]] = {
        **{name: (value,) * len(scores) for name, value in pack.scope.parameters.items()},
        **{name: rows[name].to_list() for name in rows.columns if name in shows},
        "severity": severities,
    }
    texts = rule.reason.fill_all(columns, len(scores), wording)
    if rule.normal:
        normal = rule.normal.fill_all(columns, len(scores), wording)
        texts = [f"{text}; normal is {usual}" for text, usual in zip(texts, normal, strict=True)]
    return [
        Reason(rule.code, text, WEIGHTS[severity], "rules")
        for text, severity in zip(texts, severities, strict=True)
    ]


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


def _combined(verdicts: Verdicts, i: int) -> Reason:
    """Word an anomaly without a violation by the rules that it comes nearest to."""
    confidence = float(verdicts.confidence[i])
    named = ", ".join(f"{rule.name} {score:.0%}" for score, rule in verdicts.scores(i)[:3])
    text = f"no rule is violated, but together the near misses reach {confidence:.2f}: {named}"
    return Reason(COMBINED, text, min(confidence, WEIGHTS["medium"]), "rules")
