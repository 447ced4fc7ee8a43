"""From files or tables to accepted transactions."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from outlay.pipeline.settings import InputSettings
from outlay.schema.intake import Accepted, Intake, Raw, accept, load_rates
from outlay.sources import from_frame, read


def accepted_files(files: Sequence[str | Path], settings: InputSettings) -> Accepted:
    """Read files and accept their rows; see `outlay.sources.read` for what a file can be."""
    return accept(read(files), intake(settings))


def accepted_frame(table: Any, settings: InputSettings) -> tuple[Accepted, Any]:
    """Accept the rows of a table in memory; return them, and the kind of table that it was."""
    frame, kind = from_frame(table)
    return accept(Raw.of(frame), intake(settings)), kind


def intake(settings: InputSettings) -> Intake:
    """Return the settings as the schema takes them."""
    return Intake(
        columns=settings.columns,
        timezone=settings.timezone,
        currency=settings.currency,
        rates=load_rates(Path(settings.rates)) if settings.rates else None,
        negative=settings.negative,
        time_format=settings.time_format,
    )
