"""The options that several commands have, and how they become settings."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer

if TYPE_CHECKING:
    from outlay.pipeline.config import Loaded

Files = Annotated[
    list[str],
    typer.Argument(
        metavar="FILE",
        help="Transactions: CSV (also .gz), Parquet, JSON lines or Arrow; several files, a folder "
        "or a glob; - reads CSV from standard input.",
        show_default=False,
    ),
]
Scored = Annotated[
    str,
    typer.Argument(
        metavar="SCORED",
        help="A scored table, or the folder that outlay run wrote.",
        show_default=False,
    ),
]
Out = Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Where to write.")]
Map = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        metavar="NAME=COLUMN",
        help="Which column is user_id, amount, timestamp and so on, where usual names do not tell. "
        "NAME= says that there is none.",
    ),
]
Timezone = Annotated[
    str | None,
    typer.Option(metavar="ZONE", help="Zone of times without an offset: Asia/Kolkata."),
]
Currency = Annotated[
    str | None, typer.Option(metavar="CODE", help="Currency of amounts that do not say theirs.")
]
Rates = Annotated[
    str | None, typer.Option(metavar="FILE", help="What each currency is worth (CSV or TOML).")
]
Negative = Annotated[
    Literal["reject", "refund"] | None,
    typer.Option(help="Reject negative amounts (the default), or keep them as refunds."),
]
History = Annotated[
    Literal["past", "full"] | None,
    typer.Option(
        help="Judge by earlier transactions alone (past, the default), or by the whole file (full)."
    ),
]
Rules = Annotated[
    str | None, typer.Option(metavar="PACK", help="Rule pack, by name or file [classic].")
]
RuleParameters = Annotated[
    list[str] | None,
    typer.Option(
        "--rule-parameter",
        metavar="NAME=VALUE",
        help="Another value for one of the pack's numbers: high_amount=2000. Once for each.",
    ),
]
PerDay = Annotated[
    str | None, typer.Option(metavar="N", help="Alert budget: so many a day on average.")
]
Rate = Annotated[
    str | None, typer.Option(metavar="SHARE", help="Alert budget: share of transactions [0.5%].")
]
Format = Annotated[
    Literal["parquet", "csv"] | None,
    typer.Option("--format", help="csv writes scored.csv beside scored.parquet."),
]
Order = Annotated[
    Literal["input", "any"] | None,
    typer.Option(help="The scored rows in the input's order (the default), or in any."),
]
Features = Annotated[
    bool | None,
    typer.Option(
        "--features/--no-features",
        help="The scored table with the features (the default), or the verdicts alone.",
        show_default=False,
    ),
]
Report = Annotated[
    bool | None,
    typer.Option(
        "--report/--no-report",
        help="The report and the dashboards (the default), or the tables and the model alone.",
        show_default=False,
    ),
]
Seed = Annotated[
    str | None, typer.Option(metavar="N", help="Which throw of the dice the forest is grown with.")
]
Memory = Annotated[
    str | None,
    typer.Option(
        metavar="SIZE", help="What a large file may take: 4GB [half of it all, 4GB at most]."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="For machines.")]
Settings = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Settings [outlay.toml, if it is there]."),
]

_PARAMETER: Final = "--rule-parameter"
FLAGS: Final = {
    "history": ("--history", "history"),
    "rules": ("--rules", "rules.pack"),
    "alerts_per_day": ("--alerts-per-day", "alerts.per_day"),
    "alert_rate": ("--alert-rate", "alerts.rate"),
    "timezone": ("--timezone", "input.timezone"),
    "currency": ("--currency", "input.currency"),
    "rates": ("--rates", "input.rates"),
    "negative": ("--negative", "input.negative"),
    "csv": ("--format", "output.csv"),
    "order": ("--order", "output.order"),
    "features": ("--no-features", "output.features"),
    "report": ("--no-report", "output.report"),
    "seed": ("--seed", "forest.seed"),
    "memory": ("--memory", "machine.memory"),
}
"""Parameter of a command: the flag, and the setting that it sets."""


def loaded(
    config: Path | None,
    map_: list[str] | None = None,
    rule_parameters: list[str] | None = None,
    **chosen: Any,
) -> "Loaded":
    """Return the settings with the chosen flags before everything else."""
    columns = [_split(pair, "--map", "NAME=COLUMN") for pair in map_ or []]
    numbers = [_parameter(pair) for pair in rule_parameters or []]
    from outlay.pipeline.config import gather

    flags = {
        setting: (flag, chosen[name])
        for name, (flag, setting) in FLAGS.items()
        if chosen.get(name) is not None
    }
    for name, column in columns:
        flags[f"input.columns.{name}"] = ("--map", column)
    for name, value in numbers:
        flags[f"rules.parameters.{name}"] = (f"{_PARAMETER} {name}", value)
    return gather(config, flags=flags)


def is_csv(kind: str | None) -> bool | None:
    """Return what ``--format`` says of the setting ``output.csv``; nothing without the flag."""
    return None if kind is None else kind == "csv"


def parameters(pairs: list[str] | None) -> dict[str, float]:
    """Return what ``--rule-parameter`` says, as numbers."""
    found: dict[str, float] = {}
    for name, value in map(_parameter, pairs or []):
        try:
            found[name] = float(value)
        except ValueError as error:
            message = f"{name} is {value!r}; it takes a number"
            raise typer.BadParameter(message, param_hint=_PARAMETER) from error
    return found


def _parameter(pair: str) -> tuple[str, str]:
    return _split(pair, _PARAMETER, "NAME=VALUE")


def _split(pair: str, flag: str, form: str) -> tuple[str, str]:
    name, sign, value = pair.partition("=")
    if not sign or not name.strip():
        raise typer.BadParameter(f"{pair!r} is not {form}", param_hint=flag)
    return name.strip(), value
