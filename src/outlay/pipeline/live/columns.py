"""Payments and their features as the columns that detectors read."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from outlay.pipeline.live.payment import Payment
from outlay.pipeline.live.sums import plain_number
from outlay.pipeline.model import Model
from outlay.schema.catalog import NAMES
from outlay.schema.columns import DECISION
from outlay.schema.table import Columns

Floats = NDArray[np.float64]

TEXTS: Final = (
    *("transaction_id", "user_id", "transaction_type", "counterparty_id"),
    *("currency", "country", "channel", "device_id"),
)
_OURS: Final = frozenset({*TEXTS, *NAMES, *DECISION, "amount", "timestamp"})


class ColumnMaker:
    """Makes the columns of payments: their own fields, their features, and what else rules read.

    A payment's other fields are read as the kind that the rule pack declares, each by itself, so
    that no payment depends on those it is scored with.
    """

    def __init__(self, model: Model) -> None:
        rules: Any = model.detectors.get("rules")
        declared: Mapping[str, str] = rules.pack.scope.columns if rules is not None else {}
        self._extras = {name: kind for name, kind in declared.items() if name not in _OURS}

    def make(self, payments: Sequence[Payment], features: Floats) -> Columns:
        """Return the columns.

        Parameters
        ----------
        payments
            In their order.
        features
            Theirs, (features, payments).
        """
        numbers: dict[str, Floats] = dict(zip(NAMES, features, strict=True))
        numbers["amount"] = np.array([payment.amount for payment in payments])
        texts: dict[str, Sequence[str | None]] = {
            name: [getattr(payment, name) for payment in payments] for name in TEXTS
        }
        for name, kind in self._extras.items():
            values = [payment.extra.get(name) for payment in payments]
            if kind == "text":
                texts[name] = list(map(_text, values))
            else:
                numbers[name] = np.array([_READ[kind](value) for value in values])
        return Columns(numbers, texts, len(payments))


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, float):
        import polars as pl

        return str(pl.Series([value]).cast(pl.String)[0])
    return str(value).lower()


def _number(value: Any) -> float:
    if isinstance(value, str):
        return plain_number(value)
    return np.nan if value is None else float(value)


def _flag(value: Any) -> float:
    if isinstance(value, str):
        return {"true": 1.0, "false": 0.0}.get(value, np.nan)
    return np.nan if value is None else float(value != 0)


_READ: Final[Mapping[str, Callable[[Any], float]]] = {"number": _number, "boolean": _flag}
