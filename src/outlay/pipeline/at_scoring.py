"""A trained model meets a later file: which settings count, and what the model has seen before."""

from typing import Final

import msgspec

from outlay.errors import ConfigError
from outlay.pipeline.config import Loaded
from outlay.pipeline.model import Model
from outlay.pipeline.settings import Config
from outlay.schema.intake import Accepted

AT_SCORING: Final = (
    *("input.columns", "input.currency", "input.rates", "input.negative", "input.time_format"),
    *("alerts.", "policy.", "dashboards.", "output.", "machine."),
)
"""Settings that may differ from those of the training; the others are the model's."""

_MOST_SEEN: Final = 0.5
"""Share of transactions before their users' states from which on a file counts as known."""
_BUDGET: Final = ("alerts.rate", "alerts.per_day")


def config_at_scoring(trained: Config, loaded: Loaded) -> tuple[Config, list[str]]:
    """Return the model's settings with those that may change, and what was said in vain."""
    ours, given = msgspec.to_builtins(trained), msgspec.to_builtins(loaded.config)
    notes = []
    if not loaded.origins.keys().isdisjoint(_BUDGET):
        ours["alerts"] = given["alerts"]
    for key, origin in loaded.origins.items():
        group, _, name = key.rpartition(".")
        if group == "input.columns":
            ours["input"]["columns"][name] = given["input"]["columns"][name]
        elif key == "input.columns":
            ours["input"]["columns"] |= given["input"]["columns"]
        elif key.startswith(AT_SCORING):
            ours[group][name] = given[group][name]
        elif (wanted := _at(given, key)) != (has := _at(ours, key)):
            notes.append(
                f"{origin} says {key} = {wanted!r}, but the model was trained with {has!r}, "
                "which counts"
            )
    return msgspec.convert(ours, Config), notes


def _at(settings: dict[str, object], key: str) -> object:
    group, _, name = key.rpartition(".")
    branch = settings[group] if group else settings
    return branch[name]  # type: ignore[index]


def known_of(accepted: Accepted, model: Model) -> int:
    """Return how many transactions are no later than what the model knows of their users."""
    rows = accepted.transactions
    last = model.pasts.users.last_seen(rows["user_id"])
    return int((rows["timestamp"].to_physical().to_numpy() <= last).sum())


def seen_before(seen: int, rows: int, *, update: bool) -> list[str]:
    """Tell of transactions that are no later than what the model knows of their users.

    A file that is scored twice would count twice in its users' histories: with ``update`` for
    good, so that is refused.
    """
    if not seen:
        return []
    words = f"{seen:,} of {rows:,} transactions are no later than what the model has seen of"
    if update and seen > _MOST_SEEN * rows:
        raise ConfigError(
            f"{words} their users: the model seems to know this file already.\n\n"
            "Hint: leave --update out to score it once more; histories then stay as they are."
        )
    return [f"{words} their users; known ones among them count twice in the histories"]
