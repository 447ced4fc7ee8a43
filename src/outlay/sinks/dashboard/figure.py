"""The interactive figure, as the plain JSON that Plotly reads.

Amounts stand in it as they are. Where a compressed axis serves better, ``layout.meta`` says so, and
the page's script does the bending, so that it can be undone with a click.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from outlay.sinks import palette
from outlay.sinks.dashboard.numbers import MarkedTransaction, Summary
from outlay.sinks.dashboard.sample import Limits, Sample, sample
from outlay.sinks.dashboard.scale import scale_of
from outlay.sinks.dashboard.words import amount, amount_label, compact, hover
from outlay.sinks.text import plotly

Json = dict[str, Any]

_LABELLED = 3
_LIFT = "<br><span style='font-size:7px'> </span>"  # an empty line between mark and words
_SKIP: Json = {"hoverinfo": "skip"}


def figure(summary: Summary, limits: Limits | None = None) -> Json:
    """Return ``{"data": …, "layout": …}`` with the amounts above and the scores below."""
    shown = sample(summary, limits or Limits())
    upper = [*_band(summary), *_days(summary), *_points(shown, summary), *_labels(shown, summary)]
    return {
        "data": upper + _scores(shown, summary),
        "layout": _layout(summary, amount_traces=len(upper)),
    }


def _band(summary: Summary) -> list[Json]:
    days = _noons(summary)
    edge = {"type": "scatter", "x": days, "mode": "lines", "line": {"width": 0}, **_SKIP}
    name = f"{summary.band.window_days}-day band"
    return [
        edge | {"y": [day.upper_band for day in summary.daily], "showlegend": False},
        edge
        | {"y": [day.lower_band for day in summary.daily], "name": name, "legendrank": 3}
        | {"fill": "tonexty", "fillcolor": _rgba(palette.BAND, 0.22)},
    ]


def _days(summary: Summary) -> list[Json]:
    days = _noons(summary)
    sums = [day.amount_sum for day in summary.daily]
    mean = [day.rolling_mean for day in summary.daily]
    centre = f"{summary.band.window_days}-day {summary.band.centre}"
    return [
        _line(days, sums, "Daily sum", palette.SUM, _hover_days(summary, sums)) | {"legendrank": 1},
        _line(days, mean, centre, palette.MEAN, _hover_days(summary, mean)) | {"legendrank": 2},
    ]


def _line(days: list[str], values: Sequence[float | None], *named: Any) -> Json:
    name, colour, texts = named
    line = {"type": "scatter", "mode": "lines+markers" if len(days) == 1 else "lines", "x": days}
    style = {"color": colour, "width": 2.25 if colour == palette.SUM else 1.75}
    box = {"text": texts, "hovertemplate": f"%{{text}}<extra>{name}</extra>"}
    return line | {"y": list(values), "name": name, "line": style} | box


def _hover_days(summary: Summary, values: Sequence[float | None]) -> list[str]:
    return [
        "" if value is None else f"{day.day:%a %d %b} · {plotly(amount(value, summary))}"
        for day, value in zip(summary.daily, values, strict=True)
    ]


def _points(shown: Sample, summary: Summary) -> list[Json]:
    grey = {"color": palette.NORMAL, "size": 6, "opacity": 0.6}
    return [
        _markers(shown.normal, "Transaction", grey, _amounts(shown.normal))
        | {"text": [hover(each, summary) for each in shown.normal]},
        _markers(shown.flagged, "Flagged", _RED, _amounts(shown.flagged))
        | {"text": [hover(each, summary) for each in shown.flagged]},
    ]


_RED: Json = {
    "color": palette.FLAGGED,
    "size": 11,
    "symbol": "diamond",
    "line": {"color": "#ffffff", "width": 1},
}


def _markers(
    points: Sequence[MarkedTransaction], name: str, marker: Json, y: Sequence[float | None]
) -> Json:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": _times(points),
        "y": y,
        "marker": marker,
        "hovertemplate": "%{text}<extra></extra>",
    }


def _labels(shown: Sample, summary: Summary) -> list[Json]:
    """Write the amount beside the few largest that are flagged."""
    worst = sorted(shown.flagged, key=lambda each: -each.amount)[:_LABELLED]
    texts = [f"<b>{plotly(amount(each.amount, summary))}</b>{_LIFT}" for each in worst]
    red = {"textfont": {"color": palette.FLAGGED, "size": 12}}
    text: Json = red | {
        "mode": "text",
        "text": texts,
        "textposition": "top center",
        "cliponaxis": False,
    }
    return [{"type": "scatter", "x": _times(worst), "y": _amounts(worst), "showlegend": False}
            | text | _SKIP]  # fmt: skip


def _scores(shown: Sample, summary: Summary) -> list[Json]:
    low = {"xaxis": "x", "yaxis": "y2", "showlegend": False}
    grey = {"color": palette.NORMAL, "size": 4, "opacity": 0.6}
    box = {"hovertemplate": "score %{y:.0f} · %{x|%a %d %b %H:%M}<extra></extra>"}
    return [
        _markers(shown.normal, "Score", grey, _hundreds(shown.normal)) | low | box,
        _markers(shown.flagged, "Score, flagged", _RED | {"size": 8}, _hundreds(shown.flagged))
        | low
        | {"text": [hover(each, summary) for each in shown.flagged]},
    ]


def _layout(summary: Summary, *, amount_traces: int) -> Json:
    scale = scale_of(summary)
    cut = 100 * summary.threshold
    return {
        "hovermode": "closest",
        "margin": {"l": 64, "r": 16, "t": 8, "b": 40},
        "separators": ".,",
        "legend": {
            "orientation": "h",
            "traceorder": "normal",
            "x": 0,
            "y": 1.02,
            "yanchor": "bottom",
        },
        "xaxis": {"type": "date", "anchor": "y2", "range": _days_shown(summary)},
        "yaxis": {
            "domain": [0.34, 1],
            "title": {"text": plotly(amount_label(summary))},
            "rangemode": "tozero",
            "tickformat": ",~r",
        },
        "yaxis2": {"domain": [0, 0.26], "title": {"text": "Score"}, "range": [0, 103]},
        "shapes": [
            {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "yref": "y2", "y0": cut, "y1": cut}
            | {"line": {"color": palette.FLAGGED, "width": 1.5, "dash": "dash"}}
        ],
        "annotations": [
            {"xref": "paper", "x": 1, "xanchor": "right", "yref": "y2", "y": cut}
            | {"yanchor": "bottom", "showarrow": False, "text": f"threshold {cut:.0f}"}
        ],
        "meta": {
            "is_compressed": scale.is_compressed,
            "linear_below": scale.linear_below,
            "ticks": scale.ticks,
            "tick_texts": [compact(tick) for tick in scale.ticks],
            "amount_traces": amount_traces,
        },
    }


def _days_shown(summary: Summary) -> list[str]:
    """Return the axis' ends, half a day beyond the data."""
    first, last = summary.daily[0].day, summary.daily[-1].day
    hours = (f"{first:%Y-%m-%d} 00:00", f"{last:%Y-%m-%d} 23:59")
    start, end = (datetime.fromisoformat(hour) for hour in hours)
    margin = (end - start) / 60
    return [_time(start - margin), _time(end + margin)]


def _noons(summary: Summary) -> list[str]:
    """Return where the days' sums stand: in the middle of the day that they sum."""
    return [f"{day.day.isoformat()} 12:00" for day in summary.daily]


def _times(points: Iterable[MarkedTransaction]) -> list[str]:
    return [_time(each.timestamp) for each in points]


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def _amounts(points: Iterable[MarkedTransaction]) -> list[float]:
    return [each.amount for each in points]


def _hundreds(points: Iterable[MarkedTransaction]) -> list[float | None]:
    scores = (each.anomaly_score for each in points)
    return [None if score is None else round(100 * score, 2) for score in scores]


def _rgba(colour: str, opacity: float) -> str:
    red, green, blue = (int(colour[n : n + 2], 16) for n in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"
