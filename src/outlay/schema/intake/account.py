"""The last step: rows set aside, columns in order, and all of them counted."""

from collections import Counter
from typing import Final

import polars as pl

from outlay.errors import InputError
from outlay.schema import catalog
from outlay.schema.columns import DECISION, OPTIONAL, REQUIRED
from outlay.schema.intake.duplicates import DUPLICATES, find_duplicates
from outlay.schema.intake.identity import number_ids
from outlay.schema.intake.raw import REJECTED, Raw
from outlay.schema.intake.settings import Accepted
from outlay.schema.intake.text import counted, row_text
from outlay.schema.intake.work import Work

_ORDER: Final = (
    *("row_number", "transaction_id", "user_id", "amount", "timestamp"),
    *(name for name in OPTIONAL if name != "transaction_id"),
    "amount_original",
)
_MAX_LISTED: Final = 5


def account(work: Work) -> Accepted:
    """Set aside faulty rows, then those whose id came before; the others are transactions."""
    faulty = work.faults.table(work.raw.frame, work.raw.row_number)
    if work.whole is not None:
        work.whole.reasons.update(work.faults.counts())
        return _part(work, faulty)
    if faulty.height == work.height:
        raise nothing_left(work.raw, work.mapping, work.faults.counts())
    table, rows = _transactions(work), work.raw.frame
    if faulty.height:
        sound = (~work.faults.is_bad).arg_true()
        table, rows = table[sound], rows[sound]
    has_ids = "transaction_id" in work.mapping
    equal, other = find_duplicates(table["transaction_id"], table["row_number"], rows, has_ids)
    kept, duplicates = _without(table, [equal, other]), equal.select(DUPLICATES.keys())
    return _accepted(work, kept, [faulty, conflicts(other, rows)], duplicates)


def _part(work: Work, faulty: pl.DataFrame) -> Accepted:
    """Account for a part of the input; duplicates are the whole's business."""
    table = _transactions(work)
    if faulty.height:
        table = table.filter(~work.faults.is_bad)
    return _accepted(work, table, [faulty], pl.DataFrame(schema=DUPLICATES))


def _accepted(
    work: Work, table: pl.DataFrame, rejected: list[pl.DataFrame], duplicates: pl.DataFrame
) -> Accepted:
    """Return what was accepted, set aside and noted."""
    return Accepted(
        transactions=table,
        rejected=pl.concat([work.raw.rejected, *rejected]).sort("row_number"),
        duplicates=duplicates,
        mapping=work.mapping,
        input_columns=list(_input_names(work).values()),
        currency=work.currency,
        notes=work.notes + _earlier_results(work.raw.frame.columns),
        n_read=work.raw.n_read,
    )


def _transactions(work: Work) -> pl.DataFrame:
    """Return canonical columns first, then every input column that is not one of them."""
    ids, notes = number_ids(work.made.get("transaction_id"), work.raw.row_number, work.whole)
    work.notes += notes
    work.made |= {"row_number": work.raw.row_number, "transaction_id": ids}
    made = [work.made[name].alias(name) for name in _ORDER if name in work.made]
    own = [
        work.raw.frame[column].alias(name)
        for column, name in _input_names(work).items()
        if work.mapping.get(column) != column
    ]
    return pl.DataFrame([*made, *own])


def _input_names(work: Work) -> dict[str, str]:
    """Return the name under which each input column stands in the transactions.

    Its own, unless a column of ours has it: then ``<name>_original``.
    """
    columns = work.raw.frame.columns
    taken = {*columns, *work.made}
    names: dict[str, str] = {}
    for column in columns:
        is_other = column in work.made and work.mapping.get(column) != column
        names[column] = _free(f"{column}_original", taken) if is_other else column
        taken.add(names[column])
    return names


def _free(name: str, taken: set[str]) -> str:
    candidate, n = name, 2
    while candidate in taken:
        candidate, n = f"{name}_{n}", n + 1
    return candidate


def conflicts(other: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows that differ from the first of their id in the columns of `REJECTED`."""
    if not other.height:
        return pl.DataFrame(schema=REJECTED)
    reason = pl.format(
        "transaction_id '{}' is that of row {}, which differs",
        pl.col("transaction_id").str.head(60),
        "first_row_number",
    )
    return other.select(
        "row_number",
        pl.lit("transaction_id").alias("field"),
        reason.alias("reason"),
        row_text(rows[other["position"]]).alias("original"),
    )


def _without(table: pl.DataFrame, gone: list[pl.DataFrame]) -> pl.DataFrame:
    positions = pl.concat([part["position"] for part in gone])
    if not len(positions):
        return table
    every = pl.int_range(table.height, dtype=pl.UInt32, eager=True)
    return table.filter(~every.is_in(positions.implode()))


def _earlier_results(columns: list[str]) -> list[str]:
    taken = taken_names(columns)
    if not taken:
        return []
    more = len(taken) - _MAX_LISTED
    listed = ", ".join(taken[:_MAX_LISTED]) + (f" and {more} more" if more > 0 else "")
    return [f"the input already has columns of names that scoring writes: {listed}"]


def taken_names(columns: list[str]) -> list[str]:
    """Return those input columns whose names a feature or the decision has."""
    ours = {*catalog.NAMES, *DECISION}
    return [column for column in columns if column in ours]


def nothing_left(raw: Raw, mapping: dict[str, str], faults: Counter[str]) -> InputError:
    """Return the error that says why no row is a transaction."""
    unread = raw.rejected["reason"].value_counts(sort=True).head(_MAX_LISTED).iter_rows()
    told = [*_commonest(faults), *unread]
    listed = "\n".join(f"  {reason} ({counted(count, 'row')})" for reason, count in told)
    mapped = ", ".join(f"{name} = {mapping[name]!r}" for name in REQUIRED)
    return InputError(
        f"not one of {counted(raw.n_read, 'row')} in {raw.name} is a transaction:\n{listed}\n\nHint: the columns "
        f"were taken as {mapped}; where that is wrong, --map {REQUIRED[0]}=COLUMN says it right."
    )


def _commonest(faults: Counter[str]) -> list[tuple[str, int]]:
    return sorted(faults.items(), key=lambda pair: (-pair[1], pair[0]))[:_MAX_LISTED]
