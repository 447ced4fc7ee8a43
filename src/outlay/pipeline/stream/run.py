"""A whole job on files, part by part: what is in memory at one time is bounded."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl

from outlay.features import Pasts
from outlay.features.state import States
from outlay.pipeline import artifact
from outlay.pipeline.intake import intake
from outlay.pipeline.model import Model
from outlay.pipeline.names import DUPLICATES, MODEL, REJECTED, SCORED, SCORED_CSV
from outlay.pipeline.outcome import Account, Outcome, ranked_reasons
from outlay.pipeline.progress import Progress
from outlay.pipeline.settings import Config
from outlay.pipeline.stream.ahead import ahead, side_by_side
from outlay.pipeline.stream.counterparties import Met, meet
from outlay.pipeline.stream.judging import Part, judge_partition
from outlay.pipeline.stream.layout import Layout
from outlay.pipeline.stream.learning import learned, population_of, with_users
from outlay.pipeline.stream.merging import Blocks, Thresholds, frozen
from outlay.pipeline.stream.notes import merged
from outlay.pipeline.stream.pieces import read_pieces
from outlay.pipeline.stream.repeats import Repeats, find_repeats
from outlay.pipeline.stream.states import merged_states
from outlay.pipeline.stream.take_in import Entry, accepted_parts, take_in
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
        entry.taken.removed = again.rows
        entry.taken.count()
    return Input(entry, again, tuple(merged([*parts.told(), *entry.notes])))


def _repeats(
    parts: Parts, entry: Entry, whole: Whole, settings: Intake, layout: Layout
) -> Repeats | None:
    marks = entry.ids.repeated() if entry.ids else np.zeros(0, np.uint64)
    if not marks.size:
        return None
    settled = Whole(whole.answers())
    return find_repeats(marks, accepted_parts(parts, settings, layout.chunk_rows, settled))


def learn_parts(given: Input, config: Config) -> tuple[Model, Met]:
    """Learn a model from the users that were drawn."""
    taken = given.entry.taken
    population = population_of(taken, config)
    met, counterparties = meet(taken, population, Pasts())
    model = learned(taken, met, population, config, given.entry.currency)
    return replace(model, pasts=Pasts(States.empty(), counterparties)), met


def judge_parts(model: Model, given: Input, met: Met, layout: Layout, say: Progress) -> list[Part]:
    """Judge partition after partition."""
    taken, parts, done = given.entry.taken, [], 0
    places = range(layout.partitions)
    for place, part in enumerate(
        side_by_side(lambda at: judge_partition(model, taken, met, at), places, layout.threads)
    ):
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
    taken = given.entry.taken
    tally = Tally(model.forest_threshold)
    tally.users = sum(part.users for part in parts)
    tally.users_not_assessed = sum(part.users_not_assessed for part in parts)
    blocks = Blocks(model, taken, parts, thresholds, given.entry.input_columns)
    more = _write(publication, _counted(blocks, tally, len(taken.chunks), taken.total, say), model)
    blocks.close()
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
    blocks: Blocks, tally: Tally, chunks: int, total: int, say: Progress
) -> Iterator[pl.DataFrame]:
    for block in ahead(map(blocks.block, range(chunks))):
        if block.height:
            tally.add(block)
            yield block
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
    publication: Publication, folder: str, model: Model, taken_in: Path, partitions: int
) -> None:
    """Write the model, and where its users stand, in the order of their ids."""
    place = publication.path(f"{folder}{artifact.MODEL}").parent
    before = model.pasts
    artifact.save(replace(model, pasts=Pasts(States.empty(), before.counterparties)), place)
    with GrowingParquet(place / artifact.USERS) as table:
        for block in merged_states(taken_in, partitions, before):
            table.write(block)


def run_parts(  # noqa: PLR0913, PLR0917 - from where, how, where to
    publication: Publication,
    parts: Parts,
    config: Config,
    layout: Layout,
    folder: Path,
    say: Progress,
) -> tuple[Outcome, list[str]]:
    """Learn from an input and judge it."""
    given = accepted_input(parts, config, layout, folder, say)
    taken = given.entry.taken
    say.stage(f"Learning from {taken.total:,} transactions")
    model, met = learn_parts(given, config)
    say.stage(f"Judging {taken.total:,} transactions")
    judged = judge_parts(model, given, met, layout, say)
    model = with_users(model, sum(part.users for part in judged))
    say.stage("Writing the tables")
    outcome, more = merge_parts(publication, model, given, judged, frozen(model), say)
    save_model(publication, f"{MODEL}/", model, folder, layout.partitions)
    return outcome, more
