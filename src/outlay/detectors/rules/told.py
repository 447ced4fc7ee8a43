"""What the violated rules say of a table's rows: the texts of `reasons`, column by column.

Each rule words all its rows at once, with no Python object for each of them.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import polars as pl
from polars.exceptions import PolarsError

from outlay.detectors.rules import _kernels as k
from outlay.detectors.rules.inputs import numbers
from outlay.detectors.rules.judge import Verdicts
from outlay.detectors.rules.meaning import Input
from outlay.detectors.rules.pack import SEVERITIES, Pack, Rule
from outlay.detectors.rules.reasons import NEAREST, flag
from outlay.detectors.rules.template import Slot
from outlay.detectors.rules.units import LONGEST, UNKNOWN, Wording, text, written
from outlay.detectors.rules.units_of_columns import all_written
from outlay.detectors.rules.voices import NOBODY, Rows, Voices, voices
from outlay.errors import InputError
from outlay.schema.table import Columns
from outlay.schema.writing import Part, Parts, decimals, each_once, joined, replaced


class RulesTold(NamedTuple):
    """What rules say, rule by rule, as `schema.reason.Told`, and what they looked at.

    Parameters
    ----------
    rows
        Which row it is about.
    weights
        How much it counts.
    texts
        What it says.
    rules
        The number of the rule; -1 where several near misses speak.
    looks
        The columns that each rule reads, by its number; none for the last one, number -1.
    """

    rows: Rows
    weights: k.Floats
    texts: pl.Series
    rules: Rows
    looks: tuple[frozenset[str], ...]


def told(
    pack: Pack, verdicts: Verdicts, columns: Columns, wording: Wording, most: int | None = None
) -> RulesTold:
    """Return what is to be said of each row, at most ``most`` reasons each."""
    spoken = voices(verdicts).by_rule(most)
    texts = [pl.Series([], dtype=pl.String)]
    for own in _of_each(spoken):
        number = own.rules.item(0)
        if number == NOBODY:
            texts.append(_combined(verdicts, own.rows))
        else:
            texts.append(_told(verdicts.rules[number], pack, columns, own, wording))
    looks = (*(rule.reads for rule in verdicts.rules), frozenset[str]())
    return RulesTold(spoken.rows, spoken.weights, pl.concat(texts), spoken.rules, looks)


def _of_each(spoken: Voices) -> Iterator[Voices]:
    """Yield what stands together: the entries of one rule after the other."""
    ends = np.flatnonzero(np.diff(spoken.rules, append=NOBODY - 1)) + 1
    for start, end in pairwise([0, *ends.tolist()]):
        yield spoken.chosen(slice(start, end))


def _told(rule: Rule, pack: Pack, columns: Columns, own: Voices, wording: Wording) -> pl.Series:
    """Return what one rule says of each of its rows."""
    known: dict[Slot, Parts] = {}
    parts: list[Part] = []
    for part in rule.says.parts:
        if isinstance(part, str):
            parts.append(part)
            continue
        if part not in known:
            known[part] = _written(part, pack, columns, own, wording)
        parts += known[part]
    return joined(parts, own.rows.size)


def _written(slot: Slot, pack: Pack, columns: Columns, own: Voices, wording: Wording) -> Parts:
    """Return what a placeholder shows in each row."""
    if slot.name == "severity":
        return (pl.Series(SEVERITIES).gather(own.severities),)
    if slot.name in pack.scope.parameters:
        return (written(pack.scope.parameters[slot.name], slot.form, wording),)
    if not columns.has(slot.name):
        return (UNKNOWN,)
    kind = pack.scope.columns.get(slot.name, "number")
    if kind == "text":
        return (_texts(columns, slot.name, own.rows),)
    values = numbers(Input(slot.name, kind), columns)[own.rows]
    return (
        (each_once(values, flag),) if kind == "boolean" else all_written(values, slot.form, wording)
    )


def _texts(columns: Columns, name: str, rows: Rows) -> Part:
    """Return texts of the file, each on one line; each that may need a change is looked at once."""
    try:
        found = columns.text(name, rows).fill_null(UNKNOWN)
    except (InputError, PolarsError):  # numbers or lists where texts are asked for
        return UNKNOWN
    different = found.unique()
    plain = (different.str.len_bytes() <= LONGEST) & ~different.str.contains("[^ -~]")
    others = different.filter(~plain)
    shown = pl.Series([text(one) for one in others], dtype=pl.String)
    return found.replace(others, shown) if len(others) else found


def _combined(verdicts: Verdicts, rows: Rows) -> pl.Series:
    """Word anomalies without a violation by the rules that they come nearest to."""
    applies, _, scores = verdicts.each[:, :, rows]
    scores = np.where((applies != 0) & (scores > 0), scores, 0.0)
    order = np.argsort(-scores, axis=0, kind="stable")[:NEAREST]
    names = pl.Series([rule.name for rule in verdicts.rules], dtype=pl.String)
    reached = decimals(verdicts.confidence[rows], 2, grouped=False)
    parts: list[Part] = ["no rule is violated, but together the near misses reach ", reached, ": "]
    for rank, nearest in enumerate(order):
        score = scores[nearest, np.arange(rows.size)]
        share = decimals(100.0 * score, 0, grouped=False)
        named = joined([", " if rank else "", names.gather(nearest), " ", share, "%"], rows.size)
        nothing = np.flatnonzero(score == 0)
        parts.append(replaced(named, nothing, [""] * nothing.size))
    return joined(parts, rows.size)
