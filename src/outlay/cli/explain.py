"""``outlay explain``."""

from pathlib import Path
from typing import Annotated

import typer

from outlay.cli import options, terminal


def explain(
    result: Annotated[
        Path,
        typer.Argument(metavar="DIR", help="What outlay run or score wrote.", show_default=False),
    ],
    transaction_id: Annotated[
        str, typer.Argument(help="Which transaction, as in alerts.csv.", show_default=False)
    ],
    as_json: options.Json = False,
    model: Annotated[
        Path | None,
        typer.Option("--model", "-m", metavar="DIR", help="The model, if it was moved since."),
    ] = None,
) -> None:
    """Tell all about one decision.

    Why it was made, what would have been normal, and on what figures.
    """
    from outlay.pipeline.explain import explain_in

    explanation, notes = explain_in(result, transaction_id, model)
    for each in notes:
        terminal.note(each)
    if as_json:
        terminal.show_json(explanation.as_dict())
        return
    for line in terminal.clean(explanation.as_text()).splitlines():
        indent = line[: len(line) - len(line.lstrip())]
        print(
            "\n".join(terminal.wrapped(line.strip(), f"{indent}   ", indent))
            if line.strip()
            else ""
        )
