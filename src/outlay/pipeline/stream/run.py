"""A whole job on files, part by part: what is in memory at one time is bounded."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl

from outlay.features import NoRoomError, Pasts, Register
from outlay.features.state import States
from outlay.pipeline import artifact
from outlay.pipeline.intake import intake
from outlay.pipeline.model import Model
from outlay.pipeline.names import DUPLICATES, MODEL, REJECTED, SCORED, SCORED_CSV
from outlay.pipeline.outcome import Account, Outcome, ranked_reasons
from outlay.pipeline.progress import Progress
from outlay.pipeline.settings import Config
from outlay.pipeline.stream.ahead import side_by_side
from outlay.pipeline.stream.counterparties import Met, meet, met_before
from outlay.pipeline.stream.judging import Part, judge_partition, move_partition
from outlay.pipeline.stream.layout import Layout
from outlay.pipeline.stream.learning import as_learned, learned, population_of, with_users
from outlay.pipeline.stream.learning_in_time import learned_in_time
from outlay.pipeline.stream.memory import keep_what_comes_again
from outlay.pipeline.stream.merging import Block, Blocks, Thresholds, allotted, frozen
from outlay.pipeline.stream.notes import merged
from outlay.pipeline.stream.pieces import read_pieces
from outlay.pipeline.stream.repeats import Repeats, find_repeats
from outlay.pipeline.stream.resume import Bench
from outlay.pipeline.stream.states import merged_states, split_states
from outlay.pipeline.stream.take_in import Entry, accepted_parts, take_in
from outlay.pipeline.stream.taken import Taken
from outlay.pipeline.stream.walking import Walker, can_walk
from outlay.schema.intake import Intake, Whole
from outlay.schema.intake.raw import REJECTED as REJECTED_ROW
from outlay.sinks.growing import GrowingCsv, GrowingParquet
from outlay.sinks.publication import Publication
from outlay.sinks.report.build import worst_of
from outlay.sinks.report.tally import Tally
from outlay.sinks.table import write_for_people
from outlay.sources import Parts


@dataclass(frozen=True, slots=True)
class Input:
    """An input that lies accepted on the disk."""

    entry: Entry
    repeats: Repeats | None
    notes: tuple[str, ...]

    def account(self) -> Account:
        """Count its rows."""
        entry, again = self.entry, self.repeats
        reasons = Counter(entry.reasons)
        if again is not None:
            reasons.update(again.rejected["reason"].to_list())
        return Account(
            read=entry.n_read,
            scored=entry.taken.total,
            rejected=entry.n_rejected + (len(again.rejected) if again else 0),
            duplicates=len(again.duplicates) if again else 0,
            reasons=ranked_reasons(dict(reasons)),
            mapping=entry.mapping,
            notes=self.notes,
        )


def accepted_input(
    parts: Parts, config: Config, layout: Layout, folder: Path, say: Progress
) -> Input:
    """Read the input, accept its rows, and lay them down by user."""
    settings = intake(config.input)
    entry, whole, settings = take_in(
        parts, settings, layout, folder, lambda done: say.rows(done, parts.rows)
    )
    again = _repeats(parts, entry, whole, settings, layout)
    if again is not None:
        entry.taken.remove(again.rows)
    return Input(entry, again, tuple(merged([*parts.told(), *entry.notes])))


def _repeats(
    parts: Parts, entry: Entry, whole: Whole, settings: Intake, layout: Layout
) -> Repeats | None:
    marks = entry.ids.repeated() if entry.ids else np.zeros(0, np.uint64)
    if not marks.size:
        return None
    settled = Whole(whole.answers())
    again = accepted_parts(parts, settings, layout.chunk_rows, settled)
    return find_repeats(marks, again, entry.taken.folder)


def learn_parts(given: Input, config: Config) -> Model:
    """Learn a model from the users that were drawn; the counterparties' features stay on the disk."""
    taken = given.entry.taken
    population = population_of(taken, config)
    met, counterparties = meet(taken, population, Pasts())
    model = learned(taken, met, population, config, given.entry.currency)
    return replace(model, pasts=Pasts(States.empty(), counterparties))


