"""The dashboard as a picture: two panels, 1800 × 1200 dots, readable in print and in grey.

Built on Matplotlib's objects alone: pyplot keeps global state that neither threads nor callers want.
"""

import io
from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from outlay.sinks import palette
from outlay.sinks.dashboard.glyphs import drawable
from outlay.sinks.dashboard.numbers import MarkedTransaction, Summary
from outlay.sinks.dashboard.scale import Scale, scale_of
from outlay.sinks.dashboard.words import (
    amount,
    amount_label,
    before,
    compact,
    counts,
    period,
    spending,
)
from outlay.sinks.text import plural, shorten

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_DPI = 150
_LABELLED = 4
_DATES = 11
_LEFT = 0.095
_LINE = 118  # letters of the heading's second line at full size
_CROWD = 400  # from so many points on they are drawn small and faint
_INK, _SOFT, _GRID = "#1f2328", "#59636e", "#e4e7eb"


def prepare() -> None:
    """Import what drawing needs, ahead of the first picture."""
    from matplotlib.backends import backend_agg  # noqa: F401
    from matplotlib.figure import Figure  # noqa: F401


def png(summary: Summary) -> bytes:
    """Return the picture: daily sums, band and transactions above, scores and threshold below."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 8), dpi=_DPI, facecolor="white")
    FigureCanvasAgg(figure)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    figure.subplots_adjust(left=_LEFT, right=0.975, top=0.85, bottom=0.07, hspace=0.09)
    _amounts(above, summary)
    _scores(below, summary)
    _dates(below, summary)
    _heading(figure, summary)
    out = io.BytesIO()
    figure.savefig(
        out, format="png", metadata={"Software": "Outlay"}, pil_kwargs={"compress_level": 1}
    )
    return out.getvalue()


def _heading(figure: "Figure", summary: Summary) -> None:
    title = f"User {drawable(shorten(summary.user, 48))}"
    said = (period(summary), counts(summary), before(summary), *spending(summary))
    facts = "   ·   ".join(filter(None, said))
    at: dict[str, Any] = {"ha": "left", "parse_math": False}
    size = min(11.5, 11.5 * _LINE / len(facts))
    figure.text(_LEFT, 0.945, title, size=19, weight="bold", color=_INK, **at)
    figure.text(_LEFT, 0.91, drawable(facts), size=size, color=_SOFT, **at)


def _amounts(axes: "Axes", summary: Summary) -> None:
    _plain(axes, drawable(amount_label(summary)))
    _usual(axes, summary)
    _transactions(axes, summary)
    _scale(axes, summary)
    _labels(axes, summary)
    axes.legend(
        loc="lower left", bbox_to_anchor=(-0.008, 1.0), ncols=5, frameon=False, fontsize=10.5,
        labelcolor=_INK, handletextpad=0.5, columnspacing=1.6, borderaxespad=0.2,
    )  # fmt: skip


def _usual(axes: "Axes", summary: Summary) -> None:
    """Draw the sums, the centre and the band, each day at its noon."""
    days: Any = [datetime.combine(day.day, time(12)) for day in summary.daily]
    nan = float("nan")
    rows = [(d.upper_band, d.lower_band, d.rolling_mean) for d in summary.daily]
    upper, lower, mean = (
        [nan if v is None else v for v in column] for column in zip(*rows, strict=True)
    )
    dot = "o" if len(days) == 1 else None
    band, sums = summary.band, [day.amount_sum for day in summary.daily]
    axes.plot(days, sums, color=palette.SUM, lw=2.2, marker=dot, label="Daily sum", zorder=3)
    axes.plot(
        days, mean, color=palette.MEAN, lw=1.8, marker=dot,
        label=f"{band.window_days}-day {band.centre}", zorder=2.5,
    )  # fmt: skip
    spread = "std" if band.centre == "mean" else "MAD"
    axes.fill_between(
        days, lower, upper, color=palette.BAND, alpha=0.2, lw=0,
        label=f"± {band.width:g} {spread}", zorder=1,
    )  # fmt: skip


def _transactions(axes: "Axes", summary: Summary) -> None:
    normal = [each for each in summary.transactions if not each.is_anomaly_flag]
    spots = [(each.timestamp, each.amount) for each in normal]
    if spots:
        axes.scatter(*_columns(spots), label="Transaction", **_grey(len(spots), 22))
    red = [(each.timestamp, each.amount) for each in summary.flagged]
    if red:
        axes.scatter(*_columns(red), label="Flagged", **_red(len(red), 70))


def _grey(count: int, size: float) -> dict[str, Any]:
    crowd = max(1.0, count / _CROWD) ** 0.5
    return {
        "s": max(size / crowd, 4),
        "color": palette.NORMAL,
        "alpha": max(0.6 / crowd, 0.15),
        "linewidths": 0,
        "zorder": 4,
    }


def _red(count: int, size: float) -> dict[str, Any]:
    crowd = max(1.0, count / _CROWD) ** 0.5
    return {
        "s": max(size / crowd, 10),
        "color": palette.FLAGGED,
        "marker": "D",
        "edgecolors": "white",
        "linewidths": 0.9 / crowd,
        "zorder": 5,
    }


def _columns(points: Iterable[tuple[datetime, float]]) -> tuple[Any, Any]:
    """Split into times, as the wall clock shows them, and values."""
    pairs = [(moment.replace(tzinfo=None), value) for moment, value in points]
    return [moment for moment, _ in pairs], [value for _, value in pairs]


def _scale(axes: "Axes", summary: Summary) -> None:
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    scale = scale_of(summary)
    if scale.is_compressed:
        axes.set_yscale("asinh", linear_width=scale.linear_below)
        axes.yaxis.set_major_locator(FixedLocator(scale.ticks))
        axes.yaxis.set_minor_locator(NullLocator())
        note = "The scale is compressed so that large amounts do not flatten the others."
        axes.text(0.995, 0.985, note, transform=axes.transAxes, ha="right", va="top",
                  size=9, style="italic", color=_SOFT)  # fmt: skip
    axes.set_ylim(0, _headroom(summary, scale))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: compact(value)))


def _headroom(summary: Summary, scale: Scale) -> float:
    top = max(
        *(max(day.amount_sum, day.upper_band or 0.0) for day in summary.daily),
        *(each.amount for each in summary.transactions),
    )
    return top * (3.0 if scale.is_compressed else 1.12) or 1.0


def _labels(axes: "Axes", summary: Summary) -> None:
    """Write the amount beside the worst, except where the words would lie on each other."""
    taken: list[tuple[float, float]] = []
    for each in sorted(summary.flagged, key=lambda each: -each.amount):
        spot = (each.timestamp.replace(tzinfo=None), each.amount)
        x, y = axes.transData.transform((_day_number(spot[0]), spot[1]))
        if len(taken) < _LABELLED and all(abs(x - a) > 110 or abs(y - b) > 26 for a, b in taken):  # noqa: PLR2004
            taken.append((x, y))
            axes.annotate(
                drawable(amount(each.amount, summary)), spot, (0, 8), ha="center",
                textcoords="offset points", size=10, weight="bold", color=palette.FLAGGED,
                parse_math=False, zorder=6, path_effects=_halo(),
            )  # fmt: skip


def _halo() -> list[Any]:
    from matplotlib.patheffects import withStroke

    return [withStroke(linewidth=3, foreground="white")]


def _day_number(moment: datetime) -> float:
    from matplotlib.dates import date2num

    return float(date2num(moment))  # type: ignore[no-untyped-call]


def _scores(axes: "Axes", summary: Summary) -> None:
    _plain(axes, "Score")
    scored = [each for each in summary.transactions if each.anomaly_score is not None]
    for flagged, style, size in ((False, _grey, 12), (True, _red, 36)):
        points = [_score_spot(each) for each in scored if each.is_anomaly_flag is flagged]
        if points:
            axes.scatter(*_columns(points), **style(len(points), size))
    cut = 100 * summary.threshold
    axes.axhline(cut, color=palette.FLAGGED, lw=1.3, ls=(0, (5, 3)), zorder=5.5)
    axes.axhspan(cut, 104, color=palette.FLAGGED, alpha=0.05, lw=0)
    axes.annotate(f"threshold {cut:.0f}", (1, cut), (-4, 4), xycoords=("axes fraction", "data"),
                  textcoords="offset points", ha="right", size=9.5, color=palette.FLAGGED,
                  path_effects=_halo(), zorder=6)  # fmt: skip
    axes.set_ylim(0, 104)
    axes.set_yticks([0, 25, 50, 75, 100])


def _score_spot(each: MarkedTransaction) -> tuple[datetime, float]:
    return each.timestamp, 100 * (each.anomaly_score or 0.0)


def _dates(axes: "Axes", summary: Summary) -> None:
    first = datetime.combine(summary.daily[0].day, time())
    last = datetime.combine(summary.daily[-1].day, time()) + timedelta(days=1)
    margin = (last - first) / 60
    axes.set_xlim(first - margin, last + margin)  # type: ignore[arg-type]
    days = [day.day for day in summary.daily]
    labelled = days[:: -(-len(days) // _DATES)]
    noons = [datetime.combine(day, time(12)) for day in labelled]
    axes.set_xticks(noons, [f"{day.day} {day:%b}" for day in labelled])  # type: ignore[arg-type]
    if summary.unreadable:
        left_out = f"{plural(summary.unreadable, 'row')} without time or amount left out"
        axes.set_xlabel(left_out, color=_SOFT)


def _plain(axes: "Axes", label: str) -> None:
    """Take away what is not data, and set the label."""
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color("#b7bdc5")
    axes.grid(axis="y", color=_GRID, lw=0.9)
    axes.set_axisbelow(True)
    axes.tick_params(colors=_SOFT, length=0, labelsize=10.5, pad=6)
    axes.set_ylabel(label, color=_SOFT, size=11, parse_math=False)
    axes.yaxis.set_label_coords(-0.072, 0.5)
