"""The jobs on files: learn and judge, learn, judge with what was learned."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import msgspec

from outlay.errors import ConfigError
from outlay.pipeline import artifact
from outlay.pipeline.config import Loaded
from outlay.pipeline.intake import accepted_files, intake
from outlay.pipeline.job import Job, judge_with, learn_and_judge
from outlay.pipeline.model import Model
from outlay.pipeline.names import DUPLICATES, REJECTED, RESULTS
from outlay.pipeline.outcome import Account, Outcome
from outlay.pipeline.progress import Progress, Quiet
from outlay.pipeline.publish import Published, publish, tell
from outlay.pipeline.settings import Config
from outlay.pipeline.stream.layout import Layout, default_memory
from outlay.pipeline.stream.run import run_parts
from outlay.pipeline.train import train
from outlay.pipeline.warm import compile_kernels, import_ahead
from outlay.schema.intake import Accepted, accept
from outlay.sinks.publication import Publication
from outlay.sinks.table import write_for_people, write_rejected
from outlay.sources import Parts, open_parts

AT_SCORING: Final = (
    *("input.columns", "input.currency", "input.rates", "input.negative", "input.time_format"),
    *("alerts.", "policy.", "dashboards.", "output."),
)
"""Settings that may differ from those of the training; the others are the model's."""

_MOST_SEEN: Final = 0.5
"""Share of transactions before their users' states from which on a file counts as known."""
_BUDGET: Final = ("alerts.rate", "alerts.per_day")


@dataclass(frozen=True, slots=True)
class Finished:
    """A job that left its results in a folder."""

    account: Account
    model: Model
    promised: float
    published: Published
    out: Path
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trained:
    """A model that was written, and what it was made of."""

    model: Model
    account: Account
    folder: Path


def run_files(
    files: Sequence[str],
    out: Path,
    config: Config,
    progress: Progress | None = None,
    layout: Layout | None = None,
) -> Finished:
    """Learn each user's habits from files, judge their transactions, and write the results.

    More rows than are learned from are read, judged and written in parts; ``layout`` says how, and
    that it is done at all.
    """
    say = progress or Quiet()
    _refuse_own_input(files, out)
    with Publication(out) as publication:  # a folder that cannot be written to shows here
        import_ahead()
        with publication.scratch() as scratch:
            parts = _opened(files, scratch, say)
            layout = layout or _layout(parts, config)
            if layout is not None:
                compile_kernels(say)
                outcome, names = run_parts(publication, parts, config, layout, scratch, say)
                published = tell(publication, outcome, tuple(files), say, names, None)
                return _told(outcome, published, out)
            accepted = accept(parts.whole(), intake(config.input))
        compile_kernels(say)
        job = learn_and_judge(accepted, config, say)
        published = publish(publication, job, tuple(files), say)
    return _finished(job, published, out, ())


def _opened(files: Sequence[str], scratch: Path, say: Progress) -> Parts:
    name = files[0] if len(files) == 1 else f"{len(files)} files"
    say.stage(f"Reading {'standard input' if name == '-' else name}")
    return open_parts(files, scratch)


def _layout(parts: Parts, config: Config) -> Layout | None:
    """Return how to cut the input; nothing if it is small enough to be taken as a whole."""
    if parts.rows <= config.train.max_rows:
        return None
    return Layout.of(parts.rows, default_memory())


def train_files(
    files: Sequence[str], folder: Path, config: Config, progress: Progress | None = None
) -> Trained:
    """Learn each user's habits from files, and write the model with the users' states."""
    say = progress or Quiet()
    with Publication(folder) as publication:
        import_ahead()
        accepted = _accepted(files, config, say)
        compile_kernels(say)
        say.stage(f"Learning the habits of {accepted.transactions['user_id'].n_unique():,} users")
        model, _, _ = train(accepted.transactions, config, accepted.currency)
        say.stage("Writing the model")
        artifact.save(model, publication.path(artifact.MODEL).parent)
        write_rejected(publication.path(REJECTED), accepted.rejected)
        if len(accepted.duplicates):
            write_for_people(publication.path(DUPLICATES), accepted.duplicates)
    return Trained(model, Account.of(accepted), folder)


