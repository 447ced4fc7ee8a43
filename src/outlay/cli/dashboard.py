"""``outlay dashboard``."""

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from outlay.cli import options

Metadata = Annotated[
    Path | None,
    typer.Option(
        metavar="JSON",
        help="feature_importance.json, which says the threshold [the one beside SCORED, else 0.5].",
    ),
]
User = Annotated[
    str | None, typer.Option("--user", "-u", help="Whose; without it the users are listed.")
]
Top = Annotated[int, typer.Option(min=0, help="How many users to list; 0 lists all.")]
Days = Annotated[int, typer.Option(min=1, max=731, help="Up to the user's last transaction.")]
Band = Annotated[
    Literal["mean", "median"] | None,
    typer.Option(help="Band of the daily sums: mean and deviation [the default], or robust."),
]
Width = Annotated[float | None, typer.Option(help="Deviations from centre to edge [2].")]
Window = Annotated[int | None, typer.Option(metavar="DAYS", help="Days it looks back over [7].")]
Before = Annotated[bool, typer.Option("--band-before", help="Only days before the day count.")]
Least = Annotated[float | None, typer.Option(help="Least distance from centre to edge [0].")]


def dashboard(  # noqa: PLR0913, PLR0917 - one parameter an option
    scored: options.Scored,
    user: User = None,
    metadata: Metadata = None,
    days: Days = 30,
    out: options.Out = Path(),
    top: Top = 20,
    band: Band = None,
    band_width: Width = None,
    band_window: Window = None,
    band_before: Before = False,
    band_min: Least = None,
    map_: options.Map = None,
    timezone: options.Timezone = None,
    currency: options.Currency = None,
    config: options.Settings = None,
) -> None:
    """Draw one user's last 30 days.

    Writes a picture, a page, the daily sums and the transactions. SCORED is a result of outlay run, or any table with user_id, amount, timestamp and
    anomaly_score, such as tx_with_fuzzy.csv. Without --user the users are listed, worst first.
    """
    from outlay.cli.drawing import draw, list_all

    settings = options.loaded(config, map_, timezone=timezone, currency=currency)
    if user is None:
        list_all(scored, metadata, settings, top)
        return
    shape: dict[str, Any] = {"centre": band, "width": band_width, "window_days": band_window}
    shape |= {"min_width": band_min, "include_day": False if band_before else None}
    draw(scored, user, metadata, settings, out, days, shape)
