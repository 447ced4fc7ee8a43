"""A job's results as files: all of them appear at once, or none does."""

import json
import re
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import polars as pl

from outlay import __version__
from outlay.pipeline import artifact
from outlay.pipeline.job import Job
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
from outlay.sinks.dashboard.page import page as dashboard_page
from outlay.sinks.dashboard.summary import summarise
from outlay.sinks.dashboard.window import COLUMNS
from outlay.sinks.html import SCRIPT_NAME, plotly_script
from outlay.sinks.publication import Publication
from outlay.sinks.report.build import summarise_tally
from outlay.sinks.report.data import ReportData, RunFacts
from outlay.sinks.report.page import page as report_page
from outlay.sinks.table import write_for_people, write_rejected, write_scored
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
    """Write everything that a job in memory leaves; see `tell` for the arguments."""
    progress.stage("Writing the tables")
    with ThreadPoolExecutor(1) as aside:  # Parquet is written without the interpreter's lock
        scored = aside.submit(write_scored, publication.path(SCORED), job.scored)
        names = _tables(publication, job)
        if model_folder is None:
            artifact.save(job.model, publication.path(f"{MODEL}/{artifact.MODEL}").parent)
        published = tell(publication, Outcome.of(job), files, progress, names, model_folder, artist)
        scored.result()
    return published


def _tables(publication: Publication, job: Job) -> list[str]:
    """Write the tables but the scored one; return the names of those that not every job has."""
    accepted, more = job.accepted, []
    write_rejected(publication.path(REJECTED), accepted.rejected)
    if job.model.config.output.csv:
        write_scored(publication.path(SCORED_CSV), job.scored, "csv")
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
    artist: Artist | None = None,
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
    artist
        Who draws the pictures, where somebody has been told to get ready; gone afterwards.
    """
    users = worst_users(outcome.alerts, outcome.model.config.dashboards.users)
    with artist or Artist() if users else nullcontext() as drawing:
        timezone = outcome.model.config.input.timezone
        write_for_people(publication.path(ALERTS), outcome.alerts, timezone=timezone)
        _importance(publication, outcome.model, model_folder or MODEL)
        also = f" and the dashboards of {plural(len(users), 'user')}" if users else ""
        progress.stage(f"Writing the report{also}")
        dashboards, pictures = draw_dashboards(outcome, users, publication, drawing)
        facts_ = facts(outcome, files, dashboards)
        report = summarise_tally(outcome.tally, outcome.alerts, outcome.scored, facts=facts_)
        publication.path(REPORT).write_text(report_page(report), encoding="utf-8")
        drawn = pictures.result() if pictures else []
        for page, picture in zip(dashboards.values(), drawn, strict=True):
            publication.path(f"{page.removesuffix('.html')}.png").write_bytes(picture)
    written = {REPORT, ALERTS, SCORED, REJECTED, *names}
    written |= {DASHBOARDS} if dashboards else set()
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


def draw_dashboards(
    outcome: Outcome, users: list[str], publication: Publication, artist: Artist | None
) -> tuple[dict[str, str], Future[list[bytes]] | None]:
    """Write the users' pages, and have their pictures drawn meanwhile.

    Returned are each one's page, relative to the report, and the pictures to come.
    """
    if artist is None:
        return {}, None
    publication.path(f"{DASHBOARDS}/{SCRIPT_NAME}").write_text(plotly_script(), encoding="utf-8")
    theirs = rows_of(users, outcome.scored)
    options: dict[str, Any] = {
        "threshold": outcome.model.forest_threshold,
        "days": outcome.model.config.dashboards.days,
        "timezone": outcome.model.config.input.timezone,
        "currency": outcome.model.currency,
    }
    summaries = [summarise(theirs, user, **options) for user in users]
    pictures = artist.draw(summaries)
    pages = {}
    for place, (user, summary) in enumerate(zip(users, summaries, strict=True), 1):
        pages[user] = f"{DASHBOARDS}/{place:03}-{_file_name(user)}.html"
        page = dashboard_page(summary, script=SCRIPT_NAME)
        publication.path(pages[user]).write_text(page, encoding="utf-8")
    return pages, pictures


def rows_of(users: list[str], scored: pl.LazyFrame) -> pl.DataFrame:
    """Return what dashboards need of some users' rows: of a table on the disk little is read."""
    there = scored.collect_schema().names()
    needed = [name for name in COLUMNS if name in there]
    return scored.filter(pl.col("user_id").is_in(users)).select(needed).collect()


def _file_name(user: str) -> str:
    """Return a name that every file system takes; the place in front keeps names apart."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", user)[:40].strip(".") or "user"


def worst_users(alerts: pl.DataFrame, most: int) -> list[str]:
    """Return the users with the worst alerts, worst first."""
    ranked = (
        alerts.lazy()
        .group_by("user_id")
        .agg(pl.col("risk").max(), pl.len())
        .sort("risk", "len", "user_id", descending=[True, True, False])
        .head(most)
        .collect()
    )
    return ranked["user_id"].to_list()


def facts(outcome: Outcome, files: tuple[str, ...], dashboards: dict[str, str]) -> RunFacts:
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
