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
    by_rule: Bools,
    score: Floats,
    threshold: float,
    category: Codes,
    worst: int,
    always_alert: Bools,
    in_budget: Bools,
    share: Floats,
    alert_share: Floats,
    prior_count: Floats,
    high: float,
    critical: float,
    min_history: float,
    outcomes: Codes,
    flags: Bools,
    codes: Codes,
    risk: Floats,
) -> None:
    """Write which rows are anomalies, alerts, assessed (3, rows); severity, outcome (2, rows); risk.

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
        flags[0, row] = by_rule[row] or score[row] >= threshold or category[row] == worst
        flags[1, row] = is_alert
        flags[2, row] = prior_count[row] >= min_history
        codes[0, row] = severity
        codes[1, row] = outcomes[severity]
        risk[row] = 100.0 * (1.0 - share[row])
