"""Every command says what it does."""

import pytest
import typer.main

import outlay
from outlay.cli import app


def walk(command, name="outlay"):
    """Yield every command with its full name, groups first."""
    yield name, command
    for inner, its in getattr(command, "commands", {}).items():
        yield from walk(its, f"{name} {inner}")


COMMANDS = dict(walk(typer.main.get_command(app)))


def test_all_commands_are_there():
    """The commands that are promised exist."""
    assert set(COMMANDS) == {
        "outlay",
        *(f"outlay {name}" for name in ("run", "train", "score", "explain", "dashboard")),
        *(f"outlay {name}" for name in ("evaluate", "features", "synth", "rules", "config")),
        *(f"outlay rules {name}" for name in ("list", "show", "check", "test")),
        *(f"outlay config {name}" for name in ("show", "init")),
        *(f"outlay {name}" for name in ("serve", "replay", "keys", "store")),
        *(f"outlay keys {name}" for name in ("create", "list", "revoke")),
        *(f"outlay store {name}" for name in ("check", "rebuild", "retain")),
    }


@pytest.mark.parametrize("name", COMMANDS)
def test_command_and_its_parameters_have_help(name):
    """No command, option or argument is left unexplained."""
    command = COMMANDS[name]

    assert command.help
    assert [each.name for each in command.params if not getattr(each, "help", None)] == []


@pytest.mark.parametrize("name", [name for name in COMMANDS if name.count(" ")])
def test_command_is_told_in_one_short_line(name):
    """The list of commands shows each one's sentence whole."""
    first = COMMANDS[name].help.partition("\n")[0]

    assert first.endswith(".")
    assert len(first) <= 45


def test_version(call):
    """--version prints the version as data."""
    assert call("--version") == (0, f"outlay {outlay.__version__}\n", "")


def test_no_command_shows_the_help(call):
    """Called alone, it says how to begin."""
    answer = call()

    assert "outlay run payments.csv" in answer.out + answer.err


def test_features_are_listed(call):
    """The catalogue is there for people, for machines and for documents."""
    for_people, for_machines, for_pages = (
        call("features", *option) for option in ([], ["--json"], ["--markdown"])
    )

    assert "hour_rarity" in for_people.out
    assert '"name": "hour_rarity"' in for_machines.out
    assert "| `hour_rarity` | nats |" in for_pages.out
