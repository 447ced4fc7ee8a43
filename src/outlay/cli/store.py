"""``outlay store``: check, rebuild, retain."""

from typing import TYPE_CHECKING, Annotated

import typer

from outlay.cli import options, terminal
from outlay.cli.trouble import counted, end, trouble

if TYPE_CHECKING:
    from outlay.pipeline.live.check import Checked

app = typer.Typer(
    help="Verify and look after what the service keeps.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Store = Annotated[
    str,
    typer.Argument(
        metavar="STORE", help="A SQLite file, or postgresql://HOST/NAME.", show_default=False
    ),
]
Days = Annotated[
    float,
    typer.Option(
        "--days", min=0, max=36_500, help="What came in longer ago leaves.", show_default=False
    ),
]
Forget = Annotated[
    float | None,
    typer.Option(
        "--forget-answers",
        min=0,
        max=36_500,
        metavar="DAYS",
        help="Also drop the answers of payments that left, if those came in longer ago. "
        "Sent again, such a payment counts as new.",
    ),
]


@app.command()
def check(store: Store, as_json: options.Json = False) -> None:
    """Prove that nothing is damaged.

    Folds the ledger once more and compares every state with it, bit by bit; ledger, decisions,
    alerts and books must agree. Ends with 0 where nothing is wrong, 1 where something is, 2 where
    it could not be looked at. The service may be running.
    """
    from outlay.cli.progress import Live
    from outlay.pipeline.live.check import check as checked
    from outlay.store import open_store

    with trouble(), open_store(store, create=False) as opened, Live() as progress:
        found = checked(opened, progress)
    end(found, _lines, as_json=as_json)


def _lines(found: "Checked") -> list[str]:
    counts = (
        counted(found.rows, "decision"),
        counted(found.alerts, "alert"),
        counted(found.models, "model"),
    )
    lines = ["{} and {} by {}".format(*counts)]
    lines += [
        f"{name}: {found.folded.get(name, 0):,} made anew from the ledger and compared, "
        f"{found.untouched.get(name, 0):,} without a payment in it"
        for name in found.folded
    ]
    lines += [terminal.cell(fault, 300) for fault in found.faults]
    more = found.n_faults - len(found.faults)
    if more:
        lines.append(f"and {more:,} more")
    if found.is_clean:
        return [*lines, "nothing is wrong"]
    return [*lines, counted(found.n_faults, "fault")]


@app.command()
def rebuild(store: Store, as_json: options.Json = False) -> None:
    """Make all states anew from the ledger.

    In one database transaction: payments wait until it is done. A ledger that is itself damaged is
    refused, and then nothing is changed.
    """
    from outlay.cli.progress import Live
    from outlay.pipeline.live.rebuild import rebuild as rebuilt
    from outlay.store import open_store

    with trouble(), open_store(store, create=False) as opened, Live() as progress:
        done = rebuilt(opened, progress)
    if as_json:
        terminal.show_json(done)
        return
    print(f"users: {done.users:,} made anew, {done.users_changed:,} of them changed")
    print(
        f"counterparties: {done.counterparties:,} made anew, "
        f"{done.counterparties_changed:,} of them changed"
    )
    print(f"alert books: {'changed' if done.books_changed else 'as they were'}")


@app.command()
def retain(
    store: Store, days: Days, forget_answers: Forget = None, as_json: options.Json = False
) -> None:
    """Let old payments leave the ledger.

    Users keep their states: what leaves is folded into the checkpoint first. A payment that is sent
    again still gets its first answer. The service may be running.
    """
    from outlay.cli.progress import Live
    from outlay.pipeline.live.engine import now
    from outlay.pipeline.live.retain import retain as retained
    from outlay.store import open_store

    def ago(length: float) -> int:
        return now() - int(length * 86_400_000_000)

    forget = None if forget_answers is None else ago(forget_answers)
    with trouble(), open_store(store, create=False) as opened, Live() as progress:
        done = retained(opened, ago(days), forget_before=forget, progress=progress)
    if as_json:
        terminal.show_json(done)
        return
    print(f"{counted(done.left, 'payment')} left the ledger, {done.kept:,} in it still")
    if forget is not None:
        answers = counted(done.answers_forgotten, "answer")
        print(f"dropped for good: {answers} to payments that had left")
