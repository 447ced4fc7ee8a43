"""What a job found, whether it was done in memory or in parts: all that is told and published."""

from dataclasses import dataclass

import polars as pl

from outlay.pipeline.job import Job
from outlay.pipeline.model import Model
from outlay.schema.intake import Accepted
from outlay.sinks.report.build import worst_of
from outlay.sinks.report.tally import Tally


@dataclass(frozen=True, slots=True)
class Account:
    """Where the rows of an input went.

    Parameters
    ----------
    read, scored, rejected, duplicates
        Rows; the last three add up to the first.
    reasons
        How many rows were rejected why, most frequent first.
    mapping
        Input column by canonical name.
    notes
        Every choice that the input left open.
    """

    read: int
    scored: int
    rejected: int
    duplicates: int
    reasons: tuple[tuple[str, int], ...]
    mapping: dict[str, str]
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, accepted: Accepted) -> "Account":
        """Count what was accepted in one go."""
        reasons = accepted.rejected["reason"].value_counts().iter_rows()
        return cls(
            read=accepted.n_read,
            scored=len(accepted.transactions),
            rejected=len(accepted.rejected),
            duplicates=len(accepted.duplicates),
            reasons=ranked_reasons(dict(reasons)),
            mapping=accepted.mapping,
            notes=tuple(accepted.notes),
        )


def ranked_reasons(counts: dict[str, int]) -> tuple[tuple[str, int], ...]:
    """Return the reasons, most frequent first."""
    return tuple(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one input.

    Parameters
    ----------
    account
        The input, every row accounted for.
    model
        The model.
    promised
        The share of the transactions that was to become alerts.
    threshold_risk
        The risk from which on a transaction was inside the budget (the lowest of any).
    tally, alerts
        What was counted, and the alerts worst first.
    scored
        The scored table, wherever it lies.
    """

    account: Account
    model: Model
    promised: float
    threshold_risk: float
    tally: Tally
    alerts: pl.DataFrame
    scored: pl.LazyFrame

    @classmethod
    def of(cls, job: Job) -> "Outcome":
        """Return the outcome of a job in memory."""
        tally = Tally.of(job.scored, job.model.forest_threshold)
        return cls(
            account=Account.of(job.accepted),
            model=job.model,
            promised=job.promised,
            threshold_risk=job.threshold_risk,
            tally=tally,
            alerts=worst_of(tally),
            scored=job.scored.lazy(),
        )
