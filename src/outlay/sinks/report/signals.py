"""What each detector and each rule contributed, and how they overlap."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import polars as pl

from outlay.sinks.marks import by_category, by_rule, by_score
from outlay.sinks.report.data import Overlap, Signal

DETECTORS = {
    "rules": "any rule of the pack",
    "isolation forest": "anomaly score at or above the threshold",
    "fuzzy": "fuzzy risk category high",
}
_RULES_IN_MATRIX = 10

Spoke = tuple[bool, bool, bool, bool, tuple[str, ...]]
"""Rules, forest, fuzzy, whether it became an alert, and the rules that were violated."""
Marks = Counter[Spoke]


def marks_of(scored: pl.DataFrame, threshold: float) -> Marks:
    """Return how often which signals spoke together; where none did is left out."""
    columns = scored.columns
    said = (by_rule(columns), by_score(columns, threshold), by_category(columns))
    marks = scored.select(
        *(mark.alias(str(at)) for at, mark in enumerate(said)),
        alert=pl.col("is_alert").fill_null(value=False) if "is_alert" in columns else False,
        violations=_violations(scored),
    ).filter(pl.any_horizontal("0", "1", "2", "alert") | (pl.col("violations").list.len() > 0))
    found = Marks()
    for rules, forest, fuzzy, alert, codes, count in (
        marks.group_by(marks.columns).len().iter_rows()
    ):
        said_by = tuple(sorted({code for code in codes or () if code is not None}))
        found[bool(rules), bool(forest), bool(fuzzy), bool(alert), said_by] += count
    return found


def _violations(scored: pl.DataFrame) -> pl.Expr:
    if isinstance(scored.schema.get("rule_violations"), pl.List):
        return pl.col("rule_violations").cast(pl.List(pl.String))
    return pl.lit(None, pl.List(pl.String))


def signals_of(marks: Marks, meanings: Mapping[str, str]) -> tuple[tuple[Signal, ...], Overlap]:
    """Return every signal, detectors first, rules by how often they spoke, and their overlap."""
    fired = Counter[str]()
    for spoke, count in marks.items():
        fired.update(dict.fromkeys(spoke[-1], count))
    detectors = [
        _signal(marks, name, "detector", DETECTORS[name], *_of_detector(at))
        for at, name in enumerate(DETECTORS)
    ]
    codes = sorted({*meanings, *fired}, key=lambda code: (-fired[code], code))
    rules = [
        _signal(marks, code, "rule", meanings.get(code, ""), *_of_rule(code)) for code in codes
    ]
    return (*detectors, *rules), _overlap(marks, [code for code in codes if fired[code]])


Says = Callable[[Spoke], bool]


def _of_detector(place: int) -> tuple[Says, Says]:
    """Return whether a detector spoke, and whether it did so alone."""
    return lambda spoke: bool(spoke[place]), lambda spoke: sum(spoke[:3]) == 1


def _of_rule(code: str) -> tuple[Says, Says]:
    """Return whether a rule spoke, and whether no other rule and no other detector did."""
    return (
        lambda spoke: code in spoke[-1],
        lambda spoke: len(spoke[-1]) == 1 and not spoke[1] and not spoke[2],
    )


def _signal(  # noqa: PLR0913, PLR0917 - what it is called, and what it says
    marks: Marks, name: str, kind: str, meaning: str, said: Says, alone: Says
) -> Signal:
    hits = [(spoke, count) for spoke, count in marks.items() if said(spoke)]
    return Signal(
        name,
        kind,  # type: ignore[arg-type]
        meaning,
        sum(count for _, count in hits),
        sum(count for spoke, count in hits if alone(spoke)),
        sum(count for spoke, count in hits if spoke[3]),
    )


def _overlap(marks: Marks, rules: Sequence[str]) -> Overlap:
    """Count the pairs among the detectors and the rules that spoke most."""
    kept = rules[:_RULES_IN_MATRIX]
    said = [*(_of_detector(at)[0] for at in range(len(DETECTORS))), *(_of_rule(c)[0] for c in kept)]
    flags = [([says(spoke) for says in said], count) for spoke, count in marks.items()]
    counts = tuple(
        tuple(sum(n for flag, n in flags if flag[a] and flag[b]) for b in range(len(said)))
        for a in range(len(said))
    )
    return Overlap((*DETECTORS, *kept), counts)
