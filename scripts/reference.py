"""The generated parts of docs/reference, as Markdown. Each page's ``cog`` blocks call these."""

import inspect
import json
from collections.abc import Iterable, Iterator, Sequence

from outlay import errors
from outlay.detectors.fuzzy.rulebase import built_in, load
from outlay.detectors.rules import builtin_packs, load_pack
from outlay.detectors.rules.scope import TEXTS
from outlay.detectors.rules.units import FORMATS, Wording, usual_format
from outlay.pipeline.config_tree import catalogue
from outlay.schema.catalog import FEATURES
from outlay.schema.columns import OPTIONAL, REQUIRED
from outlay.schema.intake.synonyms import SYNONYMS


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; bars and line ends inside a cell are made harmless."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(map(_cell, line))} |\n" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", r"\|").split())


def features() -> str:
    """Return the catalogue."""
    rows = ((f"`{f.name}`", f.unit, f.meaning, f"`{f.formula}`") for f in FEATURES)
    return table(("Feature", "Unit", "Meaning", "Formula"), rows)


def columns() -> str:
    """Return the input's columns with the names under which they are found."""
    rows = (
        (f"`{name}`", "required" if name in REQUIRED else "optional", ", ".join(SYNONYMS[name][1:]))
        for name in (*REQUIRED, *OPTIONAL)
    )
    return table(("Column", "", "Found as, too"), rows)


def rule_columns() -> str:
    """Return the columns that a rule may name, beyond the features."""
    return f"`amount`, every feature, and the texts {', '.join(f'`{name}`' for name in TEXTS)}."


def formats() -> str:
    """Return the formats of a placeholder, each with an example."""
    example = dict.fromkeys(FORMATS, 0.25) | {
        "money": 1310.0, "number": 1234.5, "times": 3.2, "hour": 3.0, "hour_end": 22.0,
        "weekday": 6.0, "duration": 5400.0, "days": 45.0, "text": "cash_out", "history": 87.0,
        "time_of_day": 3.0,
    }  # fmt: skip
    units = {
        usual_format(f.name, "number"): f.unit
        for f in FEATURES
        if usual_format(f.name, "number") != "number"
    }
    rows = (
        (
            f"`{name}`",
            f"{example[name]} → {write(example[name], Wording('EUR'))}",
            units.get(name, ""),
        )
        for name, write in FORMATS.items()
    )
    return table(("Format", "Example", "Usual for features in"), rows)


def packs() -> str:
    """Return the rules of the shipped packs."""
    return "\n".join(_pack(name) for name in builtin_packs())


def _pack(name: str) -> str:
    pack = load_pack(name)
    rows = (
        (
            f"`{rule.code}`",
            rule.name + ("" if rule.mode == "active" else f" ({rule.mode})"),
            f"`{' '.join(rule.when.text.split())}`",
            ", ".join(word for _, word in rule.severity),
        )
        for rule in pack.rules
    )
    given = ", ".join(f"`{key} = {value:g}`" for key, value in pack.scope.parameters.items())
    return f"### `{name}`\n\n{pack.description}\n\nParameters: {given}.\n\n" + table(
        ("Code", "Rule", "Violated when", "Severity"), rows
    )


def fuzzy_rules() -> str:
    """Return the built-in fuzzy rules."""
    base = load(built_in(), ("amount", "time", "velocity", "novelty"))
    rows = ((f"`{rule.name}`", f"`{rule.when}`", rule.risk) for rule in base.rules)
    return table(("Rule", "When", "Risk"), rows)


def config() -> str:
    """Return every setting with what it takes, its default and its meaning."""
    rows = (
        (f"`{key}`", _default(setting.default), setting.wanted, setting.meaning)
        for key, setting in catalogue().items()
    )
    return table(("Setting", "Default", "Takes", "Meaning"), rows)


def _default(value: object) -> str:
    return "" if value is None else f"`{json.dumps(value)}`"


def commands() -> str:
    """Return every command with its own help."""
    return "\n".join(
        f"{'#' * len(path)} {' '.join(path)}\n\n```text\n{_help(path[1:])}```\n"
        for path in command_paths()
    )


def command_paths() -> Iterator[tuple[str, ...]]:
    """Yield every command by its words, ``outlay`` first."""
    from typer.main import get_command

    from outlay.cli.app import app

    for name, command in get_command(app).commands.items():  # type: ignore[attr-defined]
        yield "outlay", name
        for inner in getattr(command, "commands", ()):
            yield "outlay", name, inner


def _help(words: Sequence[str]) -> str:
    from typer.testing import CliRunner

    from outlay.cli.app import app

    runner = CliRunner(env={"COLUMNS": "80", "TERMINAL_WIDTH": "80", "NO_COLOR": "1"})
    shown = runner.invoke(app, [*words, "--help"], prog_name="outlay").output
    return "".join(f"{line.rstrip()}\n" for line in shown.strip("\n").splitlines())


def error_tree() -> str:
    """Return the errors, as their module draws them."""
    tree = inspect.getdoc(errors) or ""
    return "```text\n" + tree[tree.index("*") :].partition("\n\n")[0] + "\n```\n"
