"""``outlay score``."""

from pathlib import Path
from typing import Annotated

import typer

from outlay.cli import options

Model = Annotated[
    Path,
    typer.Option(
        "--model", "-m", metavar="DIR", help="What outlay train wrote.", show_default=False
    ),
]
Update = Annotated[
    bool,
    typer.Option(
        "--update", help="Write where the users stand afterwards back into the model's folder."
    ),
]


def score(  # noqa: PLR0913, PLR0917 - one parameter an option
    files: options.Files,
    model: Model,
    out: options.Out = Path("outlay-result"),
    update: Update = False,
    alerts_per_day: options.PerDay = None,
    alert_rate: options.Rate = None,
    map_: options.Map = None,
    currency: options.Currency = None,
    rates: options.Rates = None,
    negative: options.Negative = None,
    format_: options.Format = None,
    order: options.Order = None,
    features: options.Features = None,
    report: options.Report = None,
    memory: options.Memory = None,
    config: options.Settings = None,
) -> None:
    """Judge a file with a trained model.

    Each user's history goes on where the model left it. With --update the model keeps where the
    users stand afterwards, ready for the file after this one.
    """
    from outlay.cli.ahead import ahead

    with ahead(draws=report is not False) as artist:
        from outlay.cli.progress import Live
        from outlay.cli.summary import show
        from outlay.pipeline.files import score_files

        settings = options.loaded(
            config,
            map_,
            alerts_per_day=alerts_per_day,
            alert_rate=alert_rate,
            currency=currency,
            rates=rates,
            negative=negative,
            csv=options.is_csv(format_),
            order=order,
            features=features,
            report=report,
            memory=memory,
        )
        with Live() as progress:
            finished = score_files(
                files, model, out, settings, update=update, progress=progress, artist=artist
            )
    show(finished, progress.seconds)
