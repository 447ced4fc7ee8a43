"""``outlay features``."""

import textwrap
from dataclasses import asdict
from typing import Annotated

import typer

from outlay.cli import options, terminal
from outlay.schema.catalog import FEATURES


def features(
    as_json: options.Json = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="As a Markdown table.")] = False,
) -> None:
    """List the features: name, unit, meaning.

    All of them are made of earlier payments alone.
    """
    if as_json:
        terminal.show_json([asdict(feature) for feature in FEATURES])
    elif as_markdown:
        print("| feature | unit | meaning | formula |\n| --- | --- | --- | --- |")
        for each in FEATURES:
            print(f"| `{each.name}` | {each.unit} | {each.meaning} | `{each.formula}` |")
    else:
        longest = max(len(each.name) for each in FEATURES)
        for each in FEATURES:
            text = f"{each.meaning} [{each.unit}]"
            lines = textwrap.wrap(text, max(terminal.width() - longest - 2, 30))
            start = terminal.styled(f"{each.name:{longest}}", "bold")
            print(f"{start}  {f'{chr(10)}{chr(32) * (longest + 2)}'.join(lines)}")
