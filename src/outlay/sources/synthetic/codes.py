"""The words of a made-up payment, kept as small integers until the table is written."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Rows = dict[str, NDArray[Any]]
"""Columns of payments by name; all of one length, in no particular order."""

DAY: Final = 86_400
HOUR: Final = 3_600

COMPACT: Final = {
    "user": np.int32,
    "time": np.int64,
    "amount": np.float64,
    "type": np.uint8,
    "party": np.int64,
    "channel": np.uint8,
    "country": np.uint8,
    "device": np.int64,
    "scenario": np.uint8,
    "note": np.uint8,
}
"""The columns of payments, and how small each is kept."""

TYPES: Final = (
    "purchase",
    "payment",
    "transfer",
    "cash_withdrawal",
    "bill_payment",
    "deposit",
    "direct_debit",
    "refund",
    "top_up",
)
PURCHASE, PAYMENT, TRANSFER, CASH, BILL, DEPOSIT, DEBIT, REFUND, TOP_UP = range(9)
EVERYDAY: Final = 5
"""The first five types are what a user does by hand."""

CHANNELS: Final = ("card", "online", "app", "atm", "standing_order")
CARD, ONLINE, APP, ATM, STANDING = range(5)
CHANNEL_OF: Final = np.array([CARD, ONLINE, APP, ATM, APP, STANDING, STANDING, CARD, APP])

COUNTRIES: Final = ("DE", "FR", "IT", "ES", "NL", "GB", "US", "TR", "TH", "AE", "BR", "NG", "CN")
"""The first one is home."""

SCENARIOS: Final = (
    "account_takeover",
    "large_payment",
    "card_testing",
    "night_cash_out",
    "dormant_account",
    "structuring",
)
TAKEOVER, LARGE, TESTING, NIGHT_CASH, DORMANT, STRUCTURING = range(1, 7)

NOTES: Final = (
    "raise",
    "holiday",
    "moved_house",
    "new_phone",
    "large_purchase",
    "night_out",
    "pause",
)
RAISE, HOLIDAY, MOVED, NEW_PHONE, BIG_BUY, NIGHT_OUT, PAUSE = range(1, 8)

PREFIXES: Final = ("M", "P", "E", "A")
MERCHANT, PERSON, EMPLOYER, MACHINE = (kind << 40 for kind in range(4))
"""A counterparty is one integer: what it is in the high bits, which one in the low."""

NO_DEVICE: Final = -1


def chance(rng: np.random.Generator, share: float, n: int) -> Flags:
    """Return ``n`` throws that come true with probability ``share``."""
    return rng.random(n) < share


def payments(**columns: object) -> Rows:
    """Return rows with every column there is, the ones not named at their usual value."""
    n = len(columns["user"])  # type: ignore[arg-type]
    usual = {"country": 0, "device": NO_DEVICE, "scenario": 0, "note": 0}
    rows: Rows = {name: np.full(n, value) for name, value in usual.items()}
    rows.update({name: np.asarray(column) for name, column in columns.items()})
    return rows


def concat(parts: list[Rows]) -> Rows:
    """Stack rows of several kinds."""
    return {name: np.concatenate([part[name] for part in parts]) for name in COMPACT}


def keep(rows: Rows, mask: Flags) -> Rows:
    """Return the rows for which ``mask`` holds."""
    return {name: column[mask] for name, column in rows.items()}