Work = Callable[[Model, Taken, Met, int], Part]


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


def merge_parts(  # noqa: PLR0913, PLR0917 - of what, and where to
    publication: Publication,
    model: Model,
    given: Input,
    parts: list[Part],
    thresholds: Thresholds,
    say: Progress,
) -> tuple[Outcome, list[str]]:
    """Write the scored table in the order of the input, and count on the way."""
    blocks = Blocks(model, given.entry.taken, parts, thresholds, given.entry.input_columns)
    try:
        return write_blocks(publication, model, given, blocks.all(), parts, thresholds, say)
    finally:
        blocks.close()


def write_blocks(  # noqa: PLR0913, PLR0917 - likewise
    publication: Publication,
    model: Model,
    given: Input,
    blocks: Iterator[Block],
    parts: Sequence[Part],
    thresholds: Thresholds,
    say: Progress,
) -> tuple[Outcome, list[str]]:
    """Write the scored blocks, and what is told of them."""
    tally = Tally(model.forest_threshold)
    more = _write(publication, _counted(blocks, tally, given.entry.taken.total, say), model)
    publication.settle(SCORED)
    tally.users = sum(part.users for part in parts)
    tally.users_not_assessed = sum(part.users_not_assessed for part in parts)
    more += _write_aside(publication, given)
    outcome = Outcome(
        account=given.account(),
        model=model,
        promised=model.config.alerts.budget().share(model.books.rows_per_day),
        threshold_risk=100.0 * (1.0 - thresholds.largest),
        tally=tally,
        alerts=worst_of(tally),
        scored=pl.scan_parquet(publication.path(SCORED), glob=False),
    )
    return outcome, more


def _counted(
    blocks: Iterator[Block], tally: Tally, total: int, say: Progress
) -> Iterator[pl.DataFrame]:
    for block in blocks:
        if block.rows.height:
            tally.add(*block)
            yield block.rows
        say.rows(tally.rows, total)


def _write(publication: Publication, blocks: Iterator[pl.DataFrame], model: Model) -> list[str]:
    with GrowingParquet(publication.path(SCORED)) as table:
        if not model.config.output.csv:
            for block in blocks:
                table.write(block)
            return []
        with GrowingCsv(publication.path(SCORED_CSV), is_safe=False) as text:
            for block in blocks:
                table.write(block)
                text.write(block)
    return [SCORED_CSV]


def _write_aside(publication: Publication, given: Input) -> list[str]:
    """Write the rows that are no transactions, each with its reason."""
    entry, again = given.entry, given.repeats
    with GrowingCsv(publication.path(REJECTED), is_safe=True) as text:
        for block in _rejected(entry, again):
            text.write(block)
    if again is None or not len(again.duplicates):
        return []
    write_for_people(publication.path(DUPLICATES), again.duplicates)
    return [DUPLICATES]


def _rejected(entry: Entry, again: Repeats | None) -> Iterator[pl.DataFrame]:
    """Yield the rejected rows in the order of the input."""
    late = again.rejected.sort("row_number") if again else None
    found = False
    for span in entry.rejected:
        for block in read_pieces(entry.taken.folder / "rejected", [span]):
            if late is None:
                yield block
            else:
                is_due = late["row_number"] < block["row_number"][-1]
                yield pl.concat([block, late.filter(is_due)]).sort("row_number")
                late = late.filter(~is_due)
            found = True
    if late is not None and len(late):
        yield late
    elif not found:
        yield pl.DataFrame(schema=REJECTED_ROW)


