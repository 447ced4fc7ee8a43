"""The jobs on files: learn and judge, learn, judge with what was learned."""

import os
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import msgspec

from outlay.errors import ConfigError
from outlay.pipeline import artifact
from outlay.pipeline.config import Loaded
from outlay.pipeline.intake import intake
from outlay.pipeline.job import Job as MemoryJob
from outlay.pipeline.job import judge_with, learn_and_judge
from outlay.pipeline.model import Model
from outlay.pipeline.names import DUPLICATES, REJECTED, RESULTS
from outlay.pipeline.outcome import Account, Outcome
from outlay.pipeline.progress import Progress, Quiet
from outlay.pipeline.publish import Published, publish, tell
from outlay.pipeline.settings import Config
from outlay.pipeline.stream.layout import Layout, default_memory, most_rows
from outlay.pipeline.stream.resume import bench_of
from outlay.pipeline.stream.run import Job
from outlay.pipeline.train import train
from outlay.pipeline.warm import compile_kernels, import_ahead
from outlay.schema.intake import Accepted, accept
from outlay.sinks.publication import Publication
from outlay.sinks.table import write_for_people, write_rejected
from outlay.sources import Parts, open_parts

AT_SCORING: Final = (
    *("input.columns", "input.currency", "input.rates", "input.negative", "input.time_format"),
    *("alerts.", "policy.", "dashboards.", "output.", "machine."),
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
    with Publication(out) as publication, publication.scratch() as scratch:
        import_ahead()
        parts = _opened(files, scratch, say)
        layout = layout or _layout(parts, config)
        if layout is None:
            accepted = accept(parts.whole(), intake(config.input))
            compile_kernels(say)
            job = learn_and_judge(accepted, config, say)
            return _finished(job, publish(publication, job, tuple(files), say), out, ())
        compile_kernels(say)
        with bench_of(out, parts, ("run", config), layout, say) as bench:
            outcome, names = Job(parts, layout, bench, say).run(publication, config)
            published = tell(publication, outcome, tuple(files), say, names, None)
        return _told(outcome, published, out, ())


def _opened(files: Sequence[str], scratch: Path, say: Progress) -> Parts:
    name = files[0] if len(files) == 1 else f"{len(files)} files"
    say.stage(f"Reading {'standard input' if name == '-' else name}")
    return open_parts(files, scratch)


def _layout(parts: Parts, config: Config) -> Layout | None:
    """Return how to cut the input; nothing if it is small enough to be taken as a whole."""
    memory = config.machine.bytes() or default_memory()
    if parts.rows <= most_rows(memory):
        return None
    return Layout.of(parts.rows, memory)


def train_files(
    files: Sequence[str],
    folder: Path,
    config: Config,
    progress: Progress | None = None,
    layout: Layout | None = None,
) -> Trained:
    """Learn each user's habits from files, and write the model with the users' states."""
    say = progress or Quiet()
    with Publication(folder) as publication, publication.scratch() as scratch:
        import_ahead()
        parts = _opened(files, scratch, say)
        layout = layout or _layout(parts, config)
        if layout is not None:
            compile_kernels(say)
            with bench_of(folder, parts, ("train", config), layout, say) as bench:
                account, model = Job(parts, layout, bench, say).train(publication, config)
            return Trained(model, account, folder)
        accepted = accept(parts.whole(), intake(config.input))
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
    layout: Layout | None = None,
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
    layout
        How to go through the input in parts, and that it is done at all.
    """
    say = progress or Quiet()
    _refuse_own_input(files, out)
    _refuse_own_model(folder, out)
    say.stage("Loading the model")
    trained = artifact.load(folder)
    config, notes = _config_at_scoring(trained.config, loaded)
    model, at = replace(trained, config=config), os.path.relpath(folder.resolve(), out.resolve())
    with ExitStack() as stack:  # the model's folder changes after the results are there
        kept = stack.enter_context(Publication(folder)) if update else None
        publication = stack.enter_context(Publication(out))
        scratch = stack.enter_context(publication.scratch())
        parts = _opened(files, scratch, say)
        layout = layout or _layout(parts, config)
        compile_kernels(say)
        if layout is None:
            accepted = accept(parts.whole(), intake(config.input))
            seen = _known(accepted, trained)
            notes += _seen_before(seen, len(accepted.transactions), update=update)
            job = judge_with(accepted, model, say)
            published = publish(publication, job, tuple(files), say, model_folder=at)
            if kept is not None:
                moved = replace(job.model, config=trained.config)
                artifact.save(moved, kept.path(artifact.MODEL).parent)
            return _finished(job, published, out, notes)
        what = ("score", config, trained.digest, _standing(folder), update)
        bench = stack.enter_context(bench_of(out, parts, what, layout, say))
        in_parts = Job(parts, layout, bench, say)
        outcome, names = in_parts.score(
            publication,
            model,
            lambda seen, rows: notes.extend(_seen_before(seen, rows, update=update)),
        )
        published = tell(publication, outcome, tuple(files), say, names, at)
        if kept is not None:
            in_parts.save(kept, "", replace(outcome.model, config=trained.config))
        return _told(outcome, published, out, notes)


def _standing(folder: Path) -> list[int]:
    """Return what changes when the model's users move on."""
    known = (folder / artifact.USERS).stat()
    return [known.st_size, known.st_mtime_ns]


def _told(outcome: Outcome, published: Published, out: Path, notes: Sequence[str]) -> Finished:
    account = outcome.account
    told = (*account.notes, *notes)
    return Finished(account, outcome.model, outcome.promised, published, out, told)


def _finished(job: MemoryJob, published: Published, out: Path, notes: Sequence[str]) -> Finished:
    account = Account.of(job.accepted)
    told = (*account.notes, *notes)
    return Finished(account, job.model, job.promised, published, out, told)


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


def _known(accepted: Accepted, model: Model) -> int:
    """Return how many transactions are no later than what the model knows of their users."""
    rows = accepted.transactions
    last = model.pasts.users.last_seen(rows["user_id"])
    return int((rows["timestamp"].to_physical().to_numpy() <= last).sum())


def _seen_before(seen: int, rows: int, *, update: bool) -> list[str]:
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
