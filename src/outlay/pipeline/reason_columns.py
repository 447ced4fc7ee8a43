"""The reasons of what was flagged in a table: the texts of `reasons.texts`, as a column of lists.

A big job words a tenth of its rows. So each detector's texts are put together column by column, and
sorted by row and loudness once: nothing here makes a Python object for each row.
"""

from typing import Any, NamedTuple, Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from outlay.pipeline._reason_kernels import any_repeated, arranged
from outlay.pipeline.flags import LAST, MOST, PLUGGED_VOICE, VOICE, Flags, flags, newcomer
from outlay.pipeline.forest_columns import forest_told
from outlay.pipeline.model import Model
from outlay.pipeline.quantities import quantities
from outlay.pipeline.reasons import plugged
from outlay.pipeline.verdicts import Verdicts
from outlay.schema.table import Columns
from outlay.schema.writing import each_once

Rows = NDArray[np.intp]
Floats = NDArray[np.float64]


class Voiced(NamedTuple):
    """Reasons side by side, one entry each, and how loud each is."""

    rows: Rows
    loudness: Floats
    texts: pl.Series


class _Worded(Protocol):
    """What a detector says of some rows, one entry each."""

    @property
    def rows(self) -> Rows: ...
    @property
    def weights(self) -> Floats: ...
    @property
    def texts(self) -> Any: ...


def reasons(model: Model, columns: Columns, verdicts: Verdicts) -> pl.Series:
    """Return the texts of each row's reasons; an empty list for what is not flagged."""
    told = _told(model, columns, flags(model, verdicts))
    return lists(told.rows, told.loudness, told.texts, columns.height)


def lists(rows: Rows, loudness: Floats, texts: pl.Series, height: int) -> pl.Series:
    """Return each row's texts as a list, the loudest first, none of them twice.

    Parameters
    ----------
    rows, loudness, texts
        The entries, one each: which row it is about, how loud it is, and what it says.
    height
        The number of rows.
    """
    order = arranged(rows, loudness, height)
    entries = pl.DataFrame({"row": rows[order], "text": texts.gather(order)})
    if any_repeated(rows[order], entries["text"].hash().to_numpy()):
        entries = entries.unique(keep="first", maintain_order=True)
    entries = entries.with_columns(pl.col("row").set_sorted())  # so that grouping is counting
    found = entries.group_by("row", maintain_order=True).agg("text")
    place = np.zeros(height, np.uint32)
    place[found["row"].to_numpy()] = np.arange(1, found.height + 1)
    nothing = pl.Series("reasons", [[]], dtype=pl.List(pl.String))
    # in one piece: from several, gathering lists takes twenty times as long
    return nothing.append(found["text"]).rechunk().gather(place)


def _told(model: Model, columns: Columns, of: Flags) -> Voiced:
    """Return all that is said."""
    if of.are_none:
        return Voiced(np.zeros(0, np.intp), np.zeros(0), pl.Series([], dtype=pl.String))
    rules, spoken_of = _rules(model, columns, np.flatnonzero(of.rules))
    parts = [
        rules,
        _forest(model, columns, of, spoken_of),
        _fuzzy(model, columns, np.flatnonzero(of.fuzzy)),
        *(_plugged(model, columns, name, at) for name, at in of.plugged.items()),
        _cold(columns, np.flatnonzero(of.cold)),
    ]
    rows, loudness = (np.concatenate([part[n] for part in parts]) for n in range(2))
    return Voiced(rows, loudness, pl.concat([part.texts for part in parts], rechunk=True))


def _voiced(said: _Worded, at: Rows, voice: float) -> Voiced:
    """Return what a detector said of the rows ``at``, as loud as it speaks."""
    texts = pl.Series(said.texts, dtype=pl.String)
    return Voiced(at[said.rows], voice * np.asarray(said.weights, np.float64), texts)


def _rules(model: Model, columns: Columns, at: Rows) -> tuple[Voiced, NDArray[np.int64]]:
    """Return what the rules say, and of which quantities they spoke, by row."""
    rules: Any = model.detectors["rules"]
    said, spoken_of = (
        rules.told(columns, at, most=MOST["rules"]),
        np.zeros(columns.height, np.int64),
    )
    bits = np.array([quantities(looks) for looks in said.looks], np.int64)
    np.bitwise_or.at(spoken_of, at[said.rows], bits[said.rules])
    return _voiced(said, at, VOICE["rules"]), spoken_of


def _forest(model: Model, columns: Columns, of: Flags, spoken_of: NDArray[np.int64]) -> Voiced:
    name, at = "isolation_forest", np.flatnonzero(of.forest)
    said = forest_told(model, columns.taken(at), of.anomaly_score[at], spoken_of[at], MOST[name])
    return _voiced(said, at, VOICE[name])


def _fuzzy(model: Model, columns: Columns, at: Rows) -> Voiced:
    fuzzy: Any = model.detectors["fuzzy"]
    return _voiced(fuzzy.told(columns.taken(at), most=MOST["fuzzy"]), at, VOICE["fuzzy"])


def _plugged(model: Model, columns: Columns, name: str, flagged: NDArray[np.bool_]) -> Voiced:
    said = plugged(model, columns, name, np.flatnonzero(flagged))
    return _voiced(said, np.arange(columns.height), PLUGGED_VOICE)


def _cold(columns: Columns, at: Rows) -> Voiced:
    """Say of which users too little is known: they are judged against the population."""
    said = each_once(columns.number("prior_count")[at], newcomer)
    return Voiced(at, np.full(at.size, LAST), said)
