"""What a report says, as plain structs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """What the scored table cannot know about its run.

    Parameters
    ----------
    read, rejected, duplicates
        Rows of the input; what was scored is in the table, and the sum must add up.
    rejection_reasons
        Reason and number of rows, most frequent first.
    mapping
        The project's name of a column and the input's.
    threshold
        The isolation forest's, in [0, 1].
    alert_rate
        The share of transactions that was promised to become alerts, if any.
    alert_risk
        The risk from which a transaction is inside the budget; alerts below it are exceptions that a
        rule always makes.
    importances
        Each feature's share in what the forest decides.
    training, settings
        Figures of the training and settings of the run, by name, to be shown as they are.
    rules
        What each rule of the pack means, by its code: also of rules that never fired.
    dashboards
        The relative address of a user's dashboard.
    """

    read: int
    rejected: int = 0
    duplicates: int = 0
    threshold: float = 0.5
    files: tuple[str, ...] = ()
    rejection_reasons: tuple[tuple[str, int], ...] = ()
    mapping: tuple[tuple[str, str], ...] = ()
    alert_rate: float | None = None
    alert_risk: float | None = None
    importances: Mapping[str, float] = field(default_factory=dict)
    training: Mapping[str, object] = field(default_factory=dict)
    settings: Mapping[str, object] = field(default_factory=dict)
    rules: Mapping[str, str] = field(default_factory=dict)
    dashboards: Mapping[str, str] = field(default_factory=dict)
    model_digest: str | None = None
    outlay_version: str | None = None
    timezone: str = "UTC"
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class Signal:
    """One detector or rule: how often it spoke, how often alone, how often in an alert."""

    name: str
    kind: Literal["detector", "rule"]
    meaning: str
    hits: int
    alone: int
    in_alerts: int


@dataclass(frozen=True, slots=True)
class Overlap:
    """How many transactions two signals have in common; the diagonal holds each one's own."""

    names: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class AlertsOf:
    """The alerts of one day, week or month, by severity."""

    start: date
    by_severity: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class UserLine:
    """One of the users with the worst alerts."""

    user: str
    alerts: int
    worst_risk: float
    amount: float
    transactions: int
    last_alert: datetime
    dashboard: str | None


@dataclass(frozen=True, slots=True)
class AlertLine:
    """One of the worst alerts."""

    place: int
    transaction_id: str
    user: str
    timestamp: datetime
    amount: float
    transaction_type: str | None
    risk: float | None
    severity: str | None
    outcome: str | None
    reasons: tuple[str, ...]
    dashboard: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportData:
    """Everything the report shows; ``summarise_run`` makes it from a scored table.

    Parameters
    ----------
    exceptions
        Alerts outside the budget, made by rules that always alert.
    score_counts
        How many scores lie in each of equally wide bins over [0, 1].
    coverage
        Each feature's share of transactions for which it could be computed.
    not_assessed, users_not_assessed
        Transactions and users with too little history, judged against the population.
    warnings
        What may have gone wrong in silence.
    """

    facts: RunFacts
    scored: int
    users: int
    first: datetime | None
    last: datetime | None
    amount: float
    anomalies: int
    alerts: int
    alert_amount: float
    exceptions: int
    alerts_by: Literal["day", "week", "month"]
    alerts_over_time: tuple[AlertsOf, ...]
    score_counts: tuple[int, ...]
    signals: tuple[Signal, ...]
    overlap: Overlap
    coverage: tuple[tuple[str, float], ...]
    not_assessed: int
    users_not_assessed: int
    worst_users: tuple[UserLine, ...]
    worst_alerts: tuple[AlertLine, ...]
    warnings: tuple[str, ...] = ()

    @property
    def adds_up(self) -> bool:
        """Whether every row that was read is accounted for."""
        return self.facts.read == self.scored + self.facts.rejected + self.facts.duplicates

    @property
    def alert_share(self) -> float:
        """The share of scored transactions that are alerts inside the budget."""
        return (self.alerts - self.exceptions) / self.scored if self.scored else 0.0
