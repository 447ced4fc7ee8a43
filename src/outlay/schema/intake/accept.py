"""Every row is accepted, rejected with its reason, or found to be a duplicate; none is lost."""

from datetime import UTC, datetime
from typing import Final

import polars as pl

from outlay.errors import InputError
from outlay.schema.intake.account import account
from outlay.schema.intake.amounts import MAX_AMOUNT, Amounts, read_amounts
from outlay.schema.intake.clock import with_clock
from outlay.schema.intake.convert import convert
from outlay.schema.intake.currency import Currencies, read_currencies
from outlay.schema.intake.faults import predicate
from outlay.schema.intake.identity import read_names, read_types, read_users
from outlay.schema.intake.labels import read_labels
from outlay.schema.intake.mapping import check_parts, currency_in, map_columns
from outlay.schema.intake.raw import Raw
from outlay.schema.intake.settings import Accepted, Intake
from outlay.schema.intake.text import counted
from outlay.schema.intake.times import read_times
from outlay.schema.intake.whole import Evidence, Whole, choose
from outlay.schema.intake.work import Work

_NAMES: Final = ("transaction_id", "counterparty_id", "country", "channel", "device_id")


def accept(raw: Raw, settings: Intake | None = None, whole: Whole | None = None) -> Accepted:
    """Turn a table as it was read into transactions, and account for every row.

    With ``whole`` the table is a part of the input: what only the whole can tell is asked there,
    duplicates are not looked for, and a part may be without a transaction.

    Raises
    ------
    MissingColumnsError
        If no column is the user, the amount or the time.
    CurrencyError
        If amounts are in several currencies and no rates say what they are worth.
    InputError
        If there are no rows, or none can be accepted.
    """
    settings = settings or Intake()
    if not raw.n_read and whole is None:
        raise InputError(
            f"{raw.name} has no rows.\n\nHint: give a table with at least one payment."
        )
    mapping, notes = map_columns(raw.frame.columns, settings.columns, raw.name)
    check_parts(mapping, raw.parts)
    work = Work(raw, settings, mapping, [*raw.notes, *notes], whole)
    _read_users(work)
    _read_times(work)
    _read_types(work)
    _read_amounts(work)
    _read_others(work)
    return account(work)


def _read_users(work: Work) -> None:
    column = work.required("user_id")
    work.made["user_id"], faults, notes = read_users(column, work.whole)
    work.faults.add("user_id", faults, column)
    work.notes += notes


def _read_times(work: Work) -> None:
    column, notes = with_clock(work.raw.frame, work.mapping, work.settings.columns, work.whole)
    now = work.settings.now or datetime.now(UTC)
    times = read_times(column, work.settings.timezone, work.settings.time_format, now, work.whole)
    work.made["timestamp"] = times.values
    work.faults.add("timestamp", times.faults, column)
    work.notes += notes + times.notes


def _read_types(work: Work) -> None:
    column = work.column("transaction_type")
    if column is not None:
        work.made["transaction_type"] = read_types(column)


def _read_amounts(work: Work) -> None:
    column = work.required("amount")
    amounts = read_amounts(column, work.settings.negative, work.whole)
    work.faults.add("amount", amounts.faults, column)
    currencies = _currencies(work, amounts)
    work.faults.add("currency", currencies.faults, work.column("currency"))
    work.notes += amounts.notes + currencies.notes
    _convert(work, amounts.values, currencies.codes)
    _mark_refunds(work, amounts)


def _currencies(work: Work, amounts: Amounts) -> Currencies:
    named = currency_in(work.mapping["amount"])
    signs = amounts.signs
    if choose(work.whole, "signs", {"": signs is not None}, _is_any) and signs is None:
        signs = pl.repeat(None, work.height, dtype=pl.String, eager=True)
    if named and "currency" not in work.mapping and signs is None:
        codes = pl.repeat(named, work.height, dtype=pl.String, eager=True)
        note = f"amounts are in {named}, as the column {work.mapping['amount']!r} says"
        return Currencies(codes, None, [note])
    settings = work.settings
    return read_currencies(
        work.column("currency"), signs, settings.currency, settings.rates, work.whole
    )


def _is_any(found: Evidence) -> bool:
    return bool(found[""])


def _convert(work: Work, values: pl.Series, codes: pl.Series | None) -> None:
    if codes is not None or "currency" in work.mapping:
        empty = pl.repeat(None, work.height, dtype=pl.String, eager=True)
        work.made["currency"] = empty if codes is None else codes
    bad = work.faults.is_bad
    sound = codes.set(bad, None) if codes is not None and bad.any() else codes
    converted = convert(values, sound, work.settings.currency, work.settings.rates, work.whole)
    work.made["amount"] = converted.amounts
    work.currency = converted.currency
    work.notes += converted.notes
    if converted.is_converted:
        work.made["amount_original"] = values
        over = predicate(converted.amounts > MAX_AMOUNT, "is more than 1e15 once converted")
        work.faults.add("amount", over, work.column("amount"))


def _mark_refunds(work: Work, amounts: Amounts) -> None:
    refunds = choose(work.whole, "refunds", {"": amounts.refunds}, _is_any)
    if amounts.is_refund is None or not refunds:
        return
    unknown = pl.repeat("unknown", work.height, dtype=pl.String, eager=True)
    types = work.made.get("transaction_type", unknown)
    work.made["transaction_type"] = types.set(amounts.is_refund.fill_null(value=False), "refund")
    if amounts.refunds:
        kept = counted(amounts.refunds, "negative amount")
        work.notes.append(f"{kept} kept, without the minus, as payments of the type 'refund'")


def _read_others(work: Work) -> None:
    for name in _NAMES:
        column = work.column(name)
        if column is not None:
            work.made[name], notes = read_names(column, name, work.whole)
            work.notes += notes
    _read_labels(work)


def _read_labels(work: Work) -> None:
    """Take the labels; a column of another name (``class``) that has none is not about fraud."""
    column = work.column("is_fraud")
    if column is None:
        return
    labels, notes = read_labels(column)
    some = choose(work.whole, "labels", {"": labels.count()}, _is_any)
    if not some and column.name != "is_fraud":
        del work.mapping["is_fraud"]
        work.notes.append(f"{column.name!r} says neither yes nor no: not taken as is_fraud")
        return
    work.made["is_fraud"] = labels
    work.notes += notes
