"""The compiled verdict: one pass over the rows."""

import numpy as np
from numpy.typing import NDArray

from outlay.jit import kernel

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Codes = NDArray[np.uint8]

LOW, MEDIUM, HIGH, CRITICAL = range(4)


@kernel
def judge(
    share: Floats,
    alert_share: Floats,
    in_budget: Bools,
    always_alert: Bools,
    prior_count: Floats,
    high: float,
    critical: float,
    min_history: float,
    outcomes: Codes,
    flags: Bools,
    codes: Codes,
) -> None:
    """Write which rows are alerts and which assessed (2, rows); severity and outcome (2, rows).

    How severe an alert is depends on how far inside what it was held to it is.
    """
    for row in range(len(share)):
        is_alert = in_budget[row] or always_alert[row]
        severity = LOW
        if is_alert:
            against = share[row] / alert_share[row]
            severity = MEDIUM
            if against <= critical:
                severity = CRITICAL
            elif against <= high:
                severity = HIGH
        flags[0, row] = is_alert
        flags[1, row] = prior_count[row] >= min_history
        codes[0, row] = severity
        codes[1, row] = outcomes[severity]


@kernel
def any_of(
    by_rule: Bools, scores: Floats, threshold: float, places: Codes, place: int, found: Bools
) -> None:
    """Write which rows a rule marks, or a score from a threshold on, or a code."""
    for row in range(len(found)):
        found[row] = by_rule[row] or scores[row] >= threshold or places[row] == place
