"""The verdict: what follows from the evidence, against the policy as it reads."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import astuple

from outlay.decision import OUTCOMES, SEVERITIES, Evidence, Policy, verdict

THRESHOLD, WORST = 0.01, 2
shares = st.sampled_from([0.0, 1e-4, 5e-4, 1e-3, 0.003, 0.01, 0.5, 1.0])
row = st.tuples(
    *(st.booleans(), shares, st.integers(0, WORST)),
    *(st.booleans(), st.booleans(), shares, shares, st.integers(0, 12).map(float)),
)
KINDS = "?", "f8", "u1", "?", "?", "f8", "f8", "f8"


def evidence(rows):
    """Return the rows as arrays."""
    columns = zip(*rows, strict=True) if rows else [()] * len(KINDS)
    by_rule, score, category, *others = map(np.array, columns, KINDS)
    return Evidence(by_rule, score, THRESHOLD, category, WORST, *others)


def naive(one, policy):
    """Return one row's verdict as the policy reads."""
    by_rule, score, category, always, inside, share, held, prior = one
    anomaly = by_rule or score >= THRESHOLD or category == WORST
    alert = inside or always
    against = share / held if held else (np.inf if share else np.nan)
    if not alert:
        severity, outcome = "low", "approve"
    elif against <= policy.critical:
        severity, outcome = "critical", policy.outcome_of_critical
    else:
        severity = "high" if against <= policy.high else "medium"
        outcome = policy.outcome_of_alert
    return anomaly, severity, outcome, alert, prior >= policy.min_history, 100.0 * (1.0 - share)


@pytest.mark.parametrize(
    "policy",
    [
        Policy(),
        Policy(high=0.1, critical=0.5, outcome_of_alert="block", min_history=0),
        Policy(outcome_of_critical="review", min_history=3),
    ],
)
@given(rows=st.lists(row, min_size=1, max_size=20))
def test_verdicts_are_what_the_policy_says(rows, policy):
    """Every row's anomaly, severity, outcome, alert and assessment are those of the definition."""
    found = verdict(evidence(rows), policy)

    assert [
        (bool(a), SEVERITIES[s], OUTCOMES[o], bool(alert), bool(assessed), risk)
        for a, s, o, alert, assessed, risk in zip(*astuple(found), strict=True)
    ] == [naive(one, policy) for one in rows]


def test_no_rows_have_no_verdict():
    """An empty table is judged like any other."""
    found = verdict(evidence([]), Policy())

    assert [len(column) for column in astuple(found)] == [0] * 6
