"""The report as one page that an analyst can send on."""

from dataclasses import replace
from datetime import datetime

from outlay.schema.money import money
from outlay.sinks import html
from outlay.sinks.report.data import AlertLine, ReportData, Signal, UserLine
from outlay.sinks.report.figures import alerts_figure, scores_figure
from outlay.sinks.report.guards import OFTEN
from outlay.sinks.text import percent, plural, shorten

BUDGET = 300_000
"""The most bytes of data and markup in the page."""

_SHRINKING = (50, 25, 10, 0)
_OPEN = 15  # so many alerts are seen at once, the others unfold
_IMPORTANCES, _RULES, _REJECTIONS, _FILES, _REASONS = 15, 60, 10, 20, 5


def page(data: ReportData, *, script: str | None = None) -> str:
    """Return the report, data and markup within ``BUDGET``; it needs no network.

    ``script`` is the relative address of a shared script; without it the page carries its own.
    """
    text = ""
    for shown in _SHRINKING:
        shorter = replace(
            data, worst_alerts=data.worst_alerts[:shown], worst_users=data.worst_users[:shown]
        )
        text = _render(shorter, script)
        if html.size_of(text, script=script) <= BUDGET:
            break
    return text


def _render(data: ReportData, script: str | None) -> str:
    facts = data.facts
    return html.render(
        "report.html",
        script=script,
        data=data,
        facts=facts,
        period=_period(data),
        sentence=_sentence(data),
        tiles=_tiles(data),
        files=[shorten(name, 80) for name in facts.files[:_FILES]],
        files_more=len(facts.files) - _FILES,
        rejections=[(reason, f"{n:,}") for reason, n in facts.rejection_reasons[:_REJECTIONS]],
        rejections_more=len(facts.rejection_reasons) - _REJECTIONS,
        alerts_figure=alerts_figure(data),
        scores_figure=scores_figure(data),
        budget=_budget(data),
        signals=[_signal(signal, data) for signal in data.signals[: _RULES + 3]],
        overlap=_overlap(data),
        importances=_bars(list(_largest(data))),
        coverage=_bars([(name, share) for name, share in data.coverage], whole=1.0),
        users=[_user(line, data) for line in data.worst_users],
        alerts=[_alert(line, data) for line in data.worst_alerts[:_OPEN]],
        more_alerts=[_alert(line, data) for line in data.worst_alerts[_OPEN:]],
        model=_model(data),
        often=percent(OFTEN),
    )


def _amount(value: float, data: ReportData) -> str:
    return money(value, shorten(data.facts.currency, 8) or None)


def _period(data: ReportData) -> str:
    if data.first is None or data.last is None:
        return "no transactions"
    return f"{data.first:%d %b %Y} – {data.last:%d %b %Y}"


def _sentence(data: ReportData) -> str:
    return (
        f"{plural(data.scored, 'transaction')} of {plural(data.users, 'user')} were scored. "
        f"{data.anomalies:,} are anomalous ({percent(_share(data.anomalies, data))}); "
        f"{plural(data.alerts, 'alert')} should be looked at ({percent(_share(data.alerts, data))})."
    )


def _share(count: int, data: ReportData) -> float:
    return count / data.scored if data.scored else 0.0


def _tiles(data: ReportData) -> list[tuple[str, str, str]]:
    facts = data.facts
    lost = f"{facts.rejected:,} rejected, {facts.duplicates:,} duplicates"
    users = f"{data.users_not_assessed:,} with too little history"
    return [
        ("Rows read", f"{facts.read:,}", lost),
        ("Transactions scored", f"{data.scored:,}", _amount(data.amount, data)),
        ("Users", f"{data.users:,}", users),
        ("Anomalous", f"{data.anomalies:,}", percent(_share(data.anomalies, data))),
        ("Alerts", f"{data.alerts:,}", _amount(data.alert_amount, data)),
    ]


