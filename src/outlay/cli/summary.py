"""What a finished job prints: numbers that add up, the worst alerts, where the files are."""

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from outlay.cli import terminal

if TYPE_CHECKING:
    from outlay.pipeline.finished import Finished, Trained
    from outlay.pipeline.model import Model
    from outlay.pipeline.outcome import Account
    from outlay.sinks.report.data import AlertLine, ReportData

_TOP: Final = 3
_SEVERITIES: Final = ("critical", "high", "medium", "low")
_LABEL: Final = 14


def show(finished: "Finished", seconds: float) -> None:
    """Print what a run or a scoring found."""
    _notes(finished.notes)
    print("\n".join([*_lines(finished, seconds)]))


def show_trained(trained: "Trained", seconds: float) -> None:
    """Print what a training made."""
    _notes(trained.account.notes)
    figures, model = trained.model.training, trained.model
    counterparties = len(model.pasts.counterparties.ids)
    lines = [
        _sum(trained.account),
        *_fact("period", f"{str(figures['first'])[:10]} to {str(figures['last'])[:10]}"),
        *_fact("columns", _columns(trained.account)),
        *_fact("learned", f"{figures['users']:,} users, {counterparties:,} counterparties"),
        *_drawn(model),
        *_fact("threshold", f"anomaly score {model.forest_threshold:.3f}"),
        *_fact("alert budget", model.config.alerts.budget().words()),
        *_fact("digest", model.digest[:16]),
        "",
        f"Model in {trained.folder} ({seconds:.1f} s); next:",
        f"  outlay score FILE --model {trained.folder} --out DIR",
    ]
    print("\n".join(lines))


def _drawn(model: "Model") -> list[str]:
    """Say so where not all transactions were learned from."""
    drawn = model.training.get("learned_from")
    if drawn is None:
        return []
    return _fact("learned from", f"{drawn:,} transactions: those of some users, drawn by their ids")


def _notes(notes: tuple[str, ...]) -> None:
    for each in notes:
        terminal.note(each)
    terminal.say()


def _lines(finished: "Finished", seconds: float) -> Iterator[str]:
    report, account = finished.published.report, finished.account
    yield _sum(account)
    if report.facts.rejection_reasons:
        for reason, count in report.facts.rejection_reasons[:_TOP]:
            yield from _fact("", f"{count:,} rejected: {reason}")
    yield from _fact("period", _period(report))
    yield from _fact("users", f"{report.users:,}")
    yield from _fact("columns", _columns(account))
    yield from _drawn(finished.model)
    yield from _fact("alerts", _alerts(report))
    yield from _fact("budget", _budget(finished))
    share = report.anomalies / max(report.scored, 1)
    yield from _fact(
        "anomalies", f"{report.anomalies:,} ({share:.2%}) by rules, forest or fuzzy risk"
    )
    yield from _fact("not assessed", _cold(report))
    for warning in report.warnings:
        yield from _fact("warning", warning, "yellow")
    if report.worst_alerts:
        yield from ("", terminal.styled("Worst alerts", "bold"))
    for alert in report.worst_alerts[:_TOP]:
        yield from _alert(alert, report.facts.currency)
    yield ""
    yield from _files(finished, seconds)


def _sum(account: "Account") -> str:
    return terminal.styled(
        f"read {account.read:,} = scored {account.scored:,} + rejected {account.rejected:,} "
        f"+ duplicates {account.duplicates:,}",
        "bold",
    )


def _fact(name: str, text: str, *styles: str) -> list[str]:
    """Return a name and what it is, in lines that fit."""
    first, *rest = terminal.wrapped(text, " " * (_LABEL + 2), f"  {name:{_LABEL}}")
    return [first.replace(name, terminal.styled(name, *styles), 1) if name else first, *rest]


def _columns(account: "Account") -> str:
    pairs = account.mapping.items()
    return ", ".join(
        ours if ours == theirs else f"{ours} = {terminal.cell(theirs)}" for ours, theirs in pairs
    )


def _period(report: "ReportData") -> str:
    if report.first is None or report.last is None:
        return "-"
    return (
        f"{report.first:%Y-%m-%d} to {report.last:%Y-%m-%d}, {_days(report):,} days, "
        f"times in {report.facts.timezone}"
    )


def _days(report: "ReportData") -> int:
    if report.first is None or report.last is None:
        return 0
    return (report.last.date() - report.first.date()).days + 1


def _alerts(report: "ReportData") -> str:
    severities = Counter[str]()
    for part in report.alerts_over_time:
        severities.update(part.by_severity)
    found = [f"{severities[name]:,} {name}" for name in _SEVERITIES if severities[name]]
    return f"{report.alerts:,}" + (f": {', '.join(found)}" if found else "")


def _budget(finished: "Finished") -> str:
    report, config = finished.published.report, finished.model.config
    alerts = report.alerts - report.exceptions
    if config.alerts.per_day is None:
        said = f"{finished.promised:.3%} promised, {report.alert_share:.3%} realised"
    else:
        words = config.alerts.budget().words()
        said = f"{words} promised, {alerts / max(_days(report), 1):,.3g} a day realised"
    return said + (
        f", and {report.exceptions:,} that a rule always alerts" if report.exceptions else ""
    )


def _cold(report: "ReportData") -> str:
    share = report.not_assessed / max(report.scored, 1)
    return (
        f"{report.not_assessed:,} ({share:.1%}) with too little history of their user: judged "
        "against all users"
    )


def _alert(alert: "AlertLine", currency: str | None) -> Iterator[str]:
    from outlay.schema.money import money

    word = alert.severity or ""
    head = (
        f"  {alert.place}. {alert.risk or 0:6.2f}  {terminal.severity(word)}"
        f"{' ' * (8 - len(word))}  {terminal.cell(alert.transaction_id, 24)}  "
        f"{money(alert.amount, currency)}  {alert.timestamp:%Y-%m-%d %H:%M}  "
        f"user {terminal.cell(alert.user, 24)}"
    )
    yield head
    for reason in alert.reasons[:1]:
        yield from terminal.wrapped(reason, " " * 13)


def _files(finished: "Finished", seconds: float) -> Iterator[str]:
    from outlay.sinks.text import plural

    report, out = finished.published.report, finished.out
    features = finished.model.config.output.features
    told = "features and decisions" if features else "decisions"
    meanings = {
        "report.html": "open this first",
        "alerts.csv": f"{plural(report.alerts, 'alert')}, worst first, with reasons",
        "scored.parquet": f"{plural(report.scored, 'transaction')} with {told}",
        "scored.csv": "the same as CSV",
        "rejected.csv": f"{plural(report.facts.rejected, 'row')}, each with its reason",
        "duplicates.csv": f"{plural(report.facts.duplicates, 'row')} there before",
        "dashboards": f"{plural(len(report.facts.dashboards), 'user')}, as pictures and pages",
        "model": "to score the next file with",
    }
    yield terminal.styled(f"Results in {out} ({seconds:.1f} s)", "bold")
    for name in finished.published.names:
        yield f"  {name:16}{meanings[name]}"
    if report.worst_alerts and features:
        worst = terminal.cell(report.worst_alerts[0].transaction_id)
        yield from ("", f"All about one decision: outlay explain {out} {worst}")
