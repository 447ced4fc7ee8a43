"""What an evaluation found, and how it reads: every figure beside its definition."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final

from outlay.pipeline.metrics import DEFINITIONS


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured; None where there is nothing to measure by (`DEFINITIONS` says what is what)."""

    payments: int
    frauds: int
    roc_auc: float
    average_precision: float
    precision_at_k: float
    user_precision_at_k: float
    alert_rate: float | None = None
    precision: float | None = None
    recall: float | None = None
    false_positive_ratio: float | None = None
    false_positive_rate: float | None = None
    value_detection_rate: float | None = None

    @property
    def base_rate(self) -> float:
        """Return the share of payments that are fraud."""
        return self.frauds / self.payments


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The figures of a ranking, beside those of a ranking by lot and of a perfect one.

    Parameters
    ----------
    label, score, by, k
        Which columns were compared, by which scenarios, and how many a day are looked at.
    days, unlabelled
        Days with payments, and rows that were left out because nobody knows what they are.
    overall, random, perfect
        All frauds: as ranked, by lot, and at best.
    groups
        Each scenario's frauds against all legitimate payments.
    """

    label: str
    score: str
    by: str | None
    k: int
    days: int
    unlabelled: int
    overall: Figures
    random: Figures
    perfect: Figures
    groups: dict[str, Figures]

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain values, the definitions with it."""
        plain = asdict(self)
        plain["definitions"] = {name: _definition(name, self.k) for name in DEFINITIONS}
        return plain

    def as_text(self) -> str:
        """Return the figures as a table, each with its definition."""
        return "\n".join(_lines(self))


def _definition(name: str, k: int) -> str:
    return DEFINITIONS[name].format(k=k)


def _lines(found: Evaluation) -> Iterator[str]:
    overall = found.overall
    yield (
        f"{overall.payments:,} payments with a label, {overall.frauds:,} frauds "
        f"({overall.base_rate:.2%}), {found.days:,} days, ranked by {found.score}"
        + (f"; {found.unlabelled:,} without a label left out" if found.unlabelled else "")
    )
    yield ""
    yield f"{'':22}{'measured':>10}{'by lot':>9}{'at best':>9}"
    for name in DEFINITIONS:
        row = (getattr(one, name) for one in (overall, found.random, found.perfect))
        measured, lot, best = (_number(name, value) for value in row)
        words = _definition(name, found.k)
        yield f"{_title(name, found.k):22}{measured:>10}{lot:>9}{best:>9}  {words}"
    if found.groups:
        yield ""
        yield f"By {found.by}: each one's frauds against all legitimate payments"
        yield from _group_lines(found)


_LONGEST_NAME: Final = 40
_GROUP_FIGURES: Final = (
    "roc_auc",
    "average_precision",
    "precision_at_k",
    "user_precision_at_k",
    "recall",
    "value_detection_rate",
)


def _group_lines(found: Evaluation) -> Iterator[str]:
    titles = [_title(name, found.k) for name in _GROUP_FIGURES]
    width = max(len(_printable(kind)) for kind in found.groups) + 2
    yield f"{'':{width}}{'frauds':>8}" + "".join(f"{title:>22}" for title in titles)
    for kind, figures in found.groups.items():
        cells = (_number(name, getattr(figures, name)) for name in _GROUP_FIGURES)
        yield f"{_printable(kind):{width}}{figures.frauds:>8,}" + "".join(
            f"{cell:>22}" for cell in cells
        )


def _printable(name: str) -> str:
    """Return a name from the file as it may stand in a terminal: one line, no control characters."""
    return "".join(char if char.isprintable() else " " for char in name[:_LONGEST_NAME])


def _title(name: str, k: int) -> str:
    title = {"roc_auc": "ROC-AUC", "user_precision_at_k": f"user precision@{k}"}.get(name)
    return title or name.replace("_at_k", f"@{k}").replace("_", " ")


def _number(name: str, value: float | None) -> str:
    if value is None:
        return "-"
    if name == "false_positive_ratio":
        return f"{value:.1f}:1"
    if name in ("alert_rate", "false_positive_rate"):
        return f"{value:.3%}"
    return f"{value:.3f}"
