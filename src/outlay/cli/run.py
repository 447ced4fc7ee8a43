"""``outlay run``."""

from pathlib import Path

from outlay.cli import options


def run(  # noqa: PLR0913, PLR0917 - one parameter an option
    files: options.Files,
    out: options.Out = Path("outlay-result"),
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
    format_: options.Format = None,
    order: options.Order = None,
    features: options.Features = None,
    report: options.Report = None,
    seed: options.Seed = None,
    memory: options.Memory = None,
    config: options.Settings = None,
) -> None:
    """Judge a file: alerts, report, dashboards.

    Reads the transactions, learns each user's habits from them, and judges every one. What comes
    out lies in DIR: report.html to begin with, alerts.csv, scored.parquet, rejected.csv,
    dashboards, and the model for the next file.
    """
    from outlay.cli.ahead import ahead

    with ahead(learns=True, draws=report is not False) as artist:
        from outlay.cli.progress import Live
        from outlay.cli.summary import show
        from outlay.pipeline.files import run_files

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
            csv=options.is_csv(format_),
            order=order,
            features=features,
            report=report,
            seed=seed,
            memory=memory,
        )
        with Live() as progress:
            finished = run_files(files, out, settings.config, progress, artist=artist)
    show(finished, progress.seconds)
