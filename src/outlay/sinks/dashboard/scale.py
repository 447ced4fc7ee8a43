"""The scale of the amounts: straight, or compressed when one payment would flatten all others."""

from dataclasses import dataclass
from math import asinh, floor, log10
from statistics import median

from outlay.sinks.dashboard.numbers import Summary

_FLATTENS_DAYS = 20.0  # the largest amount against an ordinary day's sum
_FLATTENS_PAYMENTS = 100.0  # and against an ordinary payment
_TICKS = 9


@dataclass(frozen=True, slots=True)
class Scale:
    """How amounts are laid along the axis.

    Parameters
    ----------
    is_compressed
        Whether the axis should start out compressed, as asinh(amount / linear_below).
    linear_below
        Up to about this amount the compressed axis is straight, above it logarithmic.
    ticks
        Where the compressed axis is labelled.
    """

    is_compressed: bool
    linear_below: float
    ticks: tuple[float, ...]


def scale_of(summary: Summary) -> Scale:
    """Return the scale that lets both the ordinary and the largest amount be seen."""
    amounts = [each.amount for each in summary.transactions if each.amount > 0]
    sums = [day.amount_sum for day in summary.daily if day.amount_sum > 0]
    if not amounts:
        return Scale(is_compressed=False, linear_below=1.0, ticks=(0.0, 1.0))
    ordinary, top = median(amounts), max(amounts + sums)
    flattens = top > min(_FLATTENS_DAYS * median(sums), _FLATTENS_PAYMENTS * ordinary)
    return Scale(flattens, ordinary, _ticks(ordinary, top))


def _ticks(ordinary: float, top: float) -> tuple[float, ...]:
    """Return 0 and round amounts, spread as evenly over the compressed axis as they allow."""
    decades = range(floor(log10(ordinary)), floor(log10(top)) + 1)
    marks = [step * 10.0**decade for decade in decades for step in (1, 3)]
    seen = [mark for mark in marks if ordinary / 2 <= mark <= top * 1.2]
    tens = [mark for mark in seen if mark in marks[::2]]
    chosen = seen if len(seen) < _TICKS else tens
    return (0.0, *chosen[:: max(1, -(-len(chosen) // _TICKS))])


def compress(amount: float, scale: Scale) -> float:
    """Return where ``amount`` lies on the compressed axis."""
    return asinh(amount / scale.linear_below)
