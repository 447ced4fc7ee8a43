"""A whole job on files, part by part: what is in memory at one time is bounded."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import polars as pl

from outlay.features import NoRoomError, Pasts, Population
from outlay.features.state import States
from outlay.pipeline import artifact
from outlay.pipeline.model import Model
from outlay.pipeline.names import MODEL
from outlay.pipeline.outcome import Account, Outcome
from outlay.pipeline.progress import Progress
from outlay.pipeline.settings import Config
from outlay.pipeline.stream.accepted import Input, accepted_input
from outlay.pipeline.stream.ahead import side_by_side
from outlay.pipeline.stream.counterparties import Met, meet, met_before
from outlay.pipeline.stream.draft import Draft
from outlay.pipeline.stream.judging import Part, judge_partition, move_partition
from outlay.pipeline.stream.layout import Layout
from outlay.pipeline.stream.learning import as_learned, learned, population_of, with_users
from outlay.pipeline.stream.learning_in_time import learned_in_time
from outlay.pipeline.stream.memory import keep_what_comes_again
from outlay.pipeline.stream.merging import allotted, frozen
from outlay.pipeline.stream.resume import Bench
from outlay.pipeline.stream.scoring_in_time import (
    allotted_in_time,
    counterparties_after,
    meet_in_time,
    most_allotted,
    moved_states,
)
from outlay.pipeline.stream.states import merged_states, split_states
from outlay.pipeline.stream.taken import Taken
from outlay.pipeline.stream.walking import Walker, can_walk
from outlay.pipeline.stream.writing import (
    merge_parts,
    publish_draft,
    save_model,
    save_users,
    write_aside,
)
from outlay.sinks.publication import Publication
from outlay.sources import Parts


def learn_parts(given: Input, config: Config) -> Model:
    """Learn a model from the users that were drawn; the counterparties' features stay on the disk."""
    taken = given.entry.taken
    population = population_of(taken, config)
    met, counterparties = meet(taken, population, Pasts())
    model = learned(taken, met, population, config, given.entry.currency)
    return replace(model, pasts=Pasts(States.empty(), counterparties))


Work = Callable[[Model, Taken, Met, int], Part]
Users = Callable[[], Iterable[pl.DataFrame]]


def each_partition(  # noqa: PLR0913, PLR0917 - what, on what, and how
    work: Work, model: Model, given: Input, met: Met, layout: Layout, say: Progress, bench: Bench
) -> list[Part]:
    """Do the work on partition after partition, on as many threads as the layout says."""
    taken, parts, done = given.entry.taken, [], 0
    slim = replace(model, pasts=Pasts())  # its users lie on the disk, by partition
    results = side_by_side(
        lambda at: bench.part(at, lambda: work(slim, taken, met, at)),
        range(layout.partitions),
        layout.threads,
    )
    for place, part in enumerate(results):
        parts.append(part)
        done += int(taken.rows[:, place].sum())
        say.rows(done, taken.total)
    return parts


