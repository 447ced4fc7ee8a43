"""The reasons of what was flagged, weightiest first, in words."""

import math
from typing import Any, Final

import numpy as np
import polars as pl

from outlay.features.words import words
from outlay.pipeline.model import Model
from outlay.schema.reason import Reason
from outlay.schema.table import Columns

VOICE: Final = {"rules": 1.0, "isolation_forest": 0.9, "fuzzy": 0.1}
"""How loudly each detector speaks; a rule that somebody wrote goes before what a model credits."""
MOST: Final = {"rules": 3, "isolation_forest": 4, "fuzzy": 1}
"""Reasons kept of each detector: more would repeat each other."""
SCORE_WEIGHT: Final = 0.05


def reasons(model: Model, table: pl.DataFrame) -> pl.Series:
    """Return the texts of each transaction's reasons; an empty list for what is not flagged."""
    flagged = table.with_row_index("at").filter(pl.col("is_anomaly") | pl.col("is_alert"))
    found = explain(model, flagged)
    spoken = pl.Series([len(own) for own in found], dtype=pl.UInt32)
    texts = pl.Series([reason.text for own in found for reason in own], dtype=pl.String)
    said = (
        pl.DataFrame(
            {"at": flagged["at"].repeat_by(spoken).explode(empty_as_null=False), "text": texts}
        )
        .group_by("at", maintain_order=True)
        .agg(reasons="text")
    )
    every = pl.DataFrame({"at": pl.int_range(len(table), dtype=pl.UInt32, eager=True)})
    return every.join(said, on="at", how="left", maintain_order="left")["reasons"].fill_null([])


def explain(model: Model, rows: pl.DataFrame) -> list[list[Reason]]:
    """Return every detector's reasons for each of some decided rows, weightiest first."""
    speaking = {
        "rules": pl.col("rule_is_anomaly"),
        "isolation_forest": (pl.col("anomaly_score") >= model.forest_threshold)
        | pl.col("is_alert"),
        "fuzzy": (pl.col("fuzzy_risk_category") == "high")
        | (pl.col("is_alert") & (pl.col("fuzzy_risk_category") != "low")),
    }
    found: list[list[Reason]] = [[] for _ in range(len(rows))]
    for name, says in speaking.items():
        chosen = rows.with_row_index("place").filter(says)
        heard = model.detectors[name].explain(chosen) if len(chosen) else []
        if name == "isolation_forest":
            heard = _worded(model, chosen, heard)
        if name == "rules":
            heard = _nearly(chosen, heard)
        for place, its in zip(chosen["place"].to_list(), heard, strict=True):
            found[place] += its[: MOST[name]]
    young = (rows["prior_count"].to_list(), (~rows["assessed"]).to_list())
    for place, (n, cold) in enumerate(zip(*young, strict=True)):
        found[place] = _ordered(found[place])
        if cold:
            found[place].append(_cold(n))
    return found


def _worded(model: Model, rows: pl.DataFrame, credits_: list[list[Reason]]) -> list[list[Reason]]:
    """Put the forest's credits in words, and what its score means before training's."""
    shares = model.detectors["isolation_forest"].tail(rows["anomaly_score"].to_numpy())  # type: ignore[attr-defined]
    worded = []
    for row, share, own in zip(rows.iter_rows(named=True), shares, credits_, strict=True):
        said = {}
        for reason in own:
            text = words(reason.code, row, model.currency)
            if text and text not in said:
                said[text] = Reason(reason.code, text, reason.weight, reason.detector)
        score = (
            f"anomaly score {row['anomaly_score']:.2f} is higher than "
            f"{_percent(1 - share)} of scores in training"
        )
        worded.append(
            [
                *list(said.values())[: MOST["isolation_forest"] - 1],
                Reason("anomaly_score", score, SCORE_WEIGHT, "isolation_forest"),
            ]
        )
    return worded


def _nearly(rows: pl.DataFrame, own: list[list[Reason]]) -> list[list[Reason]]:
    """Give those their reason that break no rule but come near to several."""
    for at, (confidence, broken) in enumerate(zip(rows["rule_confidence"], own, strict=True)):
        if not broken:
            text = f"no rule is broken, but several nearly are: rule confidence {confidence:.2f}"
            own[at] = [Reason("rule_confidence", text, confidence, "rules")]
    return own


def _percent(share: float) -> str:
    """Return a share in per cent, never rounded up to all of them."""
    return f"{min(math.floor(1000 * 100 * share) / 1000, 99.99):.5g} %"


def _ordered(own: list[Reason]) -> list[Reason]:
    """Return the reasons weightiest first, each text once."""
    if len(own) == 1:
        return own
    first: dict[str, Reason] = {}
    for reason in sorted(own, key=_loudness, reverse=True):
        first.setdefault(reason.text, reason)
    return list(first.values())


def _loudness(reason: Reason) -> float:
    return VOICE[reason.detector] * reason.weight


def _cold(n: float) -> Reason:
    """Say that the user is judged against the population."""
    plural = "" if n == 1 else "s"
    earlier = f"only {n:,.0f} earlier payment{plural}" if n else "no earlier payment"
    return Reason(
        "not_assessed", f"{earlier} of this user: judged against all users", 0.0, "decision"
    )


def texts(model: Model, columns: Columns, verdicts: Any) -> dict[int, list[str]]:
    """Return the texts of the flagged rows' reasons, by row."""
    from outlay.pipeline.judge import decision_frame

    flagged = np.flatnonzero(verdicts.verdict.is_anomaly | verdicts.verdict.is_alert)
    if not len(flagged):
        return {}
    whole = columns.frame().hstack(decision_frame(model, verdicts))
    said = explain(model, whole[flagged])
    return {int(k): [r.text for r in own] for k, own in zip(flagged, said, strict=True)}
