"""The reasons of what was flagged, weightiest first, in words.

Every detector speaks of the rows that it flags, and of alerts where it has something to say. What
they say lies side by side, one entry a reason, until it is sorted by row and weight once.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from outlay.detectors.fuzzy import CATEGORIES
from outlay.pipeline.forest_words import forest_words
from outlay.pipeline.model import Model
from outlay.pipeline.quantities import quantities
from outlay.pipeline.settings import DETECTORS
from outlay.pipeline.verdicts import Verdicts
from outlay.schema.reason import Reason
from outlay.schema.table import Columns

Rows = NDArray[np.intp]
Bools = NDArray[np.bool_]

VOICE: Final = {"rules": 1.0, "isolation_forest": 0.9, "fuzzy": 0.1}
"""How loudly each detector speaks; a rule that somebody wrote goes before what a model credits."""
PLUGGED_VOICE: Final = 0.5
"""A detector from elsewhere is heard after what is plain to see, and before the fuzzy summary."""
MOST: Final = {"rules": 3, "isolation_forest": 4, "fuzzy": 1}
"""Reasons kept of each detector: more would repeat each other."""
MOST_PLUGGED: Final = 2
_LAST: Final = -1.0


class Flags(NamedTuple):
    """Which rows each detector speaks of, and the figures that are quoted."""

    rules: Bools
    forest: Bools
    fuzzy: Bools
    cold: Bools
    anomaly_score: NDArray[np.float64]
    plugged: Mapping[str, Bools]


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


def reasons(model: Model, columns: Columns, verdicts: Verdicts) -> pl.Series:
    """Return the texts of each row's reasons; an empty list for what is not flagged."""
    said = _said(model, columns, _flags(model, verdicts))
    spoken = pl.Series("text", said.texts, dtype=pl.String)[said.order]
    lists = (
        pl.DataFrame({"row": said.rows[said.order], "text": spoken})
        .unique(keep="first", maintain_order=True)
        .group_by("row", maintain_order=True)
        .agg("text")
    )
    place = np.zeros(columns.height, np.uint32)
    place[lists["row"].to_numpy()] = np.arange(1, lists.height + 1)
    nothing = pl.Series("reasons", [[]], dtype=pl.List(pl.String))
    # in one piece: from several, gathering lists takes twenty times as long
    return nothing.append(lists["text"]).rechunk().gather(place)


def texts(model: Model, columns: Columns, verdicts: Verdicts) -> dict[int, list[str]]:
    """Return the texts of the flagged rows' reasons, by row: the same, without a table."""
    said = _said(model, columns, _flags(model, verdicts))
    found: dict[int, dict[str, None]] = {}
    for place in said.order.tolist():
        found.setdefault(said.rows.item(place), {})[said.texts[place]] = None
    return {row: list(own) for row, own in found.items()}


def explain(model: Model, rows: pl.DataFrame) -> list[list[Reason]]:
    """Return every detector's reasons for each of some decided rows, weightiest first."""
    said = _said(model, Columns.of(rows), _flags_of(model, rows))
    found: list[dict[str, Reason]] = [{} for _ in range(rows.height)]
    for place in said.order.tolist():
        text, weight = said.texts[place], said.weights.item(place)
        reason = Reason(said.codes[place], text, weight, said.detectors[place])
        found[said.rows.item(place)].setdefault(text, reason)
    return [list(own.values()) for own in found]


def _flags(model: Model, of: Verdicts) -> Flags:
    given, alert = of.answers.given, of.verdict.is_alert
    category, score = given["fuzzy_risk_category"], given["anomaly_score"]
    flagged = of.verdict.is_anomaly | alert
    return Flags(
        rules=given["rule_is_anomaly"],
        forest=(score >= model.forest_threshold) | alert,
        fuzzy=(category == CATEGORIES.index("high")) | (alert & (category > 0)),
        cold=flagged & ~of.verdict.assessed,
        anomaly_score=score,
        plugged={
            name: one.score >= model.detectors[name].threshold
            for name, one in of.answers.plugged.items()
        },
    )


def _flags_of(model: Model, rows: pl.DataFrame) -> Flags:
    """Return the flags of rows of a scored table."""
    alert, category = rows["is_alert"].to_numpy(), rows["fuzzy_risk_category"]
    score = rows["anomaly_score"].to_numpy()
    flagged = rows["is_anomaly"].to_numpy() | alert
    return Flags(
        rules=rows["rule_is_anomaly"].to_numpy(),
        forest=(score >= model.forest_threshold) | alert,
        fuzzy=(category == "high").to_numpy() | (alert & (category != "low").to_numpy()),
        cold=flagged & ~rows["assessed"].to_numpy(),
        anomaly_score=score,
        plugged={
            name: one.score(rows) >= one.threshold
            for name, one in model.detectors.items()
            if name not in DETECTORS
        },
    )


def _said(model: Model, columns: Columns, flags: Flags) -> Said:
    """Return all that is said."""
    if not (flags.rules.any() or flags.forest.any() or flags.fuzzy.any() or flags.plugged):
        return _voiced("", np.zeros(0, np.intp), [], [], [], 0.0)
    rules, spoken_of = _rules(model, columns, np.flatnonzero(flags.rules))
    parts = [
        rules,
        _forest(model, columns, flags, spoken_of),
        _fuzzy(model, columns, np.flatnonzero(flags.fuzzy)),
        *(_plugged(model, columns, name, np.flatnonzero(at)) for name, at in flags.plugged.items()),
        _cold(columns, np.flatnonzero(flags.cold)),
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


def _forest(model: Model, columns: Columns, flags: Flags, spoken_of: NDArray[np.int64]) -> Said:
    name, at = "isolation_forest", np.flatnonzero(flags.forest)
    said = forest_words(
        model, columns.taken(at), flags.anomaly_score[at], spoken_of[at], MOST[name]
    )
    return _voiced(name, at[said.rows], said.weights, said.texts, said.codes, VOICE[name])


def _fuzzy(model: Model, columns: Columns, at: Rows) -> Said:
    fuzzy: Any = model.detectors["fuzzy"]
    if not len(at):
        return _voiced("fuzzy", at, [], [], [], 0.0)
    said = fuzzy.words(columns.taken(at), most=MOST["fuzzy"])
    return _voiced("fuzzy", at[said.rows], said.weights, said.texts, said.codes, VOICE["fuzzy"])


def _plugged(model: Model, columns: Columns, name: str, at: Rows) -> Said:
    own = model.detectors[name].explain(columns.taken(at).frame()) if len(at) else []
    heard = [(row, r) for row, found in zip(at, own, strict=True) for r in found[:MOST_PLUGGED]]
    rows = np.array([row for row, _ in heard], np.intp)
    weights = [reason.weight for _, reason in heard]
    said, codes = [r.text or r.code for _, r in heard], [r.code for _, r in heard]
    return _voiced(name, rows, weights, said, codes, PLUGGED_VOICE)


def _cold(columns: Columns, at: Rows) -> Said:
    """Say of which users too little is known: they are judged against the population."""
    said = [_newcomer(n) for n in columns.number("prior_count")[at].tolist()]
    nothing = np.zeros(len(at))
    codes, who = ["not_assessed"] * len(at), ["decision"] * len(at)
    return Said(at, nothing, nothing + _LAST, said, codes, who)


def _newcomer(n: float) -> str:
    plural = "" if n == 1 else "s"
    earlier = f"only {n:,.0f} earlier payment{plural}" if n else "no earlier payment"
    return f"{earlier} of this user: judged against all users"
