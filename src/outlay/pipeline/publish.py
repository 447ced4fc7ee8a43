"""A job's results as files: all of them appear at once, or none does."""

import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import polars as pl

from outlay import __version__
from outlay.pipeline import artifact
from outlay.pipeline.drawing import Dashboards, begun, worst_users
from outlay.pipeline.job import Job, Write
from outlay.pipeline.model import Model
from outlay.pipeline.names import (
    ALERTS,
    DASHBOARDS,
    DUPLICATES,
    IMPORTANCE,
    MODEL,
    REJECTED,
    REPORT,
    RESULTS,
    SCORED,
    SCORED_CSV,
)
from outlay.pipeline.outcome import Outcome
from outlay.pipeline.progress import Progress
from outlay.sinks.dashboard.artist import Artist
from outlay.sinks.files import to_disk_meanwhile
from outlay.sinks.growing import GrowingParquet
from outlay.sinks.publication import Publication
from outlay.sinks.report.build import summarise_tally
from outlay.sinks.report.data import ReportData, RunFacts
from outlay.sinks.report.page import page as report_page
from outlay.sinks.table import alerts, write_for_people, write_rejected, write_scored_csv
from outlay.sinks.text import plural


@dataclass(frozen=True, slots=True)
class Published:
    """What was written, and what the report says.

    Parameters
    ----------
    report
        The report's numbers.
    names
        What there is, of `names.RESULTS`.
    """

    report: ReportData
    names: tuple[str, ...]


def publish(  # noqa: PLR0913 - of what, to whom, where to, by whom
    publication: Publication,
    job: Job,
    files: tuple[str, ...],
    progress: Progress,
    *,
    model_folder: str | None = None,
    artist: Artist | None = None,
) -> Published:
    """Write what a job in memory leaves but its scored table; see `tell` for the arguments.

    The ``artist``, if any, was told to get ready, and is gone afterwards.
    """
    progress.stage("Writing the tables")
    users = _drawn(job.model, alerts(job.scored))
    with begun(users, job.scored.lazy(), job.model, artist) as dashboards:
        outcome = Outcome.of(job)
        report = _report(publication, outcome, files, dashboards)
        with ThreadPoolExecutor(1) as aside:
            saved = aside.submit(_save, publication, job.model) if model_folder is None else None
            names = _tables(publication, job)
            progress.stage(_words(job.model, users))
            published = _told(publication, outcome.model, report, dashboards, names, model_folder)
            if saved:
                saved.result()
    return published


def _save(publication: Publication, model: Model) -> None:
    artifact.save(model, publication.path(f"{MODEL}/{artifact.MODEL}").parent)


@contextmanager
def scored_aside(publication: Publication) -> Iterator[Write]:
    """Give what writes the scored table block by block; it is whole when the block ends."""
    path = publication.path(SCORED)
    path.touch()
    with to_disk_meanwhile(path), GrowingParquet(path) as table:
        yield table.write


def _tables(publication: Publication, job: Job) -> list[str]:
    """Write the tables but the scored one; return the names of those that not every job has."""
    accepted, more = job.accepted, []
    write_rejected(publication.path(REJECTED), accepted.rejected)
    if job.model.config.output.csv:
        write_scored_csv(publication.path(SCORED_CSV), job.scored)
        more.append(SCORED_CSV)
    if len(accepted.duplicates):
        write_for_people(publication.path(DUPLICATES), accepted.duplicates)
        more.append(DUPLICATES)
    return more


def tell(  # noqa: PLR0913, PLR0917 - of what, to whom, where to
    publication: Publication,
    outcome: Outcome,
    files: tuple[str, ...],
    progress: Progress,
    names: Sequence[str],
    model_folder: str | None,
) -> Published:
    """Write what people read: alerts, dashboards and the report.

    Parameters
    ----------
    publication
        Where to write to.
    outcome, files
        What was found, in which files.
    progress
        Is told of the stages.
    names
        What else was written, of what not every job has.
    model_folder
        Where the model lies, seen from the result, if it was there before.
    """
    users = _drawn(outcome.model, outcome.alerts)
    progress.stage(_words(outcome.model, users))
    with begun(users, outcome.scored, outcome.model) as dashboards:
        report = _report(publication, outcome, files, dashboards)
        return _told(publication, outcome.model, report, dashboards, names, model_folder)


def _drawn(model: Model, alerts: pl.DataFrame) -> list[str]:
    """Return whose dashboards there will be."""
    config = model.config
    return worst_users(alerts, config.dashboards.users) if config.output.report else []


def _words(model: Model, users: list[str]) -> str:
    if not model.config.output.report:
        return "Writing the alerts"
    also = f" and the dashboards of {plural(len(users), 'user')}" if users else ""
    return f"Writing the report{also}"


def _report(
    publication: Publication, outcome: Outcome, files: tuple[str, ...], dashboards: Dashboards
) -> ReportData:
    """Write the alerts, and return the report's numbers: all that Polars is needed for."""
    timezone = outcome.model.config.input.timezone
    write_for_people(publication.path(ALERTS), outcome.alerts, timezone=timezone)
    facts_ = facts(outcome, files, dashboards.pages)
    return summarise_tally(outcome.tally, outcome.alerts, outcome.scored, facts=facts_)


def _told(  # noqa: PLR0913, PLR0917 - of what, where to
    publication: Publication,
    model: Model,
    report: ReportData,
    dashboards: Dashboards,
    names: Sequence[str],
    model_folder: str | None,
) -> Published:
    """Write the pages and the pictures, and say what there is."""
    dashboards.write_pages(publication)
    if model.config.output.report:
        publication.path(REPORT).write_text(report_page(report), encoding="utf-8")
    _importance(publication, model, model_folder or MODEL)
    dashboards.write_pictures(publication)
    written = {ALERTS, SCORED, REJECTED, *names}
    written |= {REPORT} if model.config.output.report else set()
    written |= {DASHBOARDS} if dashboards.pages else set()
    written |= {MODEL} if model_folder is None else set()
    return Published(report, tuple(name for name in RESULTS if name in written))


def _importance(publication: Publication, model: Model, model_folder: str) -> None:
    """Write what reads the result later: the dashboards' threshold, and where the model lies."""
    importance = {
        **model.feature_importance(),
        "timezone": model.config.input.timezone,
        "currency": model.currency,
        "model_folder": model_folder,
    }
    text = json.dumps(importance, indent=1) + "\n"
    publication.path(IMPORTANCE).write_text(text, encoding="utf-8")


def facts(outcome: Outcome, files: tuple[str, ...], dashboards: Mapping[str, str]) -> RunFacts:
    """Return what the report needs beyond what was counted."""
    account, model = outcome.account, outcome.model
    rules = model.detectors["rules"]
    forest = model.detectors["isolation_forest"]
    config = model.config
    return RunFacts(
        read=account.read,
        rejected=account.rejected,
        duplicates=account.duplicates,
        threshold=model.forest_threshold,
        files=files,
        rejection_reasons=account.reasons,
        mapping=tuple(account.mapping.items()),
        alert_rate=outcome.promised,
        alert_risk=outcome.threshold_risk,
        importances=forest.importances(),  # type: ignore[attr-defined]
        training=model.training,
        settings={
            "history": config.history,
            "rule pack": config.rules.pack,
            "alert budget": config.alerts.budget().words(),
            "time zone": config.input.timezone,
        },
        rules={rule.code: rule.name for rule in rules.pack.rules},  # type: ignore[attr-defined]
        dashboards=dashboards,
        model_digest=model.digest,
        outlay_version=__version__,
        timezone=config.input.timezone,
        currency=model.currency,
    )
