"""What ``outlay dashboard`` prints."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from outlay.cli import terminal

if TYPE_CHECKING:
    from outlay.pipeline.config import Loaded
    from outlay.pipeline.results import Metadata, Scored


def list_all(file: str, metadata: Path | None, settings: "Loaded", top: int) -> None:
    """Print the users, worst first."""
    from outlay.pipeline.dashboards import users

    scored, known = _opened(file, metadata, settings)
    found = users(scored, known)
    shown = found.head(top) if top else found
    names = ["user_id", "worst", "flagged", "transactions", "last"]
    rows = [
        [
            terminal.cell(row["user_id"]),
            "-" if row["worst"] is None else f"{row['worst']:.2f}",
            f"{row['flagged']:,}",
            f"{row['transactions']:,}",
            f"{row['last']:%Y-%m-%d}" if row["last"] else "-",
        ]
        for row in shown.iter_rows(named=True)
    ]
    for line in terminal.table(names, rows, {"worst", "flagged", "transactions"}):
        print(line)
    if len(shown) < len(found):
        terminal.note(f"{len(shown):,} of {len(found):,} users; --top 0 lists all")
    terminal.note("--user USER_ID draws one")


def draw(  # noqa: PLR0913, PLR0917 - the options of the command
    file: str,
    user: str,
    metadata: Path | None,
    settings: "Loaded",
    out: Path,
    days: int,
    band: dict[str, Any],
) -> None:
    """Write one user's dashboard, and print what it says and where it is."""
    from outlay.pipeline.dashboards import make_band, write_dashboard
    from outlay.sinks.dashboard.words import period, sentence

    shape = make_band(**band)
    scored, known = _opened(file, metadata, settings)
    given = settings.config.input
    drawn = write_dashboard(
        scored,
        user,
        known,
        out,
        days=days,
        band=shape,
        timezone=given.timezone if "input.timezone" in settings.origins else None,
        currency=given.currency,
    )
    title = f"User {terminal.cell(user)}, {period(drawn.summary)}"
    terminal.say(terminal.clean(title))
    for line in terminal.wrapped(sentence(drawn.summary)):
        terminal.say(line)
    for path in drawn.files:
        print(path)


def _opened(file: str, metadata: Path | None, settings: "Loaded") -> tuple["Scored", "Metadata"]:
    """Read the table and the threshold, and say which threshold it is."""
    from outlay.pipeline.results import Metadata, open_scored

    scored = open_scored(file, settings.config.input)
    known = Metadata.read(metadata) if metadata else Metadata.beside(scored.folder)
    for each in scored.notes:
        terminal.note(each)
    where = f"from {known.path}" if known.path else "no feature_importance.json beside the file"
    terminal.note(f"threshold {known.threshold:.4g} ({where})")
    return scored, known