def score_files(  # noqa: PLR0913 - what, with what, where to
    files: Sequence[str],
    folder: Path,
    out: Path,
    loaded: Loaded,
    *,
    update: bool = False,
    progress: Progress | None = None,
) -> Finished:
    """Judge the transactions of files with a trained model, from where its users stand.

    Parameters
    ----------
    files
        The input.
    folder
        The model's folder.
    out
        Where to write the results.
    loaded
        Settings; those of `AT_SCORING` that somebody gave take the place of the model's.
    update
        Write where the users stand afterwards back into the model's folder.
    progress
        Is told of the stages.
    """
    say = progress or Quiet()
    _refuse_own_input(files, out)
    _refuse_own_model(folder, out)
    say.stage("Loading the model")
    trained = artifact.load(folder)
    config, notes = _config_at_scoring(trained.config, loaded)
    with Publication(out) as publication:
        accepted = _accepted(files, config, say)
        notes += _seen_before(accepted, trained, update=update)
        compile_kernels(say)
        job = judge_with(accepted, replace(trained, config=config), say)
        at = os.path.relpath(folder.resolve(), out.resolve())
        published = publish(publication, job, tuple(files), say, model_folder=at)
    if update:
        say.stage("Writing back where the users stand")
        with Publication(folder) as publication:
            moved = replace(job.model, config=trained.config)
            artifact.save(moved, publication.path(artifact.MODEL).parent)
    return _finished(job, published, out, notes)


def _told(outcome: Outcome, published: Published, out: Path) -> Finished:
    account = outcome.account
    return Finished(account, outcome.model, outcome.promised, published, out, account.notes)


def _finished(job: Job, published: Published, out: Path, notes: Sequence[str]) -> Finished:
    account = Account.of(job.accepted)
    told = (*account.notes, *notes)
    return Finished(account, job.model, job.promised, published, out, told)


def _accepted(files: Sequence[str], config: Config, say: Progress) -> Accepted:
    name = files[0] if len(files) == 1 else f"{len(files)} files"
    say.stage(f"Reading {'standard input' if name == '-' else name}")
    return accepted_files(files, config.input)


def _config_at_scoring(trained: Config, loaded: Loaded) -> tuple[Config, list[str]]:
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


def _seen_before(accepted: Accepted, model: Model, *, update: bool) -> list[str]:
    """Tell of transactions that are no later than what the model knows of their users.

    A file that is scored twice would count twice in its users' histories: with ``update`` for
    good, so that is refused.
    """
    rows = accepted.transactions
    last = model.pasts.users.last_seen(rows["user_id"])
    seen = int((rows["timestamp"].to_physical().to_numpy() <= last).sum())
    if not seen:
        return []
    words = f"{seen:,} of {len(rows):,} transactions are no later than what the model has seen of"
    if update and seen > _MOST_SEEN * len(rows):
        raise ConfigError(
            f"{words} their users: the model seems to know this file already.\n\n"
            "Hint: leave --update out to score it once more; histories then stay as they are."
        )
    return [f"{words} their users; known ones among them count twice in the histories"]


def _refuse_own_input(files: Sequence[str], out: Path) -> None:
    """Refuse to write the results over what they are made of."""
    ours = {(out / name).resolve() for name in RESULTS}
    for file in files:
        if file != "-" and Path(file).exists() and Path(file).resolve() in ours:
            raise ConfigError(
                f"{file} would be overwritten by the results in {out}.\n\n"
                "Hint: give --out another folder."
            )


def _refuse_own_model(folder: Path, out: Path) -> None:
    """Refuse to write the results where the model lies: they would take its place."""
    if folder.resolve().is_relative_to(out.resolve()) or out.resolve() == folder.resolve():
        raise ConfigError(
            f"the results in {out} would take the place of the model in {folder}.\n\n"
            "Hint: give --out another folder."
        )
