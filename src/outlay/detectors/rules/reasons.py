"""What the violated rules say in words, with the values of the row and what would be normal.

Which rules speak of which rows is settled first, in arrays; then each rule words all its rows at once.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import repeat
from typing import Any, Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from outlay.detectors.rules import _kernels as k
from outlay.detectors.rules.inputs import numbers, strings
from outlay.detectors.rules.judge import Verdicts
from outlay.detectors.rules.meaning import Input
from outlay.detectors.rules.pack import SEVERITIES, Pack, Rule
from outlay.detectors.rules.template import Slot
from outlay.detectors.rules.units import UNKNOWN, Wording, text, written
from outlay.detectors.rules.voices import NOBODY, Voices, voices
from outlay.schema.reason import Reason
from outlay.schema.table import Columns

COMBINED: Final = "rule_confidence"
"""The code of a reason that no single rule gives: several near misses together."""

COMPUTED: Final = ("prior_count", "hour")
"""The columns behind the placeholders that are no column's name."""

Rows = NDArray[np.intp]
NEAREST: Final = 3
"""Rules that are named where no single one speaks."""
_FLAGS: Final = {0.0: "False", 1.0: "True"}


class RulesWords(NamedTuple):
    """What rules say, as `schema.reason.Words`, and what they looked at.

    Parameters
    ----------
    rows
        Which row it is about.
    weights
        How much it counts.
    texts
        What it says.
    codes
        The rule's code, or `COMBINED`.
    looks
        The columns that the rule reads.
    """

    rows: Rows
    weights: k.Floats
    texts: list[str]
    codes: list[str]
    looks: list[frozenset[str]]


def words(
    pack: Pack, verdicts: Verdicts, columns: Columns, wording: Wording, most: int | None = None
) -> RulesWords:
    """Return what is to be said of each row, at most ``most`` reasons each."""
    voiced = voices(verdicts).by_row(most)
    spoken = voiced.rules.tolist()
    texts = [""] * len(spoken)
    looks: dict[int, frozenset[str]] = {NOBODY: frozenset()}
    for number in set(spoken):
        mine = np.flatnonzero(voiced.rules == number)
        own = voiced.chosen(mine)
        if number == NOBODY:
            told = [_combined(verdicts, row) for row in own.rows.tolist()]
        else:
            rule = verdicts.rules[number]
            looks[number] = rule.reads
            told = _told(rule, pack, columns, own, wording)
        for place, said in zip(mine.tolist(), told, strict=True):
            texts[place] = said
    codes = [*(rule.code for rule in verdicts.rules), COMBINED]  # the last one is number -1
    return RulesWords(
        voiced.rows, voiced.weights, texts, [codes[n] for n in spoken], [looks[n] for n in spoken]
    )


def explain(
    pack: Pack, verdicts: Verdicts, columns: Columns, wording: Wording
) -> list[list[Reason]]:
    """Return each row's reasons, weightiest first."""
    said = words(pack, verdicts, columns, wording)
    reasons: list[list[Reason]] = [[] for _ in range(columns.height)]
    entries = zip(said.rows.tolist(), said.codes, said.texts, said.weights.tolist(), strict=True)
    for row, code, told, weight in entries:
        reasons[row].append(Reason(code, told, weight, "rules"))
    return reasons


def _told(rule: Rule, pack: Pack, columns: Columns, own: Voices, wording: Wording) -> list[str]:
    """Return what one rule says of each of its rows."""
    known: dict[Slot, Iterable[str]] = {}

    def value(slot: Slot) -> Iterable[str]:
        found = known.get(slot)
        if found is None:
            found = known[slot] = _written(slot, pack, columns, own, wording)
        return found

    return rule.says.fill_all(value, own.rows.size)


def _written(
    slot: Slot, pack: Pack, columns: Columns, own: Voices, wording: Wording
) -> Iterable[str]:
    """Return what a placeholder shows in each row."""
    if slot.name == "severity":
        return [SEVERITIES[place] for place in own.severities.tolist()]
    if slot.name in pack.scope.parameters:
        return repeat(written(pack.scope.parameters[slot.name], slot.form, wording))
    if not columns.has(slot.name):
        return repeat(UNKNOWN)
    kind = pack.scope.columns.get(slot.name, "number")
    if kind == "text":
        return [_text(value) for value in strings(columns, slot.name, own.rows)]
    values = numbers(Input(slot.name, kind), columns)[own.rows]
    if kind == "boolean":
        return [flag(value) for value in values.tolist()]
    return [written(value, slot.form, wording) for value in values.tolist()]


def flag(value: float) -> str:
    """Return a flag as it is written."""
    return _FLAGS.get(value, UNKNOWN)


def _text(value: str | None) -> str:
    return UNKNOWN if value is None else text(value)


def _combined(verdicts: Verdicts, row: int) -> str:
    """Word an anomaly without a violation by the rules that it comes nearest to."""
    confidence = float(verdicts.confidence[row])
    nearest = verdicts.scores(row)[:NEAREST]
    named = ", ".join(f"{rule.name} {score:.0%}" for score, rule in nearest)
    return f"no rule is violated, but together the near misses reach {confidence:.2f}: {named}"


def shown(pack: Pack, rows: pl.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield what the texts may show of each row."""
    wanted = frozenset[str]().union(*(rule.says.reads for rule in pack.rules)) | set(COMPUTED)
    columns = [name for name in rows.columns if name in wanted]
    named = rows.select(columns).rows(named=True) if columns else [{}] * rows.height
    yield from ({**pack.scope.parameters, **row} for row in named)


def worded(rule: Rule, score: float, values: Mapping[str, Any], wording: Wording) -> str:
    """Return why a violated rule was violated, and what would have been normal."""
    return rule.says.fill({**values, "severity": rule.severity_of(score)}, wording)
