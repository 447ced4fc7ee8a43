"""Alerts promised against alerts that the following month brings.

python -m benchmarks budget
"""

from datetime import datetime
from itertools import chain

import polars as pl
from benchmarks import public
from benchmarks.page import Promise, Section, table

import outlay

SEEDS, SHARE = (1, 2, 3), 0.6
RATE = 0.005


def realised(train, test):
    """Return (payments, alerts promised, alerts given) of what came after the training."""
    scored = outlay.train(train).score(test)
    return len(scored), RATE * len(scored), int(scored["is_alert"].sum())


def cut(frame, at, until=None):
    """Return the payments before a moment, and those from there (until another)."""
    time = pl.col("timestamp")
    after = frame.filter(time >= at)
    return frame.filter(time < at), after.filter(time < until) if until else after


def synthetic():
    """Yield a line for each made-up wallet: trained on its first three fifths."""
    for seed in SEEDS:
        frame = outlay.synth(seed=seed)
        first, last = frame["timestamp"].min(), frame["timestamp"].max()
        yield f"made-up wallet, seed {seed}", *realised(*cut(frame, first + SHARE * (last - first)))


def months(frame, name, year, firsts):
    """Yield a line for each month: trained on everything before it."""
    for month in firsts:
        start = datetime(year, month, 1)  # noqa: DTZ001 - the data's times are local
        until = datetime(year, month + 1, 1)  # noqa: DTZ001
        yield f"{name}, {start:%B %Y}", *realised(*cut(frame, start, until))


def sources():
    """Return the lines of each source: what was scored, payments, promised, given."""
    found = [list(synthetic())]
    if public.folder():
        found.append(list(months(public.retail(), "web shop's invoices", 2011, range(4, 12))))
        found.append(list(months(public.handbook(), "handbook's cards", 2018, (6, 7))))
    return found


def together(lines):
    """Return one line for all of a source's."""
    name, *_ = lines[0][0].partition(",")
    return f"{name}, all together", *(sum(column) for column in list(zip(*lines, strict=True))[1:])


def run(_folder, **_):
    """Measure; return the section and the lines for the table of promises."""
    found = sources()
    summed = [together(lines) for lines in found]
    shown = [line for lines, total in zip(found, summed, strict=True) for line in (*lines, total)]
    parts = [
        (
            f"Trained on everything up to a month, with the default budget of {RATE:.1%} of the "
            "payments; then the next month is scored in one call. Half an alert is not possible: "
            "a month of seven alerts is 14 % off by one of them."
        ),
        table(
            ("scored", "payments", "alerts promised", "alerts given", "given / promised"),
            [
                (name, f"{n:,}", f"{promised:,.1f}", f"{given:,}", f"{given / promised:.2f}")
                for name, n, promised, given in shown
            ],
        ),
    ]
    return Section("The alert budget in the following month", parts), [
        Promise(
            "alerts given off what was promised, worst source", _off(summed), most=20, unit="%"
        ),
        Promise("the same, worst single month", _off(chain(*found)), most=20, unit="%"),
    ]


def _off(lines):
    """Return by how much alerts given and promised differ at worst, in per cent."""
    return 100 * max(abs(given / promised - 1) for _, _, promised, given in lines)
