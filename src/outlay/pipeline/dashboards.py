"""One user's dashboard as four files; the users to choose from."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from outlay.errors import MissingColumnsError
from outlay.pipeline.results import Metadata, Scored
from outlay.sinks.dashboard.band import SEED, Band
from outlay.sinks.dashboard.charts import png
from outlay.sinks.dashboard.numbers import Summary
from outlay.sinks.dashboard.page import page
from outlay.sinks.dashboard.summary import summarise
from outlay.sinks.dashboard.tables import daily_csv, transactions_csv
from outlay.sinks.dashboard.users import list_users
from outlay.sinks.files import write_bytes, write_text

_JUDGED = ("anomaly_score", "fuzzy_risk_category")


@dataclass(frozen=True, slots=True)
class Drawn:
    """A dashboard that was written: its numbers, and its files."""

    summary: Summary
    files: tuple[Path, ...]


def users(scored: Scored, known: Metadata) -> pl.DataFrame:
    """Return the users of a scored table, worst first; see `list_users`."""
    _require_judged(scored.frame)
    return list_users(scored.frame, threshold=known.threshold)


def make_band(**options: Any) -> Band:
    """Return a band with some options, None where an option is the seed's."""
    chosen = {name: value for name, value in options.items() if value is not None}
    return Band(**chosen) if chosen else SEED


def write_dashboard(  # noqa: PLR0913 - whose, of what, how, where to
    scored: Scored,
    user: str,
    known: Metadata,
    out: Path,
    *,
    days: int = 30,
    band: Band = SEED,
    timezone: str | None = None,
    currency: str | None = None,
) -> Drawn:
    """Write ``user_last30_anomaly.png`` and ``.html``, ``user_last30_daily.csv``, ``…_transactions.csv``.

    Everything is made before anything is written.
    """
    _require_judged(scored.frame)
    summary = summarise(
        scored.frame,
        user,
        threshold=known.threshold,
        days=days,
        band=band,
        timezone=timezone or known.timezone or "UTC",
        currency=currency or known.currency or _only_currency(scored.frame),
    )
    picture, html = png(summary), page(summary)
    daily, transactions = daily_csv(summary), transactions_csv(summary)
    start = out / f"user_last{days}"
    names = ("anomaly.png", "anomaly.html", "daily.csv", "transactions.csv")
    files = tuple(start.with_name(f"{start.name}_{name}") for name in names)
    write_bytes(files[0], picture)
    for file, text in zip(files[1:], (html, daily, transactions), strict=True):
        write_text(file, text)
    return Drawn(summary, files)


def _require_judged(frame: pl.DataFrame) -> None:
    if not any(name in frame.columns for name in _JUDGED):
        listed = ", ".join(frame.columns[:12])
        raise MissingColumnsError(
            f"nothing says what is anomalous: there is no column anomaly_score and no "
            f"fuzzy_risk_category; there is {listed}.\n\n"
            "Hint: outlay run FILE scores a file; its folder can be given here."
        )


def _only_currency(frame: pl.DataFrame) -> str | None:
    if "currency" not in frame.columns:
        return None
    codes = frame["currency"].drop_nulls().unique().head(2).to_list()
    return str(codes[0]) if len(codes) == 1 else None
