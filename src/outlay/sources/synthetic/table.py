"""Made-up payments as a table: integers to words, earliest first."""

from datetime import datetime
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from outlay.sources.synthetic import codes as c
from outlay.sources.synthetic.codes import Ints, Rows

ORDER: Final = (
    "transaction_id",
    "user_id",
    "timestamp",
    "amount",
    "transaction_type",
    "counterparty_id",
    "country",
    "channel",
    "device_id",
    "currency",
    "is_fraud",
    "fraud_scenario",
    "note",
)
SPELLINGS: Final = (str.lower, str.upper, str.title, lambda word: word.replace("_", " "))
"""The ways one type is written when a table is made untidy on purpose."""


def table(
    rows: Rows, first_row: int, start: datetime, currency: str, *, untidy: bool
) -> pl.DataFrame:
    """Return ``rows``, which are in order of time, with words for codes."""
    n = len(rows["user"])
    number = pl.Series(np.arange(first_row + 1, first_row + n + 1))
    since = pl.Series(rows["time"].astype(np.int64) * 1_000_000).cast(pl.Duration("us"))
    types = _untidy_types(rows["type"].astype(np.int64), first_row) if untidy else None
    return pl.DataFrame(
        {
            "transaction_id": _numbered("T", number, 9),
            "user_id": _numbered("U", pl.Series(rows["user"]), 6),
            "timestamp": since + pl.Series([start], dtype=pl.Datetime("us")),
            "amount": pl.Series(rows["amount"], dtype=pl.Float64),
            "transaction_type": _words(c.TYPES, rows["type"]) if types is None else types,
            "counterparty_id": _counterparties(rows["party"].astype(np.int64)),
            "country": _words(c.COUNTRIES, rows["country"]),
            "channel": _words(c.CHANNELS, rows["channel"]),
            "device_id": _devices(rows["device"].astype(np.int64)),
            "currency": pl.Series([currency]).new_from_index(0, n),
            "is_fraud": pl.Series(rows["scenario"] > 0),
            "fraud_scenario": _words((None, *c.SCENARIOS), rows["scenario"]),
            "note": _words((None, *c.NOTES), rows["note"]),
        }
    ).select(ORDER)


def _words(words: tuple[str | None, ...], codes: NDArray[Any]) -> pl.Series:
    return pl.Series(words, dtype=pl.String).gather(codes.astype(np.uint32))


def _numbered(prefix: str, numbers: pl.Series, digits: int) -> pl.Series:
    return prefix + numbers.cast(pl.String).str.zfill(digits)


def _counterparties(party: Ints) -> pl.Series:
    prefix = _words(c.PREFIXES, party >> 40)
    return prefix + pl.Series(party & ((1 << 40) - 1)).cast(pl.String).str.zfill(6)


def _devices(device: Ints) -> pl.Series:
    """Return names that tell neither owner nor order: a one-to-one scramble of the number."""
    scrambled = pl.Series(device * 2_654_435_761 % (1 << 32)).cast(pl.String).str.zfill(10)
    named = pl.DataFrame({"name": "D" + scrambled, "none": device == c.NO_DEVICE})
    return named.select(pl.when(~pl.col("none")).then("name")).to_series()


def _untidy_types(kind: Ints, first_row: int) -> pl.Series:
    written = tuple(write(word) for word in c.TYPES for write in SPELLINGS)
    which = (np.arange(first_row, first_row + len(kind)) * 40_503 >> 4) % len(SPELLINGS)
    return _words(written, kind * len(SPELLINGS) + which)
