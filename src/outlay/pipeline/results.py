"""Reading back what was scored, by us or by somebody else."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from outlay.errors import InputError, NotFoundError
from outlay.pipeline.evaluate import Evaluation, evaluate
from outlay.pipeline.intake import intake
from outlay.pipeline.names import IMPORTANCE, MODEL, SCORED
from outlay.pipeline.settings import InputSettings
from outlay.schema.columns import REQUIRED
from outlay.schema.intake import accept
from outlay.sources import read

MIDDLE: Final = 0.5
"""The forest's natural threshold, where nothing says a better one."""
_NUMBERS: Final = ("anomaly_score", "risk", "fuzzy_risk_score")
_FLAGS: Final = ("is_alert", "is_anomaly", "rule_is_anomaly", "assessed")


@dataclass(frozen=True, slots=True)
class Scored:
    """A scored table as it was read.

    Parameters
    ----------
    frame
        The table: user_id, amount and timestamp by these names, scores as numbers.
    mapping
        Input column by our name, where a column was renamed.
    notes
        What a reader should know.
    folder
        Where the file lies.
    """

    frame: pl.DataFrame
    mapping: dict[str, str]
    notes: list[str]
    folder: Path

    def ours(self, column: str) -> str:
        """Return the name under which an input column stands in the frame."""
        renamed = {theirs: ours for ours, theirs in self.mapping.items()}
        return column if column in self.frame.columns else renamed.get(column, column)


def open_scored(file: str, settings: InputSettings | None = None) -> Scored:
    """Read a scored table: a result's folder, its scored.parquet, or any table that has scores."""
    path = Path(file)
    inside = path / SCORED
    if path.is_dir() and inside.is_file():
        path = inside
    raw = read([str(path) if file != "-" else file])
    folder = Path() if file == "-" else path.parent
    settings = settings or InputSettings()
    if not settings.columns and _is_clean(raw.frame):
        return Scored(raw.frame, {}, raw.notes, folder)
    accepted = accept(raw, intake(settings))
    notes = [note for note in accepted.notes if "names that scoring writes" not in note]
    for reason, count in accepted.rejected["reason"].value_counts(sort=True).head(3).iter_rows():
        notes.append(f"{count:,} rows left out: {reason}")
    if len(accepted.duplicates):
        notes.append(f"{len(accepted.duplicates):,} duplicates left out")
    return Scored(_typed(accepted.transactions), accepted.mapping, notes, folder)


def _is_clean(frame: pl.DataFrame) -> bool:
    """Return whether users, amounts and times stand there as they should: a result of ours."""
    return (
        all(name in frame.columns for name in REQUIRED)
        and isinstance(frame.schema["timestamp"], pl.Datetime)
        and frame.schema["amount"].is_numeric()
        and not any(frame[name].null_count() for name in REQUIRED)
    )


def _typed(frame: pl.DataFrame) -> pl.DataFrame:
    numbers = [name for name in _NUMBERS if name in frame.columns]
    flags = [name for name in _FLAGS if name in frame.columns]
    return frame.with_columns(
        *(_number(frame[name]) for name in numbers),
        *(as_flag(frame[name]) for name in flags),
    )


def _number(column: pl.Series) -> pl.Series:
    if column.dtype != pl.String:
        return column
    text = column.str.strip_chars().replace("", None)
    values = text.cast(pl.Float64, strict=False)
    odd = text.filter(text.is_not_null() & values.is_null())
    if len(odd):
        raise InputError(
            f"{column.name!r} holds {odd[0][:40]!r}, which is no number.\n\n"
            "Hint: scores are numbers with a decimal point; empty where there is none."
        )
    return values


def as_flag(column: pl.Series) -> pl.Series:
    """Return what a CSV calls true and false."""
    if column.dtype != pl.String:
        return column
    text = column.str.to_lowercase().str.strip_chars()
    return text.is_in(["true", "1", "yes"]).set(text.is_null(), None)


@dataclass(frozen=True, slots=True)
class Metadata:
    """What ``feature_importance.json`` says beside the importances; see `read`."""

    threshold: float = MIDDLE
    timezone: str | None = None
    currency: str | None = None
    model_folder: str = MODEL
    digest: str | None = None
    path: Path | None = None

    @classmethod
    def read(cls, path: Path) -> "Metadata":
        """Read the file that training left, ours or another's with metrics.anomaly_score_threshold."""
        try:
            said = json.loads(path.read_bytes())
            metrics = said.get("metrics", {})
            threshold = float(metrics.get("anomaly_score_threshold", MIDDLE))
        except FileNotFoundError as error:
            raise NotFoundError(
                f"there is no file {str(path)!r}.\n\n"
                "Hint: without --metadata the threshold is 0.5, the forest's natural middle."
            ) from error
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise InputError(
                f"{path} does not say the threshold: {error}.\n\n"
                'Hint: it looks like {"metrics": {"anomaly_score_threshold": 0.62}}.'
            ) from error
        return cls(
            threshold=threshold,
            timezone=said.get("timezone"),
            currency=said.get("currency"),
            model_folder=said.get("model_folder") or MODEL,
            digest=said.get("model_digest"),
            path=path,
        )

    @classmethod
    def beside(cls, folder: Path) -> "Metadata":
        """Read the file that lies in the folder; without one the threshold is the middle."""
        path = folder / IMPORTANCE
        return cls.read(path) if path.is_file() else cls()


def evaluate_scored(  # noqa: PLR0913 - one choice each, by keyword
    file: str,
    settings: InputSettings,
    *,
    label: str,
    score: str,
    by: str | None = None,
    k: int = 100,
    timezone: str | None = None,
) -> tuple[Evaluation, list[str]]:
    """Compare a scored file with its labels; columns may be named as the file names them."""
    scored = open_scored(file, settings)
    label, score = scored.ours(label), scored.ours(score)
    frame = scored.frame
    if score in frame.columns:
        frame = frame.with_columns(_number(frame[score]))
    zone = timezone or Metadata.beside(scored.folder).timezone or settings.timezone
    by = by and scored.ours(by)
    return evaluate(frame, label=label, score=score, by=by, k=k, timezone=zone), scored.notes