@dataclass(frozen=True, slots=True)
class Job:
    """One job on files in parts.

    Parameters
    ----------
    parts
        The input.
    layout
        How it is cut.
    bench
        Where it lies what is done.
    say
        Is told of the stages.
    """

    parts: Parts
    layout: Layout
    bench: Bench
    say: Progress

    def run(self, publication: Publication, config: Config) -> tuple[Outcome, list[str]]:
        """Learn from the input and judge it."""
        given, walkers = self._taken_in(config), list[Walker]()
        try:
            model = self._learned(given, config, lambda p: walkers.append(self._off(given, p)))
        except BaseException:
            for walker in walkers:
                walker.close()
            raise
        self.say.stage(f"Judging {given.entry.taken.total:,} transactions")
        if given.entry.taken.register is not None:
            with suppress(NoRoomError):
                return self._run_in_time(publication, given, model, walkers)
            self._spread(given)
        return self._run_by_user(publication, given, model)

    def _off(self, given: Input, population: Population) -> Walker:
        """Set off through the input; nobody else keeps where the users stand, so it is written."""
        walker = Walker(population, given.entry.taken, self.layout.room)
        walker.set_off(lambda: save_users(self._users, walker.states()))
        return walker

    def _run_in_time(
        self, publication: Publication, given: Input, model: Model, walkers: list[Walker]
    ) -> tuple[Outcome, list[str]]:
        def walk() -> Part:
            walker = walkers.pop() if walkers else self._off(given, model.population)
            walker.judge(model, draft, self.say)
            return walker.part(model.config.policy.min_history)

        draft = Draft(model, given.entry.taken, given.entry.input_columns)
        part = self._drafted(draft, walk)
        model = with_users(model, part.users)
        self.say.stage("Writing the tables")
        thresholds = frozen(model, given.entry.taken)
        written = publish_draft(publication, model, given, draft, part, thresholds, self.say)
        save_model(publication, f"{MODEL}/", model, self._users)
        return written

    def _drafted(self, draft: Draft, walk: Callable[[], Part]) -> Part:
        """Return what became of a walk that writes a draft, as noted or made now."""
        if not draft.is_there:  # it had become a result that was not published
            self.bench.judge_again()
        try:
            return self.bench.part(0, walk)
        except NoRoomError:
            draft.clear()
            raise

    def _run_by_user(
        self, publication: Publication, given: Input, model: Model
    ) -> tuple[Outcome, list[str]]:
        met = met_before(given.entry.taken, model.population)
        judged = each_partition(
            judge_partition, model, given, met, self.layout, self.say, self.bench
        )
        model = with_users(model, sum(part.users for part in judged))
        self.say.stage("Writing the tables")
        thresholds = frozen(model, given.entry.taken)
        written = merge_parts(publication, model, given, judged, thresholds, self.say)
        self._save(publication, f"{MODEL}/", model)
        return written

    def train(self, publication: Publication, config: Config) -> tuple[Account, Model]:
        """Learn from the input, and write the model with where the users stand."""
        given = self._taken_in(config)
        model = self._learned(given, config)
        self.say.stage("Writing the model")
        if given.entry.taken.register is None:
            model = self._train_by_user(publication, given, model)
        else:
            try:
                model = self._train_in_time(publication, given, model)
            except NoRoomError:
                self._spread(given)
                model = self._train_by_user(publication, given, model)
        write_aside(publication, given)
        return given.account(), model

    def _train_in_time(self, publication: Publication, given: Input, model: Model) -> Model:
        walker = Walker(model.population, given.entry.taken, self.layout.room)
        for done in walker.move():
            self.say.rows(done, given.entry.taken.total)
        model = with_users(model, walker.part(0).users)
        save_model(publication, "", model, save_users(self._users, walker.states()))
        return model

    def _train_by_user(self, publication: Publication, given: Input, model: Model) -> Model:
        met = met_before(given.entry.taken, model.population)
        moved = each_partition(move_partition, model, given, met, self.layout, self.say, self.bench)
        model = with_users(model, sum(part.users for part in moved))
        self._save(publication, "", model)
        return model

    def score(
        self,
        publication: Publication,
        model: Model,
        users: Users,
        check: Callable[[int, int], None],
        *,
        update: bool,
    ) -> tuple[Outcome, list[str]]:
        """Judge the input with a trained model; the outcome's model is where it stands afterwards.

        Parameters
        ----------
        publication
            Where to write.
        model, users
            The model, and what yields where its users stand, in batches.
        check
            Is told how many transactions of how many the model may have seen before.
        update
            Whether `move_on` will be called.
        """
        given = self._taken_in(model.config)
        self.say.stage(f"Judging {given.entry.taken.total:,} transactions")
        if given.entry.taken.register is not None:
            with suppress(NoRoomError):
                walk = partial(self._walk_on, given, model, users, update)
                return self._score_in_time(publication, given, model, walk, check)
            self._spread(given)
        return self._score_by_user(publication, given, model, users, check)

    def _walk_on(
        self,
        given: Input,
        model: Model,
        users: Users,
        update: bool,  # noqa: FBT001 - as `score` was told
        draft: Draft,
    ) -> Part:
        """Judge everything from where the users stand; where they stand then is written if wanted."""
        taken = given.entry.taken
        walker = Walker(model.population, taken, self.layout.room)
        for batch in users():
            walker.walk.take_up(States.from_frame(batch))
        met = meet_in_time(taken, model, walker.walk.last_seen())

        def walked() -> None:
            if update:
                save_users(self._users, moved_states(users(), walker.states()))

        walker.set_off(walked)
        walker.judge(model, draft, self.say)
        return walker.part(model.config.policy.min_history, met.paid, met.seen)

    def _score_in_time(
        self,
        publication: Publication,
        given: Input,
        model: Model,
        walk: Callable[[Draft], Part],
        check: Callable[[int, int], None],
    ) -> tuple[Outcome, list[str]]:
        taken = given.entry.taken
        draft = Draft(model, taken, given.entry.input_columns, most_allotted(model))
        part = self._drafted(draft, partial(walk, draft))
        check(part.seen, taken.total)
        thresholds = allotted_in_time(model, taken)
        self.say.stage("Writing the tables")
        others = model.pasts.counterparties.merged(counterparties_after(taken))
        moved = replace(model, pasts=Pasts(States.empty(), others), books=thresholds.books)
        return publish_draft(publication, moved, given, draft, part, thresholds, self.say)

    def _score_by_user(
        self,
        publication: Publication,
        given: Input,
        model: Model,
        users: Users,
        check: Callable[[int, int], None],
    ) -> tuple[Outcome, list[str]]:
        taken = given.entry.taken
        split_states(users(), self.bench.folder, self.layout.partitions)
        before = model.pasts.counterparties
        met, counterparties = meet(taken, model.population, model.pasts)
        judged = each_partition(
            judge_partition, model, given, met, self.layout, self.say, self.bench
        )
        check(sum(part.seen for part in judged), taken.total)
        thresholds = allotted(model, taken)
        self.say.stage("Writing the tables")
        pasts = Pasts(States.empty(), before.merged(counterparties))
        moved = replace(model, pasts=pasts, books=thresholds.books)
        return merge_parts(publication, moved, given, judged, thresholds, self.say)

    def move_on(self, publication: Publication, model: Model) -> None:
        """Write a model after scoring, and where its users stand; a walk has written that."""
        if self._users.is_file():
            save_model(publication, "", model, self._users)
        else:
            self._save(publication, "", model)

    @property
    def _users(self) -> Path:
        """Where it lies where the users stand, until it is published."""
        return self.bench.folder / artifact.USERS

    def _save(self, publication: Publication, folder: str, model: Model) -> None:
        states = merged_states(self.bench.folder, self.layout.partitions)
        save_model(publication, folder, model, save_users(self._users, states))

    def _taken_in(self, config: Config) -> Input:
        """Take the input in, unless that was done before."""
        keep_what_comes_again()
        if self.bench.has_input:
            self.say.stage(f"Going on with what is done: the input, and {self.bench.done()}")
            return Input(*self.bench.kept_input())
        given = accepted_input(self.parts, config, self.layout, self.bench.folder, self.say)
        if can_walk(given.entry.taken, config, self.layout.room):
            self.bench.keep_input(given.entry, given.repeats, given.notes)
        else:
            self._spread(given)
        return given

    def _spread(self, given: Input) -> None:
        """Bring the input's rows together by user: there is no walk through it."""
        old = given.entry.taken.spread(self.layout.partitions, self.layout.spread_rows)
        self.bench.keep_input(given.entry, given.repeats, given.notes)
        for path in old:
            path.unlink(missing_ok=True)

    def _learned(
        self, given: Input, config: Config, ready: Callable[[Population], object] = lambda _: None
    ) -> Model:
        """Learn from the input, unless that was done before; see `learned_in_time`."""
        taken = given.entry.taken
        learned_before = self.bench.folder / MODEL
        if learned_before.is_dir():
            return as_learned(artifact.load(learned_before))
        self.say.stage(f"Learning from {taken.total:,} transactions")
        if taken.register is None:
            model = learn_parts(given, config)
        else:
            model = learned_in_time(taken, config, given.entry.currency, ready)
        fresh = self.bench.folder / f"{MODEL}.new"
        fresh.mkdir(exist_ok=True)
        artifact.save(model, fresh)
        fresh.replace(learned_before)
        return model
