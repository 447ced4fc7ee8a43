"""A rule pack, checked and ready: what ``load_pack`` gives and everything else here reads."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from outlay.detectors.rules.expressions import Expression
from outlay.detectors.rules.problems import Source
from outlay.detectors.rules.scope import Scope
from outlay.detectors.rules.template import Template

Mode = Literal["active", "shadow", "paused"]
Severity = Literal["low", "medium", "high", "critical"]
Combine = Literal["mean", "max", "any"]
Feeds = Literal["amount_score", "user_percentile_score", "hour_risk_score"]

SEVERITIES: Final[tuple[Severity, ...]] = ("critical", "high", "medium", "low")
"""Worst first."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Parameters
    ----------
    applies
        Whether the rule has anything to say of a row; else its score does not count.
    when
        Whether it is violated.
    score
        How near the row comes to violating it, in [0, 1]; without one: 1 violated, 0 not.
    severity
        From which score on a violation is how severe, worst first.
    reason, normal
        Why the row stands out, and what would have been normal.
    group
        Of the rules of one group only the first that applies judges a row.
    feeds
        The column of the scored table that shows this rule's score.
    near_misses
        Whether the score counts where the rule is not violated, too.
    """

    code: str
    name: str
    when: Expression
    reason: Template
    applies: Expression | None = None
    score: Expression | None = None
    severity: tuple[tuple[float, Severity], ...] = ((0.0, "medium"),)
    normal: Template | None = None
    mode: Mode = "active"
    always_alert: bool = False
    group: str | None = None
    feeds: Feeds | None = None
    near_misses: bool = True

    @property
    def reads(self) -> frozenset[str]:
        """The columns its verdict depends on."""
        parts = (self.when, self.applies, self.score)
        return frozenset[str]().union(*(part.reads for part in parts if part))

    @property
    def says(self) -> Template:
        """Why a row stands out, and what would have been normal."""
        return self.reason.then("; normal is ", self.normal) if self.normal else self.reason

    def severity_of(self, score: float) -> Severity:
        """Return how severe a violation with this score is."""
        return next((word for least, word in self.severity if score >= least), "low")


@dataclass(frozen=True, slots=True)
class Band:
    """From which confidence on a transaction is how severe, and what to do about it."""

    severity: Severity
    at_least: float
    action: str


@dataclass(frozen=True, slots=True)
class Pack:
    """A set of rules, how their scores make one confidence, and what follows from it."""

    name: str
    version: str
    description: str
    rules: tuple[Rule, ...]
    bands: tuple[Band, ...]
    combine: Combine
    anomaly_above: float
    scope: Scope
    source: Source
    overrides: Mapping[str, float]

    def in_mode(self, *modes: Mode) -> tuple[Rule, ...]:
        """Return the rules in one of the modes, in the order of the file."""
        return tuple(rule for rule in self.rules if rule.mode in modes)

    @property
    def digest(self) -> str:
        """The fingerprint of the text and of the parameters set from outside."""
        settings = json.dumps(dict(sorted(self.overrides.items())))
        return hashlib.sha256(f"{self.source.text}\0{settings}".encode()).hexdigest()

    def band(self, confidence: float) -> Band:
        """Return the band of a confidence; the lowest for all that no band covers."""
        return next((b for b in self.bands if confidence >= b.at_least), self.bands[-1])
