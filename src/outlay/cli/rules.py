"""``outlay rules``: list, show, check, test."""

from typing import Annotated

import typer

from outlay.cli import options, terminal

app = typer.Typer(
    help="Show, verify and try rule packs.", no_args_is_help=True, rich_markup_mode=None
)
Pack = Annotated[
    str,
    typer.Argument(metavar="PACK", help="A pack's name, or its TOML file.", show_default=False),
]
Against = Annotated[
    str | None, typer.Option(metavar="PACK", help="Measure the overlap with this one too.")
]


@app.command("list")
def list_packs() -> None:
    """List the packs that come with Outlay."""
    from outlay.detectors.rules import builtin_packs, load_pack

    for pack in map(load_pack, builtin_packs()):
        print(terminal.styled(f"{pack.name} {pack.version}", "bold"))
        for line in terminal.wrapped(f"{pack.description} ({len(pack.rules)} rules)", "  "):
            print(line)


@app.command()
def show(
    pack: Pack,
    as_toml: Annotated[bool, typer.Option("--toml", help="As it is written.")] = False,
) -> None:
    """Show a pack in words.

    Its rules with their conditions, scores and severities; --toml shows its text, to begin one of
    your own with.
    """
    from outlay.detectors.rules import describe, load_pack

    found = load_pack(pack)
    print(terminal.clean(found.source.text.rstrip() if as_toml else describe(found)))


@app.command()
def check(pack: Pack) -> None:
    """Verify a pack.

    Every condition, name and text is checked; all problems are told at once.
    """
    from outlay.detectors.rules import load_pack

    found = load_pack(pack)
    counts = (f"{len(found.in_mode(mode))} {mode}" for mode in ("active", "shadow", "paused"))
    rules = f"{len(found.rules)} rule{'' if len(found.rules) == 1 else 's'}"
    print(f"{terminal.cell(pack, 80)}: sound; {rules} ({', '.join(counts)})")


@app.command("test")
def try_out(  # noqa: PLR0913, PLR0917 - one parameter an option
    pack: Pack,
    files: options.Files,
    against: Against = None,
    rule_parameter: options.RuleParameters = None,
    history: options.History = None,
    map_: options.Map = None,
    timezone: options.Timezone = None,
    currency: options.Currency = None,
    rates: options.Rates = None,
    config: options.Settings = None,
) -> None:
    """Try a pack on a file.

    Tells each rule's hits, alerts a day, what no other rule finds, and the overlap.
    """
    from outlay.cli.progress import Live
    from outlay.detectors.rules import load_pack
    from outlay.pipeline.packs import try_pack

    chosen = load_pack(pack, parameters=options.parameters(rule_parameter))
    settings = options.loaded(
        config, map_, history=history, timezone=timezone, currency=currency, rates=rates
    )
    with Live() as progress:
        found = try_pack(files, chosen, settings.config, against, progress)
    print(terminal.clean(str(found)))
