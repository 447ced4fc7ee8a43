"""Which transactions a page can hold: the flagged first, then those that keep the picture's outline."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

from outlay.sinks.dashboard.numbers import MarkedTransaction, Summary


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a summary is shown."""

    normal: int = 1000
    flagged: int = 150


@dataclass(frozen=True, slots=True)
class Sample:
    """What is shown: the normal transactions by time, the flagged and earlier ones worst first."""

    normal: tuple[MarkedTransaction, ...]
    flagged: tuple[MarkedTransaction, ...]
    earlier: tuple[MarkedTransaction, ...]


def sample(summary: Summary, limits: Limits) -> Sample:
    """Return at most so many transactions; of the flagged the worst, of the others the outline."""
    normal = [each for each in summary.transactions if not each.is_anomaly_flag]
    most = limits.flagged
    outline = tuple(_outline(normal, limits.normal))
    return Sample(outline, summary.flagged[:most], summary.earlier[:most])


def _outline(points: Sequence[MarkedTransaction], most: int) -> Iterable[MarkedTransaction]:
    """Keep the largest amount and the highest score of each stretch of time.

    Every peak stays where it was; only points that lay below another of their stretch go.
    """
    if len(points) <= most:
        return points
    stretch = -(-2 * len(points) // most)
    starts = range(0, len(points), stretch)
    return chain.from_iterable(_peaks(points[start : start + stretch]) for start in starts)


def _peaks(points: Sequence[MarkedTransaction]) -> Iterable[MarkedTransaction]:
    amount = max(range(len(points)), key=lambda n: points[n].amount)
    score = max(range(len(points)), key=lambda n: points[n].anomaly_score or 0.0)
    return (points[n] for n in sorted({amount, score}))
