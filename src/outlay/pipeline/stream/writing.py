"""What a job in parts writes: the scored table, what is no transaction, the model and its users."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from outlay.features.state import States
from outlay.pipeline import artifact
from outlay.pipeline.model import Model
from outlay.pipeline.names import DUPLICATES, REJECTED, SCORED, SCORED_CSV
from outlay.pipeline.outcome import Outcome
from outlay.pipeline.progress import Progress
from outlay.pipeline.stream.accepted import Input
from outlay.pipeline.stream.draft import Draft
from outlay.pipeline.stream.judging import Part
from outlay.pipeline.stream.merging import Blocks, Thresholds
from outlay.pipeline.stream.pieces import read_pieces
from outlay.pipeline.stream.repeats import Repeats
from outlay.pipeline.stream.take_in import Entry
from outlay.schema.intake.raw import REJECTED as REJECTED_ROW
from outlay.sinks.growing import GrowingCsv, GrowingParquet
from outlay.sinks.publication import Publication
from outlay.sinks.report.build import worst_of
from outlay.sinks.report.tally import Tally
from outlay.sinks.table import write_for_people


def merge_parts(  # noqa: PLR0913, PLR0917 - of what, and where to
    publication: Publication,
    model: Model,
    given: Input,
    parts: list[Part],
    thresholds: Thresholds,
    say: Progress,
) -> tuple[Outcome, list[str]]:
    """Write the scored table in the order of the input, and count on the way."""
    taken, tally, path = given.entry.taken, Tally(model.forest_threshold), publication.path(SCORED)
    blocks = Blocks(model, taken, parts, thresholds, given.entry.input_columns)

    def counted() -> Iterator[pl.DataFrame]:
        for block in blocks.all():
            if block.rows.height:
                tally.add(*block)
                table.write(block.rows)
                yield block.rows
            say.rows(tally.rows, taken.total)

    try:
        with GrowingParquet(path) as table:
            names = _write_csv(publication, model, counted())
    finally:
        blocks.close()
    publication.settle(SCORED)
    names += write_aside(publication, given)
    return _outcome(model, given, tally, parts, thresholds, path), names


def publish_draft(  # noqa: PLR0913, PLR0917 - likewise
    publication: Publication,
    model: Model,
    given: Input,
    draft: Draft,
    part: Part,
    thresholds: Thresholds,
    say: Progress,
) -> tuple[Outcome, list[str]]:
    """Finish the scored table of a walk, and take it where it lies."""
    tally = draft.finish(thresholds, say)
    names = _write_csv(publication, model, draft.blocks()) if model.config.output.csv else []
    publication.adopt(SCORED, draft.path)
    names += write_aside(publication, given)
    scored = publication.path(SCORED)
    return _outcome(model, given, tally, [part], thresholds, scored), names


def _write_csv(publication: Publication, model: Model, blocks: Iterable[pl.DataFrame]) -> list[str]:
    """Go through the scored blocks, and write them as a CSV too if that is wanted."""
    if not model.config.output.csv:
        for _ in blocks:
            pass
        return []
    with GrowingCsv(publication.path(SCORED_CSV), is_safe=False) as text:
        for block in blocks:
            text.write(block)
    return [SCORED_CSV]


def _outcome(  # noqa: PLR0913, PLR0917 - all that is told
    model: Model,
    given: Input,
    tally: Tally,
    parts: Sequence[Part],
    thresholds: Thresholds,
    scored: Path,
) -> Outcome:
    tally.users = sum(part.users for part in parts)
    tally.users_not_assessed = sum(part.users_not_assessed for part in parts)
    return Outcome(
        account=given.account(),
        model=model,
        promised=model.config.alerts.budget().share(model.books.rows_per_day),
        threshold_risk=100.0 * (1.0 - thresholds.largest),
        tally=tally,
        alerts=worst_of(tally),
        scored=pl.scan_parquet(scored, glob=False),
    )


def write_aside(publication: Publication, given: Input) -> list[str]:
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


def save_model(publication: Publication, folder: str, model: Model, users: Path) -> None:
    """Write the model; the file of its users is taken where it lies."""
    place = publication.path(f"{folder}{artifact.MODEL}").parent
    artifact.save(replace(model, pasts=replace(model.pasts, users=States.empty())), place)
    publication.adopt(f"{folder}{artifact.USERS}", users)


def save_users(path: Path, states: Iterable[pl.DataFrame]) -> Path:
    """Write where a model's users stand, in the order of their ids."""
    with GrowingParquet(path, group=artifact.USERS_A_BATCH) as table:
        for block in states:
            table.write(block)
    return path
