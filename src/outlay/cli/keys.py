"""``outlay keys``: create, list, revoke."""

import getpass
from contextlib import suppress
from typing import Annotated, Literal

import typer

from outlay.cli import terminal

app = typer.Typer(help="Who may call the service.", no_args_is_help=True, rich_markup_mode=None)

Name = Annotated[str, typer.Argument(metavar="NAME", help="Who will use it.", show_default=False)]
Store = Annotated[
    str,
    typer.Option(
        "--store", "-s", metavar="STORE", help="A SQLite file, or postgresql://HOST/NAME."
    ),
]
Role = Annotated[
    Literal["ingest", "analyst", "admin"],
    typer.Option(
        help="ingest sends payments, analyst looks at users and alerts, admin may do both.",
        show_default=False,
    ),
]


@app.command()
def create(name: Name, role: Role, store: Store = "outlay.db") -> None:
    """Make a key and print it, once.

    The store keeps a hash of it; nobody can print it again. From the first key on every caller
    needs one.
    """
    from outlay.pipeline.live.engine import now
    from outlay.service.keys import Role as Known
    from outlay.service.keys import make
    from outlay.store import Key, open_store

    fresh = make(name, Known(role))
    with open_store(store) as opened, opened.writing() as writing:
        writing.add_key(Key(fresh.name, fresh.role, fresh.hash, now()), by=_who())
    terminal.note("this is shown once; keep it where secrets are kept")
    print(fresh.key)


@app.command("list")
def list_keys(store: Store = "outlay.db") -> None:
    """List the keys: name, role, and since when."""
    from datetime import UTC, datetime

    from outlay.store import open_store

    def day(microseconds: int | None) -> str:
        if microseconds is None:
            return "-"
        return f"{datetime.fromtimestamp(microseconds // 1_000_000, UTC):%Y-%m-%d %H:%M}"

    with open_store(store, create=False) as opened, opened.reading() as reading:
        keys = reading.keys()
    rows = [[each.name, each.role, day(each.created_at), day(each.revoked_at)] for each in keys]
    for line in terminal.table(["name", "role", "created", "revoked"], rows, set()):
        print(line)


@app.command()
def revoke(name: Name, store: Store = "outlay.db") -> None:
    """Let a key end.

    A running service notices within seconds.
    """
    from outlay.pipeline.live.engine import now
    from outlay.store import open_store

    with open_store(store, create=False) as opened, opened.writing() as writing:
        writing.revoke_key(name, by=_who(), at=now())
    terminal.say(f"{terminal.cell(name)} opens nothing any more")


def _who() -> str:
    """Return who sits at the terminal, for the audit log."""
    with suppress(OSError, KeyError):
        return f"{getpass.getuser()} at the command line"
    return "the command line"
