"""``outlay synth``."""

from pathlib import Path
from typing import Annotated

import typer

from outlay.cli import terminal

Out = Annotated[
    Path, typer.Argument(metavar="OUT", help="A .csv or .parquet file.", show_default=False)
]
Share = Annotated[float, typer.Option(help="About which share of the rows is fraud.")]
Untidy = Annotated[bool, typer.Option("--untidy", help="Write types as exports do.")]


def synth(  # noqa: PLR0913, PLR0917 - one parameter an option
    out: Out,
    users: Annotated[int, typer.Option(help="How many people.")] = 400,
    days: Annotated[int, typer.Option(help="For how long.")] = 120,
    seed: Annotated[int, typer.Option(min=0, help="Which throw of the dice.")] = 7,
    fraud_share: Share = 0.007,
    currency: Annotated[str, typer.Option(help="What the amounts are in.")] = "EUR",
    untidy: Untidy = False,
) -> None:
    """Make a wallet's transactions.

    People with habits, labelled frauds of several kinds, and changes that are harmless.
    """
    from outlay.sources.synthetic import write_synthetic

    rows = write_synthetic(
        out, users, days, seed, fraud_share=fraud_share, currency=currency, untidy=untidy
    )
    terminal.say(f"{rows:,} transactions of {users:,} users over {days:,} days")
    terminal.say(f"labels in is_fraud and fraud_scenario; next: outlay run {out}")
    print(out)
