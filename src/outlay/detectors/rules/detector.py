"""The rules as a detector."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Final, Literal, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from outlay.detectors.base import Arrays, Parts, Settings
from outlay.detectors.rules import columns, reasons
from outlay.detectors.rules.judge import Judge, not_assessed
from outlay.detectors.rules.library import load_pack
from outlay.detectors.rules.pack import Pack
from outlay.detectors.rules.problems import Source
from outlay.detectors.rules.reading import read_pack
from outlay.detectors.rules.reasons import RulesWords
from outlay.detectors.rules.report import report
from outlay.detectors.rules.told import RulesTold, told
from outlay.detectors.rules.units import Wording
from outlay.errors import ModelError
from outlay.schema.reason import Reason
from outlay.schema.table import Columns

_VERSION: Final = 1


class RulesDetector:
    """Judges every transaction by the rules of a pack; its score is the rules' confidence.

    Parameters
    ----------
    pack
        The name of a shipped pack, the path of a TOML file, or a loaded pack.
    parameters
        Values that replace those under the pack's ``[parameters]``.
    currency
        What amounts are in, for the texts.
    history
        Which reading of the user's history the features come from, for the texts.

    Examples
    --------
    >>> import polars as pl
    >>> table = pl.DataFrame({"amount": [9.5, 8000.0], "hour": [12.0, 2.0]})
    >>> [reason.text for reason in RulesDetector(currency="EUR").explain(table)[1]]
    ['8,000 EUR is above the limit of 5,000 EUR; normal is up to 5,000 EUR']
    """

    name: ClassVar[str] = "rules"

    def __init__(
        self,
        *,
        pack: str | Path | Pack = "classic",
        parameters: Mapping[str, float] | None = None,
        currency: str | None = None,
        history: Literal["past", "full"] = "past",
    ) -> None:
        if isinstance(pack, Pack):
            self.pack = read_pack(pack.source, {**pack.overrides, **(parameters or {})})
        else:
            self.pack = load_pack(pack, parameters=parameters)
        self.currency, self.history = currency, history
        self.hit_shares: dict[str, float] = {}
        self._judge = Judge.of(self.pack, "active")
        self.wording = Wording(currency, history)
        self._codes = [rule.code for rule in self._judge.rules]
        self.severities = columns.severities(self.pack)
        """The words behind the numbers of ``rule_severity`` in `answers`."""
        self.actions = columns.actions(self.pack)
        """The words behind the numbers of ``rule_action`` in `answers`."""

    @property
    def reads(self) -> frozenset[str]:
        """Return the columns that the verdicts depend on."""
        return frozenset[str]().union(*(rule.reads for rule in self.pack.rules))

    @property
    def threshold(self) -> float:
        """The least confidence that is an anomaly without a violation: just above the pack's."""
        return float(min(np.nextafter(self.pack.anomaly_above, 2.0), 1.0))

    def fit(self, table: pl.DataFrame) -> Self:
        """Keep how often each rule is violated in ``table``; the rules themselves do not learn."""
        hits = self.hits(table)
        self.hit_shares = {code: float(hits[code].mean() or 0.0) for code in hits.columns}  # type: ignore[arg-type]
        return self

    def score(self, table: pl.DataFrame) -> NDArray[np.float64]:
        """Return the confidence of each row, not rounded."""
        return self._judge.verdicts(Columns.of(table)).confidence

    def answers(self, table: Columns) -> dict[str, NDArray[Any]]:
        """Return what `detail` returns, as arrays; see `columns.answers`."""
        return columns.answers(self._judge.verdicts(table))

    def violated(self, words: NDArray[np.uint64]) -> list[str]:
        """Return the codes behind one row's bits of ``rule_violations`` in `answers`, (words,)."""
        return columns.named(words, self._codes)

    def detail(self, table: pl.DataFrame) -> pl.DataFrame:
        """Return what the scored table says about the rules."""
        return columns.detail(self.pack, self._judge.verdicts(Columns.of(table)))

    def framed(self, answers: Mapping[str, NDArray[Any]]) -> pl.DataFrame:
        """Return the answers as the columns of a scored table, in words."""
        return columns.framed(self.pack, self._codes, answers)

    def explain(self, rows: pl.DataFrame) -> list[list[Reason]]:
        """Return a reason for every violation of each row, weightiest first."""
        columns_ = Columns.of(rows)
        verdicts = self._judge.verdicts(columns_, each=True)
        return reasons.explain(self.pack, verdicts, columns_, self.wording)

    def words(
        self, table: Columns, at: NDArray[np.intp] | None = None, *, most: int | None = None
    ) -> RulesWords:
        """Return the reasons of the rows ``at``, or of all, side by side.

        Parameters
        ----------
        table
            The transactions with their features.
        at
            The rows to speak of; the reasons name them by their place here.
        most
            At most so many reasons a row.
        """
        chosen = table if at is None else table.taken(at)
        verdicts = self._judge.verdicts(chosen, each=True)
        return reasons.words(self.pack, verdicts, chosen, self.wording, most)

    def told(self, table: Columns, at: NDArray[np.intp], *, most: int | None = None) -> RulesTold:
        """Return the reasons of the rows ``at`` as `words` does, as columns, rule by rule."""
        chosen = table.taken(at)
        verdicts = self._judge.verdicts(chosen, each=True)
        return told(self.pack, verdicts, chosen, self.wording, most)

    def report(self, row: Mapping[str, Any] | pl.DataFrame, currency: str | None = None) -> str:
        """Return the full report of one transaction, in plain text."""
        wording = replace(self.wording, currency=currency or self.currency)
        return report(row, pack=self.pack, wording=wording)

    def hits(self, table: pl.DataFrame) -> pl.DataFrame:
        """Return which rules each row violates, one column a rule, those in shadow mode too."""
        verdicts = Judge.of(self.pack, "active", "shadow").verdicts(Columns.of(table))
        return pl.DataFrame(
            {rule.code: verdicts.violated(place) for place, rule in enumerate(verdicts.rules)}
        )

    def not_assessed(self, table: pl.DataFrame) -> dict[str, tuple[str, ...]]:
        """Return the rules that could not judge any row, with the columns that say nothing."""
        return not_assessed(self.pack, table)

    def to_parts(self) -> Parts:
        """Return the pack's text, its digest and what training saw."""
        settings: Settings = {
            "version": _VERSION,
            "source": self.pack.source.name,
            "text": self.pack.source.text,
            "digest": self.pack.digest,
            "parameters": dict(self.pack.overrides),
            "currency": self.currency,
            "history": self.history,
            "hit_shares": self.hit_shares,
        }
        return settings, {}

    @classmethod
    def from_parts(cls, settings: Settings, arrays: Arrays) -> Self:  # noqa: ARG003 - it has none
        """Return the detector that gave these parts; a changed pack is refused."""
        if settings.get("version") != _VERSION:
            raise ModelError(
                f"the rules are of format {settings.get('version')!r}, this version reads {_VERSION}"
                "\n\nHint: train the model again"
            )
        source = Source(settings["source"], settings["text"])
        pack = read_pack(source, settings["parameters"])
        if pack.digest != settings["digest"]:
            raise ModelError(
                f"rule pack {source.name} in the model is not the one it was trained with: "
                "its digest differs\n\nHint: restore the model's folder, or train it again"
            )
        found = cls(pack=pack, currency=settings["currency"], history=settings["history"])
        found.hit_shares = dict(settings["hit_shares"])
        return found
