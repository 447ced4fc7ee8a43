"""The verdict: what follows from the evidence, against the policy as it reads."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.decision import OUTCOMES, SEVERITIES, Evidence, Policy, any_of, verdict

shares = st.sampled_from([0.0, 1e-4, 5e-4, 1e-3, 0.003, 0.01, 0.5, 1.0])
row = st.tuples(
    st.booleans(), st.booleans(), st.booleans(), shares, shares, st.integers(0, 12).map(float)
)


def evidence(rows):
    """Return the rows as arrays."""
    kinds = (np.bool_, np.bool_, np.bool_, np.float64, np.float64, np.float64)
    return Evidence(*(np.array(c, k) for c, k in zip(zip(*rows, strict=True), kinds, strict=True)))


def naive(one, policy):
    """Return one row's verdict as the policy reads."""
    anomaly, always, inside, share, held, prior = one
    alert = inside or always
    against = share / held if held else (np.inf if share else np.nan)
    if not alert:
        severity, outcome = "low", "approve"
    elif against <= policy.critical:
        severity, outcome = "critical", policy.outcome_of_critical
    else:
        severity = "high" if against <= policy.high else "medium"
        outcome = policy.outcome_of_alert
    return anomaly, severity, outcome, alert, prior >= policy.min_history


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
        (bool(a), SEVERITIES[s], OUTCOMES[o], bool(alert), bool(assessed))
        for a, s, o, alert, assessed in zip(*found, strict=True)
    ] == [naive(one, policy) for one in rows]


def test_no_rows_have_no_verdict():
    """An empty table is judged like any other."""
    empty = np.zeros(0)
    flags = empty.astype(np.bool_)
    found = verdict(Evidence(flags, flags, flags, empty, empty, empty), Policy())

    assert [len(column) for column in found] == [0] * 5


@given(st.lists(st.tuples(st.booleans(), shares, st.integers(0, 2)), max_size=20), shares)
def test_any_mark_is_enough(rows, threshold):
    """A row is marked by the rules, by a score from the threshold on, or by its place."""
    flags = np.array([row[0] for row in rows], np.bool_)
    scores = np.array([row[1] for row in rows], np.float64)
    places = np.array([row[2] for row in rows], np.uint8)
    found = any_of(flags, scores, threshold, places, 2)

    assert found.tolist() == [
        flag or score >= threshold or place == 2 for flag, score, place in rows
    ]
