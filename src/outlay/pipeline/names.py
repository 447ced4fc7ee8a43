"""What the files of a result are called: told apart from who writes and reads them."""

from typing import Final

REPORT: Final = "report.html"
ALERTS: Final = "alerts.csv"
SCORED: Final = "scored.parquet"
SCORED_CSV: Final = "scored.csv"
REJECTED: Final = "rejected.csv"
DUPLICATES: Final = "duplicates.csv"
DASHBOARDS: Final = "dashboards"
MODEL: Final = "model"
IMPORTANCE: Final = "feature_importance.json"

RESULTS: Final = (REPORT, ALERTS, SCORED, SCORED_CSV, REJECTED, DUPLICATES, DASHBOARDS, MODEL)
"""What a result is made of, in the order in which one looks at it."""
