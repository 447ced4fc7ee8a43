"""What the caller says about the input, and what comes out of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Literal
from zoneinfo import ZoneInfo, available_timezones

from outlay.errors import ConfigError, nearest
from outlay.schema.columns import OPTIONAL, REQUIRED
from outlay.schema.intake.iso import CODES, currencies_of

if TYPE_CHECKING:
    import polars as pl

_NEGATIVE: Final = ("reject", "refund")


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """How to understand the input.

    Parameters
    ----------
    columns
        Input column by canonical name, where the usual names do not find it. An empty input
        column says that there is none, whatever the names suggest.
    timezone
        The IANA zone in which times without an offset were written.
    currency
        The currency of amounts that do not say theirs, and the one that all are brought to.
    rates
        What one unit of each currency is worth; only the ratios matter.
    negative
        ``reject`` negative amounts, or keep them as positive ones of the type ``refund``.
    time_format
        The times' format (``%d/%m/%Y %H:%M``), where finding it out is not wanted.
    now
        The moment after which (and a day) times lie in the future; the clock's if not given.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    timezone: str = "UTC"
    currency: str | None = None
    rates: Mapping[str, float] | None = None
    negative: Literal["reject", "refund"] = "reject"
    time_format: str | None = None
    now: datetime | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be meant, before any row is looked at."""
        _check_columns(self.columns)
        _check_zone(self.timezone)
        object.__setattr__(self, "currency", _currency(self.currency))
        rates = self.rates and {code.strip().upper(): rate for code, rate in self.rates.items()}
        object.__setattr__(self, "rates", rates or None)
        if self.negative not in _NEGATIVE:
            raise ConfigError(
                f"negative = {self.negative!r} is neither 'reject' nor 'refund'."
                "\n\nHint: 'refund' keeps negative amounts as refunds; 'reject' sets them aside."
            )
        if self.time_format is not None and not re.search("%[-_0:#.]*[A-Za-z+]", self.time_format):
            raise ConfigError(
                f"time_format = {self.time_format!r} is not the format of a time."
                "\n\nHint: for example '%d/%m/%Y %H:%M' reads 31/12/2024 23:59."
            )
        if self.now is not None and self.now.tzinfo is None:
            object.__setattr__(self, "now", self.now.replace(tzinfo=UTC))


def _check_columns(columns: Mapping[str, str]) -> None:
    known = REQUIRED + OPTIONAL
    for name in columns:
        if name not in known:
            raise ConfigError(
                f"{name!r} is not a column that can be mapped.{nearest(name, known)}"
                f"\n\nHint: these can: {', '.join(known)}; for example --map user_id=COLUMN."
            )
    taken: dict[str, str] = {}
    for name, column in columns.items():
        if column and column in taken:
            raise ConfigError(
                f"column {column!r} is mapped twice: to {taken[column]} and to {name}."
                "\n\nHint: give each --map its own column."
            )
        taken[column] = name


def _currency(text: str | None) -> str | None:
    """Return the code that a setting names, by code or by a sign that means one currency."""
    if text is None:
        return None
    found = currencies_of(text)
    code = found[0] if len(found) == 1 else text.strip().upper()
    if not re.fullmatch(r"[A-Z][A-Z0-9]{2,4}", code):
        several = f": it can be {', '.join(found)}" if found else f".{nearest(code, sorted(CODES))}"
        raise ConfigError(
            f"currency = {text!r} does not name one currency{several}"
            "\n\nHint: give its code, such as EUR, USD or INR."
        )
    return code


def _check_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError) as error:
        close = nearest(name, available_timezones())
        raise ConfigError(
            f"{name!r} is not a time zone.{close}"
            "\n\nHint: use an IANA name such as Europe/London, Asia/Kolkata or UTC."
        ) from error


@dataclass(frozen=True, slots=True)
class Accepted:
    """The rows that are transactions, and an account of those that are not.

    ``n_read == len(transactions) + len(rejected) + len(duplicates)``, always.

    Parameters
    ----------
    transactions
        Canonical columns first, then every other input column as it was.
    rejected
        ``row_number, field, reason, original``; one line a row, ``original`` the row as text.
    duplicates
        ``row_number, transaction_id, first_row_number``: rows equal in every column to an
        earlier one of the same id.
    mapping
        Input column by canonical name.
    input_columns
        The input's columns in their order, by the name under which they stand in
        ``transactions``.
    currency
        What ``amount`` is counted in, where that is known.
    notes
        Every choice made on the way that the input left open.
    """

    transactions: "pl.DataFrame"
    rejected: "pl.DataFrame"
    duplicates: "pl.DataFrame"
    mapping: dict[str, str]
    input_columns: list[str]
    currency: str | None
    notes: list[str]
    n_read: int
