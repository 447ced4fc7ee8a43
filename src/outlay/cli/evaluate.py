"""``outlay evaluate``."""

from typing import Annotated

import typer

from outlay.cli import options, terminal

Label = Annotated[str, typer.Option(metavar="COLUMN", help="Which column says what is fraud.")]
Ranking = Annotated[str, typer.Option(metavar="COLUMN", help="Which column to rank by.")]
Scenario = Annotated[
    str | None, typer.Option(metavar="COLUMN", help="Judge each scenario apart: fraud_scenario.")
]
Looked = Annotated[int, typer.Option(min=1, help="How many somebody can look at in a day.")]


def evaluate(  # noqa: PLR0913, PLR0917 - one parameter an option
    scored: options.Scored,
    label: Label = "is_fraud",
    score: Ranking = "risk",
    by: Scenario = None,
    k: Looked = 100,
    timezone: options.Timezone = None,
    map_: options.Map = None,
    as_json: options.Json = False,
    config: options.Settings = None,
) -> None:
    """Compare scores and alerts with labels.

    How much of the fraud is found, at what cost, beside a ranking by lot and a perfect one.
    """
    from outlay.pipeline.results import evaluate_scored

    settings = options.loaded(config, map_, timezone=timezone)
    given = timezone and settings.config.input.timezone
    found, notes = evaluate_scored(
        scored, settings.config.input, label=label, score=score, by=by, k=k, timezone=given
    )
    for each in notes:
        terminal.note(each)
    if as_json:
        terminal.show_json(found.as_dict())
    else:
        print(terminal.clean(found.as_text()))
