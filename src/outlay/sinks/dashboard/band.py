"""The band of what was usual, day by day.

The default is the classic one: mean ± 2 standard deviations of the seven days up to and including
the day, cut at zero. It has a known weakness that the options answer: a day that stands in its own
band lifts it, and one huge day hides the next six.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Literal, NamedTuple

from outlay.errors import ConfigError

_MAD_TO_STD = 1.4826  # for normal data the median absolute deviation times this is the deviation


class Level(NamedTuple):
    """What was usual on one day; all missing where no day came before."""

    centre: float | None
    spread: float | None
    upper: float | None
    lower: float | None


_UNKNOWN = Level(None, None, None, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """How the band is drawn.

    Parameters
    ----------
    window_days
        How many days it looks back over.
    width
        How many spreads lie between the centre and each edge.
    include_day
        Whether the day itself counts; without it only the days before do.
    centre
        ``mean`` with the standard deviation, or ``median`` with the median absolute deviation
        (scaled so that both mean the same on quiet data).
    min_width
        The least distance between the centre and each edge, in the amounts' currency.
    """

    window_days: int = 7
    width: float = 2.0
    include_day: bool = True
    centre: Literal["mean", "median"] = "mean"
    min_width: float = 0.0

    def __post_init__(self) -> None:
        _check("window_days", self.window_days, self.window_days >= 1, "a whole number from 1")
        _check("width", self.width, 0 <= self.width < float("inf"), "a number from 0")
        _check("min_width", self.min_width, 0 <= self.min_width < float("inf"), "a number from 0")
        _check("centre", self.centre, self.centre in ("mean", "median"), "'mean' or 'median'")

    def levels(self, sums: Sequence[float]) -> list[Level]:
        """Return what was usual on each day, given the days' sums in order."""
        ends = range(int(self.include_day), len(sums) + int(self.include_day))
        return [self._level(sums[max(0, end - self.window_days) : end]) for end in ends]

    def _level(self, days: Sequence[float]) -> Level:
        if not days:
            return _UNKNOWN
        centre, spread = _robust(days) if self.centre == "median" else _classic(days)
        reach = max(self.width * spread, self.min_width)
        return Level(centre, spread, centre + reach, max(centre - reach, 0.0))


def _classic(days: Sequence[float]) -> tuple[float, float]:
    """Return mean and sample standard deviation, which one day alone does not have: then 0."""
    mean = fmean(days)
    if len(days) == 1:
        return mean, 0.0
    return mean, (sum((day - mean) ** 2 for day in days) / (len(days) - 1)) ** 0.5


def _robust(days: Sequence[float]) -> tuple[float, float]:
    middle = median(days)
    return middle, _MAD_TO_STD * median(abs(day - middle) for day in days)


def _check(name: str, value: object, good: bool, wanted: str) -> None:  # noqa: FBT001
    if not good:
        raise ConfigError(
            f"the dashboard's band has {name} = {value!r}; it must be {wanted}\n\n"
            f"Hint: leave {name} out to get the usual band."
        )


SEED = Band()
"""Mean ± 2 standard deviations of the seven days up to and including the day, cut at zero."""
