"""Outlay as a library: tables in, tables out."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from outlay.errors import ModelError, NotFoundError, nearest
from outlay.pipeline import artifact
from outlay.pipeline.config import from_mapping
from outlay.pipeline.explanation import Explanation, explain_row
from outlay.pipeline.intake import accepted_frame
from outlay.pipeline.job import judge_with, learn_and_judge
from outlay.pipeline.model import Model as Core
from outlay.pipeline.settings import Config
from outlay.pipeline.train import train as train_core
from outlay.sinks.dashboard.charts import png
from outlay.sinks.dashboard.numbers import Summary
from outlay.sinks.dashboard.page import page
from outlay.sinks.dashboard.summary import summarise
from outlay.sinks.table import alerts
from outlay.sources import from_frame, to_frame


@dataclass(frozen=True, slots=True)
class Result:
    """What `run` found.

    Parameters
    ----------
    scored
        The table with its features and decisions, of the kind that went in.
    alerts
        The alerts, worst first.
    rejected
        The rows that are no transactions, each with its reason.
    model
        The trained model.
    """

    scored: Any
    alerts: Any
    rejected: Any
    model: "Model"


class Model:
    """A trained model.

    >>> import outlay
    >>> payments = outlay.synth(users=20, days=30)
    >>> model = outlay.train(payments.head(400))
    >>> scored = model.score(payments.tail(-400))
    >>> scored.columns[-2:]
    ['assessed', 'reasons']
    """

    def __init__(self, core: Core, scored: pl.DataFrame | None = None) -> None:
        self._core = core
        self._scored = scored

    @property
    def digest(self) -> str:
        """Return what identifies the model: equal digests decide alike."""
        return self._core.digest

    @property
    def threshold(self) -> float:
        """Return the anomaly score from which on a transaction is an anomaly."""
        return self._core.forest_threshold

    def score(self, table: Any) -> Any:
        """Return the table with features and decisions, of the kind that went in.

        Each user's history goes on from the last call: the model's users move on.
        """
        accepted, kind = accepted_frame(table, self._core.config.input)
        job = judge_with(accepted, self._core)
        self._core, self._scored = job.model, job.scored
        return to_frame(job.scored, kind)

    def explain(self, transaction_id: str) -> Explanation:
        """Return all that is known of one decision of the table scored last."""
        if self._scored is None:
            raise ModelError(
                "The model has not scored a table yet.\n\nHint: call model.score(table) first."
            )
        return explain_row(self._core, one_row(self._scored, transaction_id))

    def save(self, folder: str | Path) -> None:
        """Write the model, its users' states included, as plain data."""
        from outlay.sinks.publication import Publication

        with Publication(Path(folder)) as publication:
            artifact.save(self._core, publication.path(artifact.MODEL).parent)

    @classmethod
    def load(cls, folder: str | Path) -> "Model":
        """Read a model that was saved."""
        return cls(artifact.load(Path(folder)))


def config_of(settings: Mapping[str, Any]) -> Config:
    """Return the settings given by keyword, nested as in ``outlay.toml``."""
    return from_mapping(settings)


def run(table: Any, **settings: Any) -> Result:
    """Learn each user's habits from a table, and judge its transactions.

    Parameters
    ----------
    table
        Transactions as a Polars, pandas or Arrow table; columns are found by their usual names.
    settings
        As in ``outlay.toml``: ``history="full"``, ``alerts={"rate": 0.01}`` and so on.
    """
    accepted, kind = accepted_frame(table, config_of(settings).input)
    job = learn_and_judge(accepted, config_of(settings))
    return Result(
        scored=to_frame(job.scored, kind),
        alerts=to_frame(alerts(job.scored), kind),
        rejected=to_frame(accepted.rejected, kind),
        model=Model(job.model, job.scored),
    )


def train(table: Any, **settings: Any) -> Model:
    """Learn each user's habits from a table; see `run` for the arguments."""
    config = config_of(settings)
    accepted, _ = accepted_frame(table, config.input)
    core, _, _ = train_core(accepted.transactions, config, accepted.currency)
    return Model(core)


@dataclass(frozen=True, slots=True)
class Dashboard:
    """One user's last days, as numbers, picture and page."""

    summary: Summary

    def png(self) -> bytes:
        """Return the picture."""
        return png(self.summary)

    def html(self) -> str:
        """Return the interactive page, which needs nothing else."""
        return page(self.summary)


def dashboard(table: Any, user: str, **options: Any) -> Dashboard:
    """Return a user's dashboard from a scored table; see `summarise` for the options."""
    frame, _ = from_frame(table)
    return Dashboard(summarise(frame, user, **options))


def synth(users: int = 400, days: int = 120, seed: int = 7) -> pl.DataFrame:
    """Return a wallet's transactions with habits and labelled anomalies."""
    from outlay.sources.synthetic import synthesise

    return synthesise(users=users, days=days, seed=seed)


def one_row(scored: pl.DataFrame, transaction_id: str) -> pl.DataFrame:
    """Return the row of one transaction."""
    ids = scored["transaction_id"]
    row = scored.filter(ids == transaction_id)
    if row.is_empty():
        some = ids.head(100_000).to_list()
        raise NotFoundError(
            f"No transaction {transaction_id!r} among {len(scored):,} scored ones."
            f"{nearest(transaction_id, some)}\n\nHint: ids stand in the column transaction_id."
        )
    return row[:1]
