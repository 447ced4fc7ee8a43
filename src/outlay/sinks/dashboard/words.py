"""The dashboard in words: used by the page, the picture and the hover boxes, so that they agree."""

from datetime import datetime

from outlay.schema.money import money
from outlay.sinks.dashboard.numbers import MarkedTransaction, Summary
from outlay.sinks.dashboard.sample import Sample
from outlay.sinks.text import plotly, plural, shorten, wrapped

_REASONS_SHOWN = 4
_USUAL_NEEDS = 3  # days with payments before one may speak of a usual day


def day_and_month(moment: datetime, *, year: bool = False) -> str:
    """Return the date as people write it.

    >>> day_and_month(datetime(2025, 4, 3)), day_and_month(datetime(2025, 4, 3), year=True)
    ('3 April', '3 April 2025')
    """
    return f"{moment.day} {moment:%B}" + (f" {moment.year}" if year else "")


def period(summary: Summary) -> str:
    """Return the days that have data, first to last."""
    first, last = summary.transactions[0].timestamp, summary.end
    if first.date() == last.date():
        return day_and_month(last, year=True)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{day_and_month(last, year=True)}"
    return (
        f"{day_and_month(first, year=first.year != last.year)} – {day_and_month(last, year=True)}"
    )


def counts(summary: Summary) -> str:
    """Return how many transactions there are and how many of them are flagged."""
    flagged = f"{len(summary.flagged):,}" if summary.flagged else "none"
    return f"{plural(len(summary.transactions), 'transaction')}, {flagged} flagged"


def before(summary: Summary) -> str:
    """Return how many alerts lie before the window, or nothing."""
    return f"{plural(summary.n_earlier, 'alert')} before" if summary.n_earlier else ""


def sentence(summary: Summary) -> str:
    """Return the whole dashboard in a few sentences."""
    if not summary.n_earlier:
        return _of_window(summary)
    verb = "was" if summary.n_earlier == 1 else "were"
    return f"{_of_window(summary)} There {verb} {before(summary)} these days."


def _of_window(summary: Summary) -> str:
    said = [
        f"{plural(len(summary.transactions), 'transaction')} came to {amount(summary.total, summary)}."
    ]
    if summary.active_days >= _USUAL_NEEDS:
        said.append(f"On a usual day with payments it is {amount(summary.usual_day, summary)}.")
    if not summary.flagged:
        return " ".join([*said, "Nothing is flagged."])
    marks = [(each.is_above_threshold, each.is_high_category) for each in summary.flagged]
    groups = (
        (marks.count((True, False)), f"by a score of {100 * summary.threshold:.0f} or more"),
        (marks.count((False, True)), "by a high fuzzy category"),
        (marks.count((True, True)), "by both"),
    )
    parts = [(count, by) for count, by in groups if count]
    count = len(summary.flagged)
    verb = "is" if count == 1 else "are"
    how = parts[0][1] if len(parts) == 1 else ", ".join(f"{n:,} {by}" for n, by in parts)
    colon = "" if len(parts) == 1 else ":"
    return " ".join([*said, f"{count:,} {verb} flagged{colon} {how}."])


def caption(summary: Summary) -> str:
    """Return how the chart is to be read."""
    band = summary.band
    spread = "standard deviations" if band.centre == "mean" else "scaled median deviations"
    which = "up to and including the day" if band.include_day else "before the day"
    least = f", at least {amount(band.min_width, summary)} to each side" if band.min_width else ""
    return (
        f"The band is the {band.centre} ± {band.width:g} {spread} of the daily sums of the "
        f"{plural(band.window_days, 'day')} {which}{least}, cut at zero. Days are drawn at noon."
    )


def notes(summary: Summary, shown: Sample) -> list[str]:
    """Return what the page leaves out, if anything."""
    said = []
    flagged = len(summary.flagged)
    normal = len(summary.transactions) - flagged
    if len(shown.normal) < normal:
        said.append(
            f"Of {normal:,} transactions that are not flagged the chart shows {len(shown.normal):,}: "
            "the largest amounts and the highest scores of each stretch of time. "
            "All numbers on this page count every one."
        )
    if len(shown.flagged) < flagged:
        said.append(
            f"Of {flagged:,} flagged transactions the {len(shown.flagged):,} worst are shown. "
            "The file of the transactions lists all."
        )
    if len(shown.earlier) < summary.n_earlier:
        said.append(
            f"Of {summary.n_earlier:,} alerts before these days the {len(shown.earlier):,} worst "
            "are shown."
        )
    if summary.unreadable:
        said.append(f"{plural(summary.unreadable, 'row')} without a time or an amount left out.")
    return said


def spending(summary: Summary) -> tuple[str, ...]:
    """Return what was spent, and on a usual day where there are days enough to say so."""
    total = f"{amount(summary.total, summary)} in all"
    if summary.active_days < _USUAL_NEEDS:
        return (total,)
    return total, f"{amount(summary.usual_day, summary)} on a usual day with payments"


def amount(value: float, summary: Summary) -> str:
    """Return an amount in the summary's currency."""
    return money(value, shorten(summary.currency, 8) or None)


def amount_label(summary: Summary) -> str:
    """Return what the axis of amounts is called."""
    return f"Amount ({shorten(summary.currency, 8)})" if summary.currency else "Amount"


def compact(value: float) -> str:
    """Return an amount short enough for an axis.

    >>> compact(2500), compact(1_500_000), compact(0.5)
    ('2,500', '1.5 M', '0.5')
    """
    for unit, word in ((1e12, "tn"), (1e9, "bn"), (1e6, "M")):
        if abs(value) >= unit:
            return f"{value / unit:,.4g} {word}"
    return f"{value:,.6g}"


def grounds(each: MarkedTransaction) -> str:
    """Return what flagged a transaction."""
    said = (["score"] if each.is_above_threshold else []) + (
        ["category high"] if each.is_high_category else []
    )
    return " and ".join(said)


def kind(each: MarkedTransaction) -> str:
    """Return the type of a transaction and whom it went to, as far as they are known."""
    what = shorten(each.transaction_type, 24).replace("_", " ")
    whom = shorten(each.counterparty_id, 24)
    return f"{what} to {whom}" if what and whom else what or (f"to {whom}" if whom else "")


def score(each: MarkedTransaction) -> str:
    """Return the score on the screen's scale, 0 to 100."""
    return "–" if each.anomaly_score is None else f"{100 * each.anomaly_score:.0f}"


def hover(each: MarkedTransaction, summary: Summary) -> str:
    """Return the hover box: amount, what, when, score; of a flagged transaction also why."""
    lines = [
        f"<b>{plotly(amount(each.amount, summary))}</b> · {each.timestamp:%a %d %b %H:%M}",
        plotly(" · ".join(filter(None, (kind(each), shorten(each.transaction_id, 32)))), 90),
        f"score {score(each)}",
    ]
    if each.is_anomaly_flag:
        lines[-1] += f", flagged by {grounds(each)}"
        lines += [f"• {wrapped(reason)}" for reason in each.reasons[:_REASONS_SHOWN]]
    return "<br>".join(lines)
