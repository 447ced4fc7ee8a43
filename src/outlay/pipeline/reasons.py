"""The reasons of what was flagged, weightiest first, in words: of a few payments, one by one.

Every detector speaks of the rows that it flags, and of alerts where it has something to say. What
they say lies side by side, one entry a reason, until it is sorted by row and weight once. The
reasons of a whole table are put together in `reason_columns`, and are the same.
"""

from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from outlay.pipeline.flags import (
    LAST,
    MOST,
    MOST_PLUGGED,
    PLUGGED_VOICE,
    VOICE,
    Flags,
    flags,
    flags_of,
    newcomer,
)
from outlay.pipeline.forest_words import forest_words
from outlay.pipeline.model import Model
from outlay.pipeline.quantities import quantities
from outlay.pipeline.verdicts import Verdicts
from outlay.schema.reason import Reason
from outlay.schema.table import Columns

Rows = NDArray[np.intp]


class Said(NamedTuple):
    """Reasons side by side, one entry each."""

    rows: Rows
    weights: NDArray[np.float64]
    loudness: NDArray[np.float64]
    texts: list[str]
    codes: list[str]
    detectors: list[str]

    @property
    def order(self) -> Rows:
        """Return the entries by row, of one row the loudest first, equal ones as they came."""
        return np.lexsort((-self.loudness, self.rows))


def texts(model: Model, columns: Columns, verdicts: Verdicts) -> dict[int, list[str]]:
    """Return the texts of the flagged rows' reasons, by row: the same, without a table."""
    said = _said(model, columns, flags(model, verdicts))
    found: dict[int, dict[str, None]] = {}
    for place in said.order.tolist():
        found.setdefault(said.rows.item(place), {})[said.texts[place]] = None
    return {row: list(own) for row, own in found.items()}


def explain(model: Model, rows: pl.DataFrame) -> list[list[Reason]]:
    """Return every detector's reasons for each of some decided rows, weightiest first."""
    said = _said(model, Columns.of(rows), flags_of(model, rows))
    found: list[dict[str, Reason]] = [{} for _ in range(rows.height)]
    for place in said.order.tolist():
        text, weight = said.texts[place], said.weights.item(place)
        reason = Reason(said.codes[place], text, weight, said.detectors[place])
        found[said.rows.item(place)].setdefault(text, reason)
    return [list(own.values()) for own in found]


def _said(model: Model, columns: Columns, of: Flags) -> Said:
    """Return all that is said."""
    if of.are_none:
        return _voiced("", np.zeros(0, np.intp), [], [], [], 0.0)
    rules, spoken_of = _rules(model, columns, of.rules.nonzero()[0])
    parts = [
        rules,
        _forest(model, columns, of, spoken_of),
        _fuzzy(model, columns, of.fuzzy.nonzero()[0]),
        *(plugged(model, columns, name, at.nonzero()[0]) for name, at in of.plugged.items()),
        _cold(columns, of.cold.nonzero()[0]),
    ]
    rows, weights, loudness = (np.concatenate([part[n] for part in parts]) for n in range(3))
    words, codes, who = ([one for part in parts for one in part[n]] for n in range(3, 6))
    return Said(rows, weights, loudness, words, codes, who)


def _voiced(  # noqa: PLR0913, PLR0917 - the parts of `Said`
    name: str, rows: Rows, weights: Any, said: list[str], codes: list[str], voice: float
) -> Said:
    weights = np.asarray(weights, np.float64)
    return Said(rows, weights, voice * weights, said, codes, [name] * len(said))


def _rules(model: Model, columns: Columns, at: Rows) -> tuple[Said, NDArray[np.int64]]:
    """Return what the rules say, and of which quantities they spoke, by row."""
    spoken_of = np.zeros(columns.height, np.int64)
    rules: Any = model.detectors["rules"]
    said = rules.words(columns, at, most=MOST["rules"]) if len(at) else None
    if said is None:
        return _voiced("rules", at, [], [], [], 1.0), spoken_of
    rows = at[said.rows]
    bits = np.array([quantities(looks) for looks in said.looks], np.int64)
    np.bitwise_or.at(spoken_of, rows, bits)
    return _voiced("rules", rows, said.weights, said.texts, said.codes, VOICE["rules"]), spoken_of


def _forest(model: Model, columns: Columns, of: Flags, spoken_of: NDArray[np.int64]) -> Said:
    name, at = "isolation_forest", of.forest.nonzero()[0]
    said = forest_words(model, columns.taken(at), of.anomaly_score[at], spoken_of[at], MOST[name])
    return _voiced(name, at[said.rows], said.weights, said.texts, said.codes, VOICE[name])


def _fuzzy(model: Model, columns: Columns, at: Rows) -> Said:
    fuzzy: Any = model.detectors["fuzzy"]
    if not len(at):
        return _voiced("fuzzy", at, [], [], [], 0.0)
    said = fuzzy.words(columns.taken(at), most=MOST["fuzzy"])
    return _voiced("fuzzy", at[said.rows], said.weights, said.texts, said.codes, VOICE["fuzzy"])


def plugged(model: Model, columns: Columns, name: str, at: Rows) -> Said:
    """Return what a detector from elsewhere says of some rows, in its own words."""
    own = model.detectors[name].explain(columns.taken(at).frame()) if len(at) else []
    heard = [(row, r) for row, found in zip(at, own, strict=True) for r in found[:MOST_PLUGGED]]
    rows = np.array([row for row, _ in heard], np.intp)
    weights = [reason.weight for _, reason in heard]
    said, codes = [r.text or r.code for _, r in heard], [r.code for _, r in heard]
    return _voiced(name, rows, weights, said, codes, PLUGGED_VOICE)


def _cold(columns: Columns, at: Rows) -> Said:
    """Say of which users too little is known: they are judged against the population."""
    said = [newcomer(n) for n in columns.number("prior_count")[at].tolist()]
    nothing = np.zeros(len(at))
    codes, who = ["not_assessed"] * len(at), ["decision"] * len(at)
    return Said(at, nothing, nothing + LAST, said, codes, who)
