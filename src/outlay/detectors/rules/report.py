"""The full report of one transaction in plain text: everything the rules know and what to do."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

import polars as pl

from outlay.detectors.rules import _kernels as k
from outlay.detectors.rules import columns
from outlay.detectors.rules.judge import Judge, Verdicts
from outlay.detectors.rules.library import load_pack
from outlay.detectors.rules.pack import Pack
from outlay.detectors.rules.reasons import explain, shown, worded
from outlay.detectors.rules.scope import COLUMNS, Kind, Scope
from outlay.detectors.rules.units import UNKNOWN, Wording, clock, text, time_of_day, written
from outlay.schema.table import Columns

_DTYPES: Final[Mapping[Kind, Any]] = {
    "number": pl.Float64,
    "text": pl.String,
    "boolean": pl.Boolean,
}


def report(
    row: Mapping[str, Any] | pl.DataFrame,
    currency: str | None = None,
    *,
    pack: Pack | None = None,
    wording: Wording | None = None,
) -> str:
    """Return the report of one transaction.

    Parameters
    ----------
    row
        The transaction and its features: a table of one row, or one row's values by name.
    currency
        What the amount is in.
    pack
        The rules to judge it by; ``classic`` if not given.
    """
    rules = pack or load_pack("classic")
    table = _table(row, rules.scope)
    how = wording or Wording(currency)
    verdicts = Judge.of(rules, "active").verdicts(Columns.of(table), each=True)
    return "\n".join(_lines(rules, verdicts, table, how))


def _lines(pack: Pack, verdicts: Verdicts, table: pl.DataFrame, how: Wording) -> Iterator[str]:
    found = columns.detail(pack, verdicts).row(0, named=True)
    values = table.row(0, named=True)
    normal = not found["rule_is_anomaly"]
    yield (
        "NORMAL: no rule is violated"
        if normal
        else f"{found['rule_severity'].upper()} RISK by the rules"
    )
    yield ""
    yield f"Transaction  {_said(values.get('transaction_id'))}"
    yield f"User         {_said(values.get('user_id'))}"
    yield f"Confidence   {found['rule_confidence']:.3f}"
    yield f"Amount       {written(values.get('amount'), 'money', how)}"
    yield f"Type         {_said(values.get('transaction_type'))}"
    yield f"Time         {_time(values)}"
    yield from _violations(pack, verdicts, table, how)
    yield from _scores(verdicts)
    if not normal:
        yield from ("", f"Recommended action: {found['rule_action']}")


def _violations(pack: Pack, verdicts: Verdicts, table: pl.DataFrame, how: Wording) -> Iterator[str]:
    violated = [rule for rule in range(len(verdicts.rules)) if verdicts.violated(rule)[0]]
    if not violated:
        ((*near,),) = explain(pack, verdicts, Columns.of(table.head(1)), how)
        yield from ("", *(reason.text for reason in near)) if near else ()
        return
    values = next(shown(pack, table))
    yield from ("", "Violations")
    for number, i in enumerate(violated, 1):
        rule, score = verdicts.rules[i], float(verdicts.each[k.SCORE, i, 0])
        severity = rule.severity_of(score)
        yield f"  {number}. [{severity}] {rule.name}: {worded(rule, score, values, how)}"


def _scores(verdicts: Verdicts) -> Iterator[str]:
    """Yield the scores above zero, highest first."""
    scored = verdicts.scores(0)
    if scored:
        yield from ("", "Scores")
    for score, rule in scored:
        yield f"  {score:.3f}  {rule.name}"


def _time(values: Mapping[str, Any]) -> str:
    hour, moment = values.get("hour"), values.get("timestamp")
    stamp = f", {moment:%Y-%m-%d %H:%M:%S %Z}".rstrip() if isinstance(moment, datetime) else ""
    if hour is None or hour != hour:  # noqa: PLR0124 - NaN
        return f"{UNKNOWN}{stamp}"
    return f"{clock(hour)} ({time_of_day(hour)}){stamp}"


def _said(value: Any) -> str:
    return UNKNOWN if value is None else text(value)


def _table(row: Mapping[str, Any] | pl.DataFrame, scope: Scope) -> pl.DataFrame:
    """Return the row as a table, with only the columns that a report can use."""
    if isinstance(row, pl.DataFrame):
        return row.head(1)
    known = {**COLUMNS, **scope.columns}
    series = [
        pl.Series(name, [value], _DTYPES[known[name]], strict=False)
        for name, value in row.items()
        if name in known
    ]
    if isinstance(moment := row.get("timestamp"), datetime):
        series.append(pl.Series("timestamp", [moment]))
    return pl.DataFrame(series)
