"""The report's two charts, as the plain JSON that Plotly reads."""

from math import log10
from typing import Any

from outlay.sinks import palette
from outlay.sinks.report.data import ReportData

Json = dict[str, Any]

_MARGIN = {"l": 56, "r": 12, "t": 8, "b": 40}


def alerts_figure(data: ReportData) -> Json:
    """Return the alerts over time, stacked by severity, the worst at the foot."""
    starts = [each.start.isoformat() for each in data.alerts_over_time]
    bars = [
        {
            "type": "bar",
            "name": name,
            "x": starts,
            "y": [each.by_severity.get(name, 0) for each in data.alerts_over_time],
            "marker": {"color": colour},
            "hovertemplate": f"%{{x|%a %d %b %Y}}: %{{y:,}} {name}<extra></extra>",
        }
        for name, colour in reversed(palette.SEVERITY.items())
    ]
    return {
        "data": bars,
        "layout": {
            "barmode": "stack",
            "bargap": 0.15,
            "margin": _MARGIN,
            "legend": {"orientation": "h", "traceorder": "normal", "y": 1.02, "yanchor": "bottom"},
            "xaxis": {"type": "date"},
            "yaxis": {"title": {"text": "Alerts"}, "tickformat": ",d", "rangemode": "tozero"},
        },
    }


def scores_figure(data: ReportData) -> Json:
    """Return how the scores are spread, on a logarithmic axis, since the rare ones matter."""
    width = 100 / len(data.score_counts)
    cut = 100 * data.facts.threshold
    middles = [width * (place + 0.5) for place in range(len(data.score_counts))]
    top = max(*data.score_counts, 1)
    return {
        "data": [
            {
                "type": "bar",
                "x": middles,
                "y": [count or None for count in data.score_counts],
                "width": width,
                "marker": {
                    "color": [palette.FLAGGED if x >= cut else palette.NORMAL for x in middles],
                    "line": {"width": 0},
                },
                "customdata": [f"{x - width / 2:.0f} to {x + width / 2:.0f}" for x in middles],
                "hovertemplate": "score %{customdata}: %{y:,} transactions<extra></extra>",
            }
        ],
        "layout": {
            "margin": _MARGIN,
            "bargap": 0.05,
            "showlegend": False,
            "xaxis": {"title": {"text": "Score"}, "range": [0, 100]},
            "yaxis": {
                "type": "log",
                "title": {"text": "Transactions"},
                "range": [-0.3, log10(top) + 0.15],
                "dtick": 1,
                "tickformat": ",d",
            },
            "shapes": [
                {"type": "line", "x0": cut, "x1": cut, "yref": "paper", "y0": 0, "y1": 1}
                | {"line": {"color": palette.FLAGGED, "width": 1.5, "dash": "dash"}}
            ],
            "annotations": [
                {"x": cut, "yref": "paper", "y": 1, "xanchor": "left", "yanchor": "top"}
                | {"showarrow": False, "text": f" threshold {cut:.1f}"}
            ],
        },
    }
