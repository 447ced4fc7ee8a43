"""From the verdicts to the columns of the scored table."""

from typing import Final

import numpy as np
import polars as pl

from outlay.detectors.rules.judge import Bools, Floats, Verdicts
from outlay.detectors.rules.pack import Pack

FEEDS: Final = ("amount_score", "user_percentile_score", "hour_risk_score")
NORMAL: Final = "normal"
_BITS: Final = 62
"""Rules in one integer."""


def detail(pack: Pack, verdicts: Verdicts) -> pl.DataFrame:
    """Return what the scored table says about the rules, one row a transaction."""
    confidence = verdicts.confidence(pack.combine)
    anomalies = verdicts.violated.any(axis=1) | (confidence > pack.anomaly_above)
    rounded = np.round(confidence, 3)
    always = np.array([rule.always_alert for rule in verdicts.rules], np.bool_)
    return pl.DataFrame(
        {
            "rule_confidence": rounded,
            "rule_is_anomaly": anomalies,
            "rule_violations": codes(verdicts),
            **{name: _fed(verdicts, name) for name in FEEDS},
            **_bands(pack, rounded, anomalies),
            "rule_always_alert": (verdicts.violated & always).any(axis=1),
        }
    )


def codes(verdicts: Verdicts) -> pl.Series:
    """Return the codes of the violated rules of each row: few combinations, looked up by number."""
    words = [rule.code for rule in verdicts.rules]
    masks = pl.DataFrame(
        {
            f"{start}": _bits(verdicts.violated[:, start : start + _BITS])
            for start in range(0, max(len(words), 1), _BITS)
        }
    )
    seen = masks.unique(maintain_order=True)
    lists = [[words[i] for i in _ones(row)] for row in seen.rows()]
    known = seen.with_columns(pl.Series("codes", lists, pl.List(pl.String)))
    return masks.join(known, on=masks.columns, how="left", maintain_order="left")["codes"]


def _bits(violated: Bools) -> pl.Series:
    mask = np.zeros(len(violated), np.int64)
    for i, column in enumerate(violated.T):
        mask |= column.astype(np.int64) << i
    return pl.Series(mask)


def _ones(masks: tuple[int, ...]) -> list[int]:
    return [
        i + block * _BITS for block, mask in enumerate(masks) for i in range(_BITS) if mask >> i & 1
    ]


def _fed(verdicts: Verdicts, name: str) -> Floats:
    """Return the highest score among the rules that feed a column and apply; 0 with none."""
    feeding = [i for i, rule in enumerate(verdicts.rules) if rule.feeds == name]
    counted = np.where(verdicts.applies[:, feeding], verdicts.scores[:, feeding], 0.0)
    highest: Floats = counted.max(axis=1, initial=0.0)
    return highest


def _bands(pack: Pack, rounded: Floats, anomalies: Bools) -> dict[str, pl.Series]:
    """Return severity and action by the confidence as it is shown."""
    at_least = np.array([band.at_least for band in pack.bands])  # falling
    band = np.searchsorted(-at_least, -rounded).clip(max=len(at_least) - 1)
    place = pl.Series(np.where(anomalies, band, len(at_least)))
    severities = pl.Series([*(b.severity for b in pack.bands), NORMAL])
    actions = pl.Series([*(b.action for b in pack.bands), None], dtype=pl.String)
    return {"rule_severity": severities.gather(place), "rule_action": actions.gather(place)}
