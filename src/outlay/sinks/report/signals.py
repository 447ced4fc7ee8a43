"""What each detector and each rule contributed, and how they overlap."""

from collections.abc import Mapping

import polars as pl

from outlay.sinks.marks import by_category, by_rule, by_score
from outlay.sinks.report.data import Overlap, RunFacts, Signal

_DETECTORS = {
    "rules": "any rule of the pack",
    "isolation forest": "anomaly score at or above the threshold",
    "fuzzy": "fuzzy risk category high",
}
_RULES_IN_MATRIX = 10


def signals_of(scored: pl.DataFrame, facts: RunFacts) -> tuple[tuple[Signal, ...], Overlap]:
    """Return every signal, detectors first, rules by how often they spoke, and their overlap."""
    fired = _fired(scored)
    marks = scored.select(
        **_detectors(scored.columns, facts.threshold),
        is_alert=_flag(scored, "is_alert"),
        violations=_violations(scored),
    )
    detectors = [_detector(marks, name) for name in _DETECTORS]
    codes = sorted({*facts.rules, *fired}, key=lambda code: (-fired.get(code, 0), code))
    rules = [_rule(marks, code, fired.get(code, 0), facts.rules) for code in codes]
    return (*detectors, *rules), _overlap(marks, [code for code in codes if code in fired])


def _detectors(columns: list[str], threshold: float) -> dict[str, pl.Expr]:
    said = (by_rule(columns), by_score(columns, threshold), by_category(columns))
    return dict(zip(_DETECTORS, said, strict=True))


def _flag(scored: pl.DataFrame, name: str) -> pl.Expr:
    return pl.col(name).fill_null(value=False) if name in scored.columns else pl.lit(value=False)


def _violations(scored: pl.DataFrame) -> pl.Expr:
    if isinstance(scored.schema.get("rule_violations"), pl.List):
        return pl.col("rule_violations").cast(pl.List(pl.String))
    return pl.lit(None, pl.List(pl.String))


def _fired(scored: pl.DataFrame) -> dict[str, int]:
    """Return how many transactions each rule marked."""
    codes = scored.select(code=_violations(scored).list.unique()).explode("code").drop_nulls()
    return dict(codes.group_by("code").len().iter_rows())


def _detector(marks: pl.DataFrame, name: str) -> Signal:
    others = [pl.col(other) for other in _DETECTORS if other != name]
    return _signal(
        marks, name, "detector", _DETECTORS[name], pl.col(name), ~pl.any_horizontal(others)
    )


def _rule(marks: pl.DataFrame, code: str, hits: int, meanings: Mapping[str, str]) -> Signal:
    if not hits:
        return Signal(code, "rule", meanings.get(code, ""), 0, 0, 0)
    no_other_rule = pl.col("violations").list.n_unique() == 1
    no_detector = ~pl.col("isolation forest") & ~pl.col("fuzzy")
    said = _says(code)
    return _signal(marks, code, "rule", meanings.get(code, ""), said, no_other_rule & no_detector)


def _signal(marks: pl.DataFrame, name: str, kind: str, meaning: str, *said: pl.Expr) -> Signal:
    hit, nobody_else = said
    row = marks.select(
        hits=hit.sum(), alone=(hit & nobody_else).sum(), in_alerts=(hit & pl.col("is_alert")).sum()
    ).row(0)
    return Signal(name, kind, meaning, *(int(count or 0) for count in row))  # type: ignore[arg-type]


def _says(code: str) -> pl.Expr:
    return pl.col("violations").list.contains(code).fill_null(value=False)


def _overlap(marks: pl.DataFrame, rules: list[str]) -> Overlap:
    """Count the pairs among the detectors and the rules that spoke most."""
    kept = rules[:_RULES_IN_MATRIX]
    said = marks.select(
        *_DETECTORS, **{f"rule {place}": _says(code) for place, code in enumerate(kept)}
    )
    flags = said.cast(pl.Float64).to_numpy()
    counts = flags.T @ flags
    return Overlap((*_DETECTORS, *kept), tuple(tuple(map(round, row)) for row in counts.tolist()))
