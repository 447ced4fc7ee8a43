"""What may have gone wrong in silence: a run that looks fine and is not.

A rule that never fires or always does, a feature that no transaction has, rows that vanished: none of
them stops a run, each of them should be seen.
"""

from collections.abc import Iterable, Iterator

from outlay.sinks.report.data import ReportData, Signal
from outlay.sinks.text import percent, plural, shorten

OFTEN = 0.05
"""A rule or detector that marks more than this share says too much to be an alarm."""

_OFF_BUDGET = 0.2
_MANY_REJECTED = 0.01
_MANY_NOT_ASSESSED = 0.3
_ENOUGH_ALERTS = 20  # below that, alerts above or below the budget are chance
_NAMED = 8


def warnings_of(data: ReportData) -> tuple[str, ...]:
    """Return what should be looked at, in whole sentences."""
    return (*_rows(data), *_budget(data), *_signals(data), *_features(data))


def _rows(data: ReportData) -> Iterator[str]:
    facts = data.facts
    if not data.adds_up:
        accounted = data.scored + facts.rejected + facts.duplicates
        yield (
            f"The rows do not add up: {facts.read:,} read, {accounted:,} accounted for. "
            "Do not rely on this result."
        )
    if facts.read and facts.rejected > _MANY_REJECTED * facts.read:
        yield f"{percent(facts.rejected / facts.read)} of the rows were rejected."
    if facts.read and facts.duplicates > _MANY_REJECTED * facts.read:
        yield f"{percent(facts.duplicates / facts.read)} of the rows were duplicates."


def _budget(data: ReportData) -> Iterator[str]:
    promised = data.facts.alert_rate
    if promised is None or data.scored * promised < _ENOUGH_ALERTS:
        return
    if abs(data.alert_share - promised) > _OFF_BUDGET * promised:
        yield (
            f"{percent(data.alert_share)} of transactions became alerts; "
            f"{percent(promised)} were promised."
        )


def _signals(data: ReportData) -> Iterator[str]:
    rules = [signal for signal in data.signals if signal.kind == "rule"]
    silent = [rule.name for rule in rules if not rule.hits]
    if silent:
        yield f"{plural(len(silent), 'rule')} never fired: {_names(silent)}."
    often: Iterable[Signal] = (s for s in data.signals if s.hits > OFTEN * data.scored > 0)
    for signal in often:
        yield (
            f"{signal.kind.capitalize()} {shorten(signal.name)} marks "
            f"{percent(signal.hits / data.scored)} of all transactions."
        )


def _features(data: ReportData) -> Iterator[str]:
    never = [name for name, share in data.coverage if share == 0]
    if never and data.scored:
        yield (
            f"{plural(len(never), 'feature')} could not be computed for any transaction: "
            f"{_names(never)}. A column that they need may be missing."
        )
    if data.scored and data.not_assessed > _MANY_NOT_ASSESSED * data.scored:
        yield (
            f"{percent(data.not_assessed / data.scored)} of transactions come from users with too "
            "little history; they were judged against the population."
        )


def _names(names: list[str]) -> str:
    shown = ", ".join(shorten(name, 40) for name in names[:_NAMED])
    more = len(names) - _NAMED
    return f"{shown} and {more} more" if more > 0 else shown
