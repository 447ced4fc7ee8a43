"""``outlay replay``."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from outlay.cli import options, terminal
from outlay.cli.trouble import counted, end, trouble

if TYPE_CHECKING:
    from outlay.pipeline.live.replay import Replayed

Transaction = Annotated[
    str | None,
    typer.Argument(
        metavar="[TRANSACTION_ID]", help="Which one; without it a period.", show_default=False
    ),
]
Store = Annotated[
    str,
    typer.Option(
        "--store", "-s", metavar="STORE", help="A SQLite file, or postgresql://HOST/NAME."
    ),
]
From = Annotated[
    str | None,
    typer.Option("--from", metavar="TIME", help="From this time of payment on [the first]."),
]
To = Annotated[
    str | None,
    typer.Option("--to", metavar="TIME", help="Up to this time, it left out [the last]."),
]


def replay(
    transaction_id: Transaction = None,
    store: Store = "outlay.db",
    since: From = None,
    until: To = None,
    as_json: options.Json = False,
) -> None:
    """Make decisions again, and compare.

    From the ledger, with the model that made them: any bit that differs is told. Ends with 0 where
    none does, 1 where one does, 2 where it could not be looked at. Without a transaction and
    without times it goes through the whole ledger.
    """
    if transaction_id is not None and (since or until):
        raise typer.BadParameter("give a transaction, or --from and --to, not both")
    with trouble():
        found = _replayed(store, transaction_id, since, until)
    end(found, _lines, as_json=as_json)


def _replayed(
    store: str, transaction_id: str | None, since: str | None, until: str | None
) -> "Replayed":
    from outlay.cli.progress import Live
    from outlay.pipeline.live import replay as replays
    from outlay.pipeline.live.moment_text import moment
    from outlay.store import open_store

    with open_store(store, create=False) as opened, Live() as progress:
        if transaction_id is not None:
            return replays.replay(opened, transaction_id)
        with opened.reading() as reading:
            zone = reading.meta("timezone") or "UTC"
        return replays.replay_period(
            opened,
            since=None if since is None else moment(since, zone, "--from"),
            until=None if until is None else moment(until, zone, "--to"),
            progress=progress,
        )


def _lines(found: "Replayed") -> list[str]:
    lines = []
    for each in found.told:
        lines.append(f"transaction {terminal.cell(each.transaction_id, 60)} (row {each.seq:,})")
        if each.problem is not None:
            lines.append(f"  {terminal.clean(each.problem)}")
        lines += [
            f"  {field.name}: {_value(field.stored)} was stored, {_value(field.replayed)} comes out"
            for field in each.fields
        ]
    lines.append(
        f"{counted(found.decisions, 'decision')}: {found.equal:,} equal, {found.different:,} different, "
        f"{found.failed:,} could not be made again"
    )
    if found.broken_chains:
        lines.append(f"the alert books break off at {found.broken_chains:,} of them")
    return lines


def _value(value: Any) -> str:
    return terminal.cell(json.dumps(value, ensure_ascii=False), 200)
