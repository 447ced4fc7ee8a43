"""Try a pack on a table before it judges anybody: hits, alerts a day, overlap with other rules."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from outlay.detectors.rules.judge import Bools, Judge, not_assessed
from outlay.detectors.rules.pack import Pack, Rule
from outlay.errors import InputError
from outlay.schema.table import Columns

_WIDE = 0.05
"""A rule that this share of all transactions violates says nothing about any of them."""


COMBINING: Final = {
    "mean": "the mean of the scores of the rules that apply",
    "max": "the highest score",
    "any": "1 - (1 - a)(1 - b)…: several weak signs add up",
}


@dataclass(frozen=True, slots=True)
class TrialResult:
    """How a pack did on a table.

    Parameters
    ----------
    rules
        One row a rule: ``code``, ``mode``, ``hits``, ``hit_share``, ``alerts_per_day``, ``users``
        (that it hit), ``only_this_rule`` (hits that no other rule of the pack has), ``frauds`` and
        ``precision`` (missing without labels), ``note``.
    overlap
        One row a pair of rules that share hits: ``rule``, ``other``, ``both``, and the share of the
        rule's hits that the other has too. Rules of a baseline are called ``baseline:code``.
    days
        Calendar days from the first transaction to the last, both included.
    """

    pack: str
    transactions: int
    days: int
    anomalies: int
    rules: pl.DataFrame
    overlap: pl.DataFrame

    def __str__(self) -> str:
        """Return the figures as a text for the terminal."""
        share = f"{self.anomalies / self.transactions:.2%}, {self.anomalies / self.days:,.1f} a day"
        lines = [
            f"{self.pack}: {self.transactions:,} transactions in {self.days:,} days",
            f"{self.anomalies:,} anomalies by the rules ({share})",
            "",
            _row("rule", "mode", "hits", "share", "a day", "users", "alone", "note"),
        ]
        for r in self.rules.iter_rows(named=True):
            found = f"{r['precision']:.0%} fraud" if r["precision"] is not None else ""
            note = ", ".join(filter(None, (found, r["note"])))
            counts = (f"{r['hits']:,}", f"{r['hit_share']:.2%}", f"{r['alerts_per_day']:,.1f}")
            alone = f"{r['only_this_rule']:,}"
            lines.append(_row(r["code"], r["mode"], *counts, f"{r['users']:,}", alone, note))
        lines += [
            f"{r['share']:.0%} of the hits of {r['rule']} are hits of {r['other']}"
            for r in self.overlap.filter(pl.col("share") >= 1 / 2).iter_rows(named=True)
        ]
        return "\n".join(line.rstrip() for line in lines)


def trial(pack: Pack, table: pl.DataFrame, baseline: Pack | None = None) -> TrialResult:
    """Return how every rule of ``pack``, shadow and paused ones too, does on ``table``.

    Parameters
    ----------
    pack
        The pack to try.
    table
        Transactions with their features.
    baseline
        The pack in use, whose active rules the overlap is measured against too.
    """
    if table.is_empty():
        raise InputError(
            "a rule pack cannot be tried on a table without transactions"
            "\n\nHint: check the file and its rejected rows"
        )
    violated = _violated(Judge(pack.rules), table)
    active = Judge.of(pack, "active").verdicts(Columns.of(table))
    days = _days(table)
    return TrialResult(
        pack=f"{pack.name} {pack.version}",
        transactions=table.height,
        days=days,
        anomalies=int(active.anomalies.sum()),
        rules=_figures(pack, violated, table, days),
        overlap=_overlap(pack, violated, _baseline(baseline, table)),
    )


def describe(pack: Pack) -> str:
    """Return a pack in words: its rules with conditions, severities and modes."""
    parameters = ", ".join(f"{name} = {value:g}" for name, value in pack.scope.parameters.items())
    lines = [
        f"{pack.name} {pack.version}: {pack.description}",
        f"{len(pack.rules)} rules; confidence: {COMBINING[pack.combine]}",
        f"an anomaly: any violation, or a confidence above {pack.anomaly_above:g}",
        f"parameters: {parameters or 'none'}",
    ]
    for rule in pack.rules:
        lines += ["", *_told(rule)]
    return "\n".join(lines)


def _told(rule: Rule) -> list[str]:
    severity = ", ".join(word for _, word in rule.severity)
    marks = f"{severity}; {rule.mode}" + ("; always an alert" if rule.always_alert else "")
    applies = [f"  for  {_one_line(rule.applies.text)}"] if rule.applies else []
    score = [f"  score {_one_line(rule.score.text)}"] if rule.score else []
    return [
        f"{rule.code} ({marks})",
        f"  {rule.name}",
        *applies,
        f"  when {_one_line(rule.when.text)}",
        *score,
    ]


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _row(*cells: str) -> str:
    code, mode, *counts, note = cells
    return f"{code:<29} {mode:<7} " + " ".join(f"{c:>9}" for c in counts) + f"  {note}"


def _days(table: pl.DataFrame) -> int:
    if "timestamp" not in table.columns:
        return 1
    days = table.select(
        (pl.col("timestamp").max().dt.date() - pl.col("timestamp").min().dt.date()).dt.total_days()
    ).item()
    return int(days or 0) + 1


def _figures(pack: Pack, violated: Bools, table: pl.DataFrame, days: int) -> pl.DataFrame:
    hits = violated.sum(axis=0)
    several = violated.sum(axis=1) > 1
    alone = (violated & ~several[:, None]).sum(axis=0)
    frauds = _frauds(violated, table)
    blind = not_assessed(pack, table)
    return pl.DataFrame(
        {
            "code": [rule.code for rule in pack.rules],
            "mode": [rule.mode for rule in pack.rules],
            "hits": hits,
            "hit_share": hits / table.height,
            "alerts_per_day": hits / days,
            "users": [_users(table, column) for column in violated.T],
            "only_this_rule": alone,
            "frauds": frauds,
        }
    ).with_columns(
        precision=pl.when(pl.col("hits") > 0).then(pl.col("frauds") / pl.col("hits")),
        note=pl.Series(
            [_note(r, int(h), table.height, blind) for r, h in zip(pack.rules, hits, strict=True)]
        ),
    )


def _users(table: pl.DataFrame, hit: Bools) -> int:
    return table.filter(hit)["user_id"].n_unique() if "user_id" in table.columns else 0


def _frauds(violated: Bools, table: pl.DataFrame) -> pl.Series:
    """Return the labelled frauds among each rule's hits; missing without labels."""
    if "is_fraud" not in table.columns:
        return pl.Series([None] * violated.shape[1], dtype=pl.Int64)
    fraud = table["is_fraud"].cast(pl.Boolean).fill_null(value=False).to_numpy()
    return pl.Series((violated & fraud[:, None]).sum(axis=0))


