"""The dashboards of a job: whose they are, their pages, and their pictures to come."""

import re
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import polars as pl

from outlay.pipeline.model import Model
from outlay.pipeline.names import DASHBOARDS
from outlay.sinks.dashboard.artist import Artist
from outlay.sinks.dashboard.numbers import Summary
from outlay.sinks.dashboard.page import page
from outlay.sinks.dashboard.summary import summarise
from outlay.sinks.dashboard.window import COLUMNS
from outlay.sinks.html import SCRIPT_NAME, plotly_script
from outlay.sinks.publication import Publication


@dataclass(frozen=True, slots=True)
class Dashboards:
    """What is drawn of some users.

    Parameters
    ----------
    pages
        Each user's page, relative to the report.
    summaries
        The numbers, in the same order.
    pictures
        The pictures, likewise; none where there are no users.
    """

    pages: Mapping[str, str]
    summaries: list[Summary]
    pictures: Future[list[bytes]] | None

    def write_pages(self, publication: Publication) -> None:
        """Write the pages, and the script that they share."""
        if not self.pages:
            return
        script = publication.path(f"{DASHBOARDS}/{SCRIPT_NAME}")
        script.write_text(plotly_script(), encoding="utf-8")
        for name, summary in zip(self.pages.values(), self.summaries, strict=True):
            text = page(summary, script=SCRIPT_NAME)
            publication.path(name).write_text(text, encoding="utf-8")

    def write_pictures(self, publication: Publication) -> None:
        """Wait for the pictures and write them."""
        drawn = self.pictures.result() if self.pictures else []
        for name, picture in zip(self.pages.values(), drawn, strict=True):
            publication.path(f"{name.removesuffix('.html')}.png").write_bytes(picture)


@contextmanager
def begun(
    users: list[str], scored: pl.LazyFrame, model: Model, artist: Artist | None = None
) -> Iterator[Dashboards]:
    """Have the users' pictures drawn as long as the block lasts; whoever draws is gone after it.

    Parameters
    ----------
    users
        Whose.
    scored, model
        The scored table, wherever it lies, and what scored it.
    artist
        Who was told to get ready; by default somebody is told now.
    """
    with artist or Artist() if users else nullcontext() as drawing:
        summaries = _summaries(users, rows_of(users, scored), model) if users else []
        pictures = drawing.draw(summaries) if drawing else None
        pages = {
            user: f"{DASHBOARDS}/{place:03}-{_file_name(user)}.html"
            for place, user in enumerate(users, 1)
        }
        yield Dashboards(pages, summaries, pictures)


def _summaries(users: list[str], rows: pl.DataFrame, model: Model) -> list[Summary]:
    options: dict[str, Any] = {
        "threshold": model.forest_threshold,
        "days": model.config.dashboards.days,
        "timezone": model.config.input.timezone,
        "currency": model.currency,
    }
    return [summarise(rows, user, **options) for user in users]


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
