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
    high: float,
    critical: float,
    is_alert: Bools,
    severity: Codes,
) -> None:
    """Write which rows are alerts, and how far inside what they were held to."""
    for row in range(len(share)):
        is_alert[row] = in_budget[row] or always_alert[row]
        severity[row] = LOW
        if not is_alert[row]:
            continue
        against = share[row] / alert_share[row]
        severity[row] = MEDIUM
        if against <= critical:
            severity[row] = CRITICAL
        elif against <= high:
            severity[row] = HIGH
