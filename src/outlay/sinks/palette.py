"""The colours of every page and picture.

Chosen to stay apart for colour-blind eyes and in grey print: what matters also differs in shape
(flagged transactions are diamonds) or in lightness (severities darken as they rise).
"""

from typing import Final

SUM: Final = "#0072b2"
MEAN: Final = "#c77c02"
BAND: Final = "#e69f00"
NORMAL: Final = "#7d8590"
FLAGGED: Final = "#d1122e"

SEVERITY: Final = {
    "low": "#a9bfd0",
    "medium": "#f0c04a",
    "high": "#e2711d",
    "critical": "#8c1025",
}
"""From mild to worst, in the order of stacking."""