def save_model(
    publication: Publication, folder: str, model: Model, states: Iterable[pl.DataFrame]
) -> None:
    """Write the model, and where its users stand, in the order of their ids."""
    place = publication.path(f"{folder}{artifact.MODEL}").parent
    artifact.save(replace(model, pasts=replace(model.pasts, users=States.empty())), place)
    with GrowingParquet(place / artifact.USERS, group=artifact.USERS_A_BATCH) as table:
        for block in states:
            table.write(block)


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
        given = self._taken_in(config)
        model = self._learned(given, config)
        self.say.stage(f"Judging {given.entry.taken.total:,} transactions")
        if given.entry.register is not None:
            with suppress(NoRoomError):
                return self._run_in_time(publication, given, given.entry.register, model)
            self._spread(given)
        return self._run_by_user(publication, given, model)

    def _run_in_time(
        self, publication: Publication, given: Input, register: Register, model: Model
    ) -> tuple[Outcome, list[str]]:
        taken, room = given.entry.taken, self.layout.room
        part = self.bench.part(0, lambda: Walker(model, taken, register, room).judge(self.say))
        model = with_users(model, part.users)
        self.say.stage("Writing the tables")
        thresholds = frozen(model, taken)
        walker = Walker(model, taken, register, room)
        blocks = walker.blocks(thresholds, given.entry.input_columns)
        written = write_blocks(publication, model, given, blocks, [part], thresholds, self.say)
        save_model(publication, f"{MODEL}/", model, walker.states())
        return written

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
        if given.entry.register is None:
            model = self._train_by_user(publication, given, model)
        else:
            try:
                model = self._train_in_time(publication, given, given.entry.register, model)
            except NoRoomError:
                self._spread(given)
                model = self._train_by_user(publication, given, model)
        _write_aside(publication, given)
        return given.account(), model

    def _train_in_time(
        self, publication: Publication, given: Input, register: Register, model: Model
    ) -> Model:
        walker = Walker(model, given.entry.taken, register, self.layout.room)
        for done in walker.move():
            self.say.rows(done, given.entry.taken.total)
        model = with_users(model, walker.part().users)
        save_model(publication, "", model, walker.states())
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
        users: Iterable[pl.DataFrame],
        check: Callable[[int, int], None],
    ) -> tuple[Outcome, list[str]]:
        """Judge the input with a trained model; the outcome's model is where it stands afterwards.

        Parameters
        ----------
        publication
            Where to write.
        model, users
            The model, and where its users stand, in batches.
        check
            Is told how many transactions of how many the model may have seen before.
        """
        given = self._taken_in(model.config, may_walk=False)
        taken = given.entry.taken
        self.say.stage(f"Judging {taken.total:,} transactions")
        split_states(users, self.bench.folder, self.layout.partitions)
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
        """Write a model after scoring, and where its users stand."""
        self._save(publication, "", model)

    def _save(self, publication: Publication, folder: str, model: Model) -> None:
        states = merged_states(self.bench.folder, self.layout.partitions)
        save_model(publication, folder, model, states)

    def _taken_in(self, config: Config, *, may_walk: bool = True) -> Input:
        """Take the input in, unless that was done before."""
        keep_what_comes_again()
        if self.bench.has_input:
            self.say.stage(f"Going on with what is done: the input, and {self.bench.done()}")
            return Input(*self.bench.kept_input())
        given = accepted_input(self.parts, config, self.layout, self.bench.folder, self.say)
        taken, register = given.entry.taken, given.entry.register
        if may_walk and can_walk(taken, register, config, self.layout.room):
            self.bench.keep_input(given.entry, given.repeats, given.notes)
        else:
            self._spread(given)
        return given

    def _spread(self, given: Input) -> None:
        """Bring the input's rows together by user: there is no walk through it."""
        given.entry.register = None
        old = given.entry.taken.spread(self.layout.partitions, self.layout.spread_rows)
        self.bench.keep_input(given.entry, given.repeats, given.notes)
        for path in old:
            path.unlink(missing_ok=True)

    def _learned(self, given: Input, config: Config) -> Model:
        """Learn from the input, unless that was done before."""
        taken, register = given.entry.taken, given.entry.register
        learned_before = self.bench.folder / MODEL
        if learned_before.is_dir():
            return as_learned(artifact.load(learned_before))
        self.say.stage(f"Learning from {taken.total:,} transactions")
        if register is None:
            model = learn_parts(given, config)
        else:
            model = learned_in_time(taken, register, config, given.entry.currency)
        fresh = self.bench.folder / f"{MODEL}.new"
        fresh.mkdir(exist_ok=True)
        artifact.save(model, fresh)
        fresh.replace(learned_before)
        return model
