"""A job's results as files: all of them appear at once, or none does."""

import json
import re
from pathlib import Path
from typing import Final

import polars as pl

from outlay import __version__
from outlay.pipeline import artifact
from outlay.pipeline.job import Job
from outlay.pipeline.progress import Progress
from outlay.sinks.dashboard.charts import png
from outlay.sinks.dashboard.page import page as dashboard_page
from outlay.sinks.dashboard.summary import summarise
from outlay.sinks.html import SCRIPT_NAME, plotly_script
from outlay.sinks.publication import Publication
from outlay.sinks.report.build import summarise_run
from outlay.sinks.report.data import RunFacts
from outlay.sinks.report.page import page as report_page
from outlay.sinks.table import write_alerts, write_for_people, write_rejected, write_scored

DASHBOARDS: Final = "dashboards"


def publish(job: Job, out: Path, files: tuple[str, ...], progress: Progress) -> dict[str, Path]:
    """Write everything that a run leaves; return where each thing is."""
    config = job.model.config
    with Publication(out) as publication:
        progress.stage("Writing tables")
        write_scored(publication.path("scored.parquet"), job.scored)
        if config.output.csv:
            write_scored(publication.path("scored.csv"), job.scored, "csv")
        write_alerts(publication.path("alerts.csv"), job.scored, timezone=config.input.timezone)
        write_rejected(publication.path("rejected.csv"), job.accepted.rejected)
        if len(job.accepted.duplicates):
            write_for_people(publication.path("duplicates.csv"), job.accepted.duplicates)
        artifact.save(job.model, publication.path("model/model.json").parent)
        importance = json.dumps(job.model.feature_importance(), indent=1) + "\n"
        publication.path(artifact.IMPORTANCE).write_text(importance, encoding="utf-8")
        dashboards = draw_dashboards(job, publication, progress)
        progress.stage("Writing the report")
        report = report_page(summarise_run(job.scored, facts=facts(job, files, dashboards)))
        publication.path("report.html").write_text(report, encoding="utf-8")
    return {
        name: out / name
        for name in (
            "report.html",
            "alerts.csv",
            "scored.parquet",
            "rejected.csv",
            DASHBOARDS,
            "model",
        )
    }


def draw_dashboards(job: Job, publication: Publication, progress: Progress) -> dict[str, str]:
    """Draw the users with the worst alerts; return each one's page, relative to the report."""
    options = job.model.config.dashboards
    users = worst_users(job.scored, options.users)
    if not users:
        return {}
    progress.stage(f"Drawing the dashboards of {len(users)} users")
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
