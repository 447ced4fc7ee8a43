"""``outlay config``: show, init."""

from pathlib import Path
from typing import Annotated

import typer

from outlay.cli import options

app = typer.Typer(
    help="Show the settings, or begin a file of them.", no_args_is_help=True, rich_markup_mode=None
)


@app.command()
def show(config: options.Settings = None) -> None:
    """Print every setting and its origin.

    What is printed is TOML, and can be a settings file again.
    """
    from outlay.pipeline.config import gather
    from outlay.pipeline.config_text import effective

    print(effective(gather(config)), end="")


@app.command()
def init(
    out: Annotated[Path, typer.Argument(metavar="FILE", help="Where.")] = Path("outlay.toml"),
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Write a settings file to begin with.

    It explains every setting and changes none.
    """
    from outlay.errors import OutputError
    from outlay.pipeline.config_text import template
    from outlay.sinks.files import write_text

    if out.exists() and not force:
        raise OutputError(f"{out} is there already.\n\nHint: --force replaces it.")
    write_text(out, template())
    print(out)
