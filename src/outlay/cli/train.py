"""``outlay train``."""

from pathlib import Path
from typing import Annotated

import typer

from outlay.cli import options

Model = Annotated[
    Path,
    typer.Option("--model", "-m", metavar="DIR", help="Where to write it.", show_default=False),
]


def train(  # noqa: PLR0913, PLR0917 - one parameter an option
    files: options.Files,
    model: Model,
    history: options.History = None,
    rules: options.Rules = None,
    rule_parameter: options.RuleParameters = None,
    alerts_per_day: options.PerDay = None,
    alert_rate: options.Rate = None,
    map_: options.Map = None,
    timezone: options.Timezone = None,
    currency: options.Currency = None,
    rates: options.Rates = None,
    negative: options.Negative = None,
    seed: options.Seed = None,
    memory: options.Memory = None,
    config: options.Settings = None,
) -> None:
    """Learn a model from a file.

    The model holds each user's habits, the detectors and the alert threshold; outlay score judges
    later files with it.
    """
    from outlay.cli.ahead import ahead

    with ahead(learns=True):
        from outlay.cli.progress import Live
        from outlay.cli.summary import show_trained
        from outlay.pipeline.files import train_files

        settings = options.loaded(
            config,
            map_,
            rule_parameter,
            history=history,
            rules=rules,
            alerts_per_day=alerts_per_day,
            alert_rate=alert_rate,
            timezone=timezone,
            currency=currency,
            rates=rates,
            negative=negative,
            seed=seed,
            memory=memory,
        )
        with Live() as progress:
            trained = train_files(files, model, settings.config, progress)
    show_trained(trained, progress.seconds)