def _note(rule: Rule, hits: int, rows: int, blind: dict[str, tuple[str, ...]]) -> str:
    """Say what an analyst should know about a rule that does too little or too much."""
    if rule.code in blind:
        return f"not assessed in full: nothing known of {', '.join(blind[rule.code])}"
    if not hits:
        return "never violated"
    return "too wide to tell anything" if hits > _WIDE * rows else ""


def _baseline(pack: Pack | None, table: pl.DataFrame) -> tuple[Sequence[str], Bools]:
    if pack is None:
        return [], np.zeros((table.height, 0), np.bool_)
    judge = Judge.of(pack, "active")
    return [f"baseline:{rule.code}" for rule in judge.rules], _violated(judge, table)


def _violated(judge: Judge, table: pl.DataFrame) -> Bools:
    """Return which rows violate which rules, (rows, rules), filled a rule at a time."""
    verdicts = judge.verdicts(Columns.of(table))
    found = np.empty((table.height, len(judge.rules)), np.bool_, order="F")
    for place in range(len(judge.rules)):
        found[:, place] = verdicts.violated(place)
    return found


def _overlap(pack: Pack, violated: Bools, baseline: tuple[Sequence[str], Bools]) -> pl.DataFrame:
    """Count the shared hits of each pair as one product of matrices."""
    codes = [rule.code for rule in pack.rules]
    others = [*codes, *baseline[0]]
    everything = np.concatenate((violated, baseline[1]), axis=1).astype(np.float32)
    both = (everything[:, : len(codes)].T @ everything).astype(np.int64)
    hits = violated.sum(axis=0)
    pairs = [(i, j) for i, j in zip(*both.nonzero(), strict=True) if i != j]
    return pl.DataFrame(
        [(codes[i], others[j], int(both[i, j]), both[i, j] / hits[i]) for i, j in pairs],
        schema={"rule": pl.String, "other": pl.String, "both": pl.Int64, "share": pl.Float64},
        orient="row",
    )
