"""The form of a rule pack's file, declared once: what may be written, and of which type."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec

from outlay.detectors.rules.pack import Combine, Feeds, Mode, Severity
from outlay.detectors.rules.scope import Kind

MAX_RULES: Final = 500
MAX_NAMES: Final = 200
"""Parameters, sets or columns in one pack."""
MAX_MEMBERS: Final = 10_000
"""Values in one set."""

Word = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$")]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Line = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]


class Declared(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """A table of the file: unknown keys are errors."""


class ConfidenceTable(Declared, frozen=True):
    """``[confidence]``: how the scores of the rules that apply become one number."""

    combine: Combine = "mean"
    anomaly_above: Share = 0.5
    near_misses: bool = True


class BandTable(Declared, frozen=True):
    """``[[band]]``: what a confidence means and what to do."""

    severity: Severity
    at_least: Share
    action: Line


class RuleTable(Declared, frozen=True):
    """``[[rule]]``."""

    code: Word
    name: Line
    when: str
    reason: str
    applies: str | None = None
    score: str | None = None
    severity: Severity | dict[Severity, Share] = "medium"
    normal: str | None = None
    mode: Mode = "active"
    always_alert: bool = False
    group: Word | None = None
    feeds: Feeds | None = None


class HeadTable(Declared, frozen=True):
    """The top of the file."""

    format: Annotated[int, msgspec.Meta(ge=1, le=1)]
    name: Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_-]{0,63}$")]
    version: Annotated[str, msgspec.Meta(pattern=r"^\d+(\.\d+){0,2}$")]
    description: Line = ""


Names = Annotated[dict[Word, float], msgspec.Meta(max_length=MAX_NAMES)]
Sets = Annotated[
    dict[
        Word,
        Annotated[
            list[Annotated[str, msgspec.Meta(max_length=200)]],
            msgspec.Meta(max_length=MAX_MEMBERS),
        ],
    ],
    msgspec.Meta(max_length=MAX_NAMES),
]
Columns = Annotated[dict[Word, Kind], msgspec.Meta(max_length=MAX_NAMES)]

TABLES: Final[Mapping[str, Any]] = {"parameters": Names, "sets": Sets, "columns": Columns}
"""The tables of names."""

BANDS: Final = (
    BandTable(severity="critical", at_least=0.8, action="Investigate at once"),
    BandTable(severity="high", at_least=0.6, action="Review"),
    BandTable(severity="medium", at_least=0.4, action="Monitor"),
    BandTable(severity="low", at_least=0.0, action="Keep for the pattern"),
)
"""What a pack without ``[[band]]`` gets."""
