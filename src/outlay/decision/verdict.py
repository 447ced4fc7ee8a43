"""Evidence to one verdict: anomaly, severity, outcome. Arrays, for a table as for one payment."""

from functools import cache
from typing import Annotated, Final, Literal, get_args

import msgspec
import numpy as np
from msgspec import Meta

from outlay.decision._kernels import Bools, Codes, Floats, judge

Outcome = Literal["approve", "review", "block"]
Severity = Literal["low", "medium", "high", "critical"]

OUTCOMES: Final[tuple[Outcome, ...]] = get_args(Outcome)
SEVERITIES: Final[tuple[Severity, ...]] = get_args(Severity)
"""The words behind the numbers of a verdict, mildest first."""


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What follows from a verdict."""

    high: Annotated[
        float,
        Meta(ge=0, le=1, description="an alert this far inside the budget is of high severity"),
    ] = 1 / 3
    critical: Annotated[
        float, Meta(ge=0, le=1, description="likewise of critical severity: a tenth of it, or less")
    ] = 0.1
    outcome_of_alert: Annotated[Outcome, Meta(description="what happens to an alert")] = "review"
    outcome_of_critical: Annotated[
        Outcome, Meta(description="what happens to an alert of critical severity")
    ] = "block"
    min_history: Annotated[
        int,
        Meta(
            ge=0,
            le=1_000_000,
            description="earlier payments from which on a user's own habits judge",
        ),
    ] = 10


class Verdict(msgspec.Struct, frozen=True):
    """What was decided, an array each; severity and outcome as places in the words above.

    The risk is 0 to 100: 99 means that 1 in 100 training transactions looked as bad.
    """

    is_anomaly: Bools
    severity: Codes
    outcome: Codes
    is_alert: Bools
    assessed: Bools
    risk: Floats


class Evidence(msgspec.Struct, frozen=True):
    """What a verdict is made of, mostly an array each, a transaction a row.

    Parameters
    ----------
    by_rule
        What the rules call an anomaly.
    score, threshold
        The forest's score, and the one from which on a transaction is an anomaly.
    category, worst
        The fuzzy category, and the one that is an anomaly.
    always_alert
        What a rule wants seen, whatever the budget.
    in_budget
        What the budget has room for.
    share, alert_share
        The tail share of the risk, and the one that it was held to.
    prior_count
        The user's earlier payments.
    """

    by_rule: Bools
    score: Floats
    threshold: float
    category: Codes
    worst: int
    always_alert: Bools
    in_budget: Bools
    share: Floats
    alert_share: Floats
    prior_count: Floats


def verdict(of: Evidence, policy: Policy) -> Verdict:
    """Return what follows from the evidence under a policy."""
    rows = len(of.share)
    flags, codes, risk = (
        np.empty((3, rows), np.bool_),
        np.empty((2, rows), np.uint8),
        np.empty(rows),
    )
    judge(
        of.by_rule, of.score, of.threshold, of.category, of.worst, of.always_alert, of.in_budget,
        of.share, of.alert_share, of.prior_count, policy.high, policy.critical, float(policy.min_history),
        _outcomes(policy.outcome_of_alert, policy.outcome_of_critical), flags, codes, risk,
    )  # fmt: skip
    return Verdict(flags[0], codes[0], codes[1], flags[1], flags[2], risk)


@cache
def _outcomes(of_alert: Outcome, of_critical: Outcome) -> Codes:
    """Return the outcome of each severity."""
    words = ("approve", of_alert, of_alert, of_critical)
    return np.array([OUTCOMES.index(word) for word in words], np.uint8)