def _budget(data: ReportData) -> dict[str, str] | None:
    promised = data.facts.alert_rate
    if promised is None:
        return None
    inside = data.alerts - data.exceptions
    return {
        "promised": percent(promised),
        "expected": f"{promised * data.scored:,.0f}",
        "realised": percent(data.alert_share),
        "inside": f"{inside:,}",
        "exceptions": f"{data.exceptions:,}",
    }


def _signal(signal: Signal, data: ReportData) -> dict[str, object]:
    share = _share(signal.hits, data)
    note = ""
    if signal.kind == "rule" and not signal.hits:
        note = "never fired"
    elif share > OFTEN:
        note = "often"
    return {
        "name": signal.name,
        "kind": signal.kind,
        "meaning": signal.meaning,
        "hits": f"{signal.hits:,}",
        "share": percent(share),
        "alone": f"{signal.alone:,}",
        "in_alerts": f"{signal.in_alerts:,}",
        "alert_share": percent(signal.in_alerts / data.alerts) if data.alerts else "–",
        "note": note,
    }


def _overlap(data: ReportData) -> dict[str, object]:
    """Return the matrix: each cell the share of the row's transactions that the column marks too."""
    names, counts = data.overlap.names, data.overlap.counts
    rows = []
    for place, (name, row) in enumerate(zip(names, counts, strict=True)):
        own = row[place]
        cells = [
            {
                "text": f"{count:,}" if other == place else percent(count / own) if own else "–",
                "title": f"{count:,} by both {shorten(name, 30)} and {shorten(names[other], 30)}",
                "shade": f"{0.6 * count / own:.2f}" if own and other != place else "0",
                "own": other == place,
            }
            for other, count in enumerate(row)
        ]
        rows.append({"name": name, "cells": cells})
    return {"names": names, "rows": rows}


def _largest(data: ReportData) -> list[tuple[str, float]]:
    ranked = sorted(data.facts.importances.items(), key=lambda item: -item[1])
    return [(name, share) for name, share in ranked if share > 0][:_IMPORTANCES]


def _bars(shares: list[tuple[str, float]], whole: float | None = None) -> list[dict[str, str]]:
    longest = whole or max((share for _, share in shares), default=1.0)
    return [
        {"name": name, "text": percent(share), "width": f"{100 * share / longest:.1f}"}
        for name, share in shares
    ]


def _user(line: UserLine, data: ReportData) -> dict[str, object]:
    return {
        "user": line.user,
        "dashboard": line.dashboard,
        "alerts": f"{line.alerts:,}",
        "transactions": f"{line.transactions:,}",
        "risk": f"{line.worst_risk:.1f}",
        "amount": _amount(line.amount, data),
        "last": _when(line.last_alert),
    }


def _alert(line: AlertLine, data: ReportData) -> dict[str, object]:
    return {
        "place": line.place,
        "iso": line.timestamp.isoformat(timespec="seconds"),
        "when": _when(line.timestamp),
        "user": line.user,
        "dashboard": line.dashboard,
        "transaction_id": line.transaction_id,
        "amount": _amount(line.amount, data),
        "kind": (line.transaction_type or "").replace("_", " "),
        "risk": "–" if line.risk is None else f"{line.risk:.1f}",
        "severity": line.severity,
        "outcome": line.outcome,
        "reasons": line.reasons[:_REASONS],
        "hidden": len(line.reasons) - _REASONS,
    }


def _when(moment: datetime) -> str:
    return f"{moment:%d %b %Y %H:%M}"


def _model(data: ReportData) -> list[tuple[str, list[tuple[str, str]]]]:
    facts = data.facts
    own = {
        "digest": facts.model_digest,
        "made with Outlay": facts.outlay_version,
        "threshold": f"{facts.threshold:.4f}",
        "time zone": facts.timezone,
        "currency": facts.currency,
    }
    groups = (("Model", own), ("Training", facts.training), ("Settings", facts.settings))
    named = [
        (title, [(str(k), _plain(v)) for k, v in values.items() if v is not None])
        for title, values in groups
    ]
    return [(title, values) for title, values in named if values]


def _plain(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return f"{value:,.6g}" if isinstance(value, float) else str(value)
