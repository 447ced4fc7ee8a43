"""A job's results as files: all of them appear at once, or none does."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import polars as pl

from outlay import __version__
from outlay.pipeline import artifact
from outlay.pipeline.job import Job
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
from outlay.pipeline.progress import Progress
from outlay.sinks.dashboard.charts import png
from outlay.sinks.dashboard.page import page as dashboard_page
from outlay.sinks.dashboard.summary import summarise
from outlay.sinks.html import SCRIPT_NAME, plotly_script
from outlay.sinks.publication import Publication
from outlay.sinks.report.build import summarise_run
from outlay.sinks.report.data import ReportData, RunFacts
from outlay.sinks.report.page import page as report_page
from outlay.sinks.table import write_alerts, write_for_people, write_rejected, write_scored


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


def publish(
    publication: Publication,
    job: Job,
    files: tuple[str, ...],
    progress: Progress,
    *,
    model_folder: str | None = None,
) -> Published:
    """Write everything that a job leaves.

    Parameters
    ----------
    publication
        Where to write to.
    job, files
        What was done, and with which files.
    progress
        Is told of the stages.
    model_folder
        Where the model lies, seen from the result, if it was there before; else it is written too.
    """
    progress.stage("Writing the tables")
    with ThreadPoolExecutor(1) as aside:  # Parquet is written without the interpreter's lock
        scored = aside.submit(write_scored, publication.path(SCORED), job.scored)
        published = _people(publication, job, files, progress, model_folder)
        scored.result()
    return published


def _people(
    publication: Publication,
    job: Job,
    files: tuple[str, ...],
    progress: Progress,
    model_folder: str | None,
) -> Published:
    """Write all but the scored table: what people read, and the model."""
    names = [REPORT, ALERTS, SCORED, REJECTED, *_tables(publication, job)]
    if model_folder is None:
        artifact.save(job.model, publication.path(f"{MODEL}/{artifact.MODEL}").parent)
        names.append(MODEL)
    _importance(publication, job, model_folder or MODEL)
    dashboards = draw_dashboards(job, publication, progress)
    names += [DASHBOARDS] if dashboards else []
    progress.stage("Writing the report")
    report = summarise_run(job.scored, facts=facts(job, files, dashboards))
    publication.path(REPORT).write_text(report_page(report), encoding="utf-8")
    return Published(report, tuple(name for name in RESULTS if name in names))


def _tables(publication: Publication, job: Job) -> list[str]:
    """Write the tables; return the names of those that not every job has."""
    timezone, accepted = job.model.config.input.timezone, job.accepted
    write_alerts(publication.path(ALERTS), job.scored, timezone=timezone)
    write_rejected(publication.path(REJECTED), accepted.rejected)
    more = []
    if job.model.config.output.csv:
        write_scored(publication.path(SCORED_CSV), job.scored, "csv")
        more.append(SCORED_CSV)
    if len(accepted.duplicates):
        write_for_people(publication.path(DUPLICATES), accepted.duplicates)
        more.append(DUPLICATES)
    return more


def _importance(publication: Publication, job: Job, model_folder: str) -> None:
    """Write what reads the result later: the dashboards' threshold, and where the model lies."""
    model = job.model
    importance = {
        **model.feature_importance(),
        "timezone": model.config.input.timezone,
        "currency": model.currency,
        "model_folder": model_folder,
    }
    text = json.dumps(importance, indent=1) + "\n"
    publication.path(IMPORTANCE).write_text(text, encoding="utf-8")


def draw_dashboards(job: Job, publication: Publication, progress: Progress) -> dict[str, str]:
    """Draw the users with the worst alerts; return each one's page, relative to the report."""
    options = job.model.config.dashboards
    users = worst_users(job.scored, options.users)
    if not users:
        return {}
    progress.stage(f"Drawing the dashboards of {len(users)} user{'' if len(users) == 1 else 's'}")
    publication.path(f"{DASHBOARDS}/{SCRIPT_NAME}").write_text(plotly_script(), encoding="utf-8")
    pages = {}
    for place, user in enumerate(users, 1):
        summary = summarise(
            job.scored,
            user,
            threshold=job.model.forest_threshold,
            days=options.days,
            timezone=job.model.config.input.timezone,
            currency=job.model.currency,
        )
        name = f"{DASHBOARDS}/{place:03}-{_file_name(user)}"
        publication.path(f"{name}.html").write_text(
            dashboard_page(summary, script=SCRIPT_NAME), encoding="utf-8"
        )
        publication.path(f"{name}.png").write_bytes(png(summary))
        pages[user] = f"{name}.html"
    return pages


def _file_name(user: str) -> str:
    """Return a name that every file system takes; the place in front keeps names apart."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", user)[:40].strip(".") or "user"


def worst_users(scored: pl.DataFrame, most: int) -> list[str]:
    """Return the users with the worst alerts, worst first."""
    ranked = (
        scored.lazy()
        .filter("is_alert")
        .group_by("user_id")
        .agg(pl.col("risk").max(), pl.len())
        .sort("risk", "len", "user_id", descending=[True, True, False])
        .head(most)
        .collect()
    )
    return ranked["user_id"].to_list()


def facts(job: Job, files: tuple[str, ...], dashboards: dict[str, str]) -> RunFacts:
    """Return what the report needs beyond the scored table."""
    accepted, model = job.accepted, job.model
    reasons = accepted.rejected["reason"].value_counts(sort=True)
    rules = model.detectors["rules"]
    forest = model.detectors["isolation_forest"]
    config = model.config
    return RunFacts(
        read=accepted.n_read,
        rejected=len(accepted.rejected),
        duplicates=len(accepted.duplicates),
        threshold=model.forest_threshold,
        files=files,
        rejection_reasons=tuple(reasons.iter_rows()),
        mapping=tuple(accepted.mapping.items()),
        alert_rate=job.promised,
        alert_risk=job.threshold_risk,
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
