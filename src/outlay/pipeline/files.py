"""The jobs on files: learn and judge, learn, judge with what was learned."""

import os
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

from outlay.detectors.grower import at_hand
from outlay.pipeline import artifact
from outlay.pipeline.at_scoring import AT_SCORING, config_at_scoring, known_of, seen_before
from outlay.pipeline.config import Loaded
from outlay.pipeline.finished import Finished, Trained
from outlay.pipeline.intake import intake
from outlay.pipeline.job import judge_with, learn_and_judge
from outlay.pipeline.names import DUPLICATES, REJECTED
from outlay.pipeline.outcome import Account
from outlay.pipeline.progress import Progress, Quiet
from outlay.pipeline.publish import publish, scored_aside, tell
from outlay.pipeline.refusals import check_files_named, refuse_own_input, refuse_own_model
from outlay.pipeline.settings import Config
from outlay.pipeline.stream.layout import Layout, default_memory, fits
from outlay.pipeline.stream.resume import bench_of
from outlay.pipeline.stream.run import Job
from outlay.pipeline.train import train
from outlay.pipeline.warm import compile_kernels
from outlay.schema.intake import accept
from outlay.sinks.dashboard.artist import Artist
from outlay.sinks.publication import Publication
from outlay.sinks.table import write_for_people, write_rejected
from outlay.sources import Parts, open_parts

__all__ = ["AT_SCORING", "run_files", "score_files", "train_files"]


def run_files(  # noqa: PLR0913 - what, how, where to
    files: Sequence[str],
    out: Path,
    config: Config,
    progress: Progress | None = None,
    layout: Layout | None = None,
    *,
    artist: Artist | None = None,
) -> Finished:
    """Learn each user's habits from files, judge their transactions, and write the results.

    More rows than are learned from are read, judged and written in parts; ``layout`` says how, and
    that it is done at all. An ``artist`` was told to get ready for the dashboards' pictures.
    """
    say = progress or Quiet()
    refuse_own_input(files, out)
    check_files_named(config)
    with Publication(out) as publication, publication.scratch() as scratch, at_hand():
        parts = _opened(files, scratch, say)
        layout = layout or _layout(parts, config)
        if layout is None:
            accepted = accept(parts.whole(), intake(config.input))
            compile_kernels(say)
            with scored_aside(publication) as write:
                job = learn_and_judge(accepted, config, say, write)
                published = publish(publication, job, tuple(files), say, artist=artist)
            return Finished.of(Account.of(accepted), job, published, out)
        compile_kernels(say)
        if artist:  # not needed for long: another one will be told in time
            artist.leave()
        with bench_of(out, parts, ("run", config), layout, say) as bench:
            outcome, names = Job(parts, layout, bench, say).run(publication, config)
            published = tell(publication, outcome, tuple(files), say, names, None)
        return Finished.of(outcome.account, outcome, published, out)


def _opened(files: Sequence[str], scratch: Path, say: Progress) -> Parts:
    name = files[0] if len(files) == 1 else f"{len(files)} files"
    say.stage(f"Reading {'standard input' if name == '-' else name}")
    return open_parts(files, scratch)


def _layout(parts: Parts, config: Config, users: int = 0) -> Layout | None:
    """Return how to cut the input; nothing if it is small enough to be taken as a whole."""
    given = config.machine.bytes()
    memory = default_memory() if given is None else given
    if fits(parts.rows, memory, users):
        return None
    return Layout.of(parts.rows, memory, users)


def train_files(
    files: Sequence[str],
    folder: Path,
    config: Config,
    progress: Progress | None = None,
    layout: Layout | None = None,
) -> Trained:
    """Learn each user's habits from files, and write the model with the users' states."""
    say = progress or Quiet()
    check_files_named(config)
    with Publication(folder) as publication, publication.scratch() as scratch, at_hand():
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
    artist: Artist | None = None,
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
    artist
        Who was told to get ready for the dashboards' pictures.
    """
    say = progress or Quiet()
    refuse_own_input(files, out)
    refuse_own_model(folder, out)
    say.stage("Loading the model")
    trained = artifact.load(folder, users=False)
    config, notes = config_at_scoring(trained.config, loaded)
    model, at = replace(trained, config=config), os.path.relpath(folder.resolve(), out.resolve())
    intake(config.input)  # a file of rates that is not there shows before the input is read
    with ExitStack() as stack:  # the model's folder changes after the results are there
        kept = stack.enter_context(Publication(folder)) if update else None
        publication = stack.enter_context(Publication(out))
        scratch = stack.enter_context(publication.scratch())
        parts = _opened(files, scratch, say)
        layout = layout or _layout(parts, config, artifact.count_users(folder))
        compile_kernels(say)
        if layout is None:
            model = artifact.with_users(model, folder)
            accepted = accept(parts.whole(), intake(config.input))
            seen = known_of(accepted, model)
            notes += seen_before(seen, len(accepted.transactions), update=update)
            with scored_aside(publication) as write:
                job = judge_with(accepted, model, say, write)
                published = publish(
                    publication, job, tuple(files), say, model_folder=at, artist=artist
                )
            if kept is not None:
                moved = replace(job.model, config=trained.config)
                artifact.save(moved, kept.path(artifact.MODEL).parent)
            return Finished.of(Account.of(accepted), job, published, out, notes)
        if artist:  # as in `run_files`
            artist.leave()
        what = ("score", config, trained.digest, _standing(folder), update)
        bench = stack.enter_context(bench_of(out, parts, what, layout, say))
        in_parts = Job(parts, layout, bench, say)
        outcome, names = in_parts.score(
            publication,
            model,
            partial(artifact.user_batches, folder),
            lambda seen, rows: notes.extend(seen_before(seen, rows, update=update)),
            update=update,
        )
        published = tell(publication, outcome, tuple(files), say, names, at)
        if kept is not None:
            in_parts.move_on(kept, replace(outcome.model, config=trained.config))
        return Finished.of(outcome.account, outcome, published, out, notes)


def _standing(folder: Path) -> list[int]:
    """Return what changes when the model's users move on."""
    known = (folder / artifact.USERS).stat()
    return [known.st_size, known.st_mtime_ns]
