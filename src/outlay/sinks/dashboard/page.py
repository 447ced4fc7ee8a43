"""The dashboard as a page: in plain words first, then the chart, then what was flagged and why."""

from dataclasses import dataclass

from outlay.sinks import html
from outlay.sinks.dashboard.figure import figure
from outlay.sinks.dashboard.numbers import Day, MarkedTransaction, Summary
from outlay.sinks.dashboard.sample import Limits, sample
from outlay.sinks.dashboard.scale import scale_of
from outlay.sinks.dashboard.words import (
    amount,
    caption,
    compact,
    counts,
    grounds,
    kind,
    notes,
    period,
    score,
    sentence,
)
from outlay.sinks.text import percent, plural

BUDGET = 300_000
"""The most bytes of data and markup in a page."""

_SHRINKING = (Limits(), *(Limits(1000 // n, 150 // n) for n in (2, 4, 10, 50)), Limits(0, 0))
_REASONS_SHOWN = 6
_DAYS_SHOWN = 100


@dataclass(frozen=True, slots=True)
class _Tile:
    name: str
    value: str
    note: str
    is_bad: bool = False


def page(summary: Summary, *, script: str | None = None) -> str:
    """Return a page that needs no network, its data and markup within ``BUDGET``.

    Parameters
    ----------
    summary
        The numbers to show.
    script
        The relative address of the script that several pages share (``html.SCRIPT_NAME``, whose text
        is ``html.plotly_script()``); without it the page carries the script itself.
    """
    text = ""
    for limits in _SHRINKING:
        text = _render(summary, limits, script)
        if html.size_of(text, script=script) <= BUDGET:
            break
    return text


def _render(summary: Summary, limits: Limits, script: str | None) -> str:
    shown = sample(summary, limits)
    return html.render(
        "dashboard.html",
        script=script,
        user=summary.user,
        period=period(summary),
        last=f"{summary.end:%d %b %Y %H:%M}",
        timezone=summary.timezone,
        sentence=sentence(summary),
        tiles=_tiles(summary),
        figure=figure(summary, limits),
        words=f"{counts(summary)}, {period(summary)}. The flagged ones stand in the table below.",
        caption=caption(summary),
        linear_below=compact(float(f"{scale_of(summary).linear_below:.2g}")),
        notes=notes(summary, shown),
        rows=[_row(each, summary) for each in shown.flagged],
        earlier=[_row(each, summary, "%d %b %Y %H:%M") for each in shown.earlier],
        has_reasons=any(each.reasons for each in (*shown.flagged, *shown.earlier)),
        has_risk=any(each.risk is not None for each in (*shown.flagged, *shown.earlier)),
        threshold=f"{100 * summary.threshold:.0f}",
        centre=f"{summary.band.window_days}-day {summary.band.centre}",
        days=[_day(day) for day in summary.daily[-_DAYS_SHOWN:]],
    )


def _tiles(summary: Summary) -> list[_Tile]:
    flagged, total = len(summary.flagged), len(summary.transactions)
    days, above = len(summary.daily), sum(day.is_above for day in summary.daily)
    worst = max(summary.daily, key=lambda day: day.amount_sum)
    return [
        _Tile("Spent", amount(summary.total, summary), f"in {plural(total, 'transaction')}"),
        _Tile("Usual day", amount(summary.usual_day, summary), _usual_note(summary)),
        _Tile("Largest day", amount(worst.amount_sum, summary), f"{worst.day:%a %d %b}"),
        _Tile("Days above the band", f"{above}", f"of {plural(days, 'day')}", above > 0),
        _Tile("Flagged", f"{flagged:,}", f"{percent(flagged / total)} of all", flagged > 0),
    ]


def _usual_note(summary: Summary) -> str:
    return f"median of {plural(summary.active_days, 'day')} with payments"


def _row(
    each: MarkedTransaction, summary: Summary, when: str = "%a %d %b %H:%M"
) -> dict[str, object]:
    return {
        "iso": each.timestamp.isoformat(timespec="seconds"),
        "when": each.timestamp.strftime(when),
        "amount": amount(each.amount, summary),
        "kind": kind(each),
        "transaction_id": each.transaction_id,
        "score": score(each),
        "risk": "–" if each.risk is None else f"{each.risk:.0f}",
        "is_alert": each.is_alert,
        "grounds": grounds(each),
        "severity": each.severity,
        "reasons": each.reasons[:_REASONS_SHOWN],
        "hidden": len(each.reasons) - _REASONS_SHOWN,
    }


def _day(day: Day) -> dict[str, str]:
    def cell(value: float | None) -> str:
        return "–" if value is None else f"{value:,.2f}"

    return {
        "day": f"{day.day:%a %d %b %Y}",
        "amount": cell(day.amount_sum),
        "centre": cell(day.rolling_mean),
        "lower": cell(day.lower_band),
        "upper": cell(day.upper_band),
    }
