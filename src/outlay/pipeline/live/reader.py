"""One JSON object to one accepted payment, or to everything that is wrong with it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, TypeVar

from outlay.pipeline.live.currencies import Currencies
from outlay.pipeline.live.extras import read_extras
from outlay.pipeline.live.faults import told
from outlay.pipeline.live.moments import Moments
from outlay.pipeline.live.payment import FieldError, Payment, Scalar
from outlay.pipeline.live.sums import judged, read_sum
from outlay.pipeline.live.texts import read_name, read_type, read_user
from outlay.pipeline.model import Model
from outlay.schema.intake import Intake
from outlay.schema.intake.faults import MISSING

T = TypeVar("T")

_NAMES: Final = ("counterparty_id", "country", "channel", "device_id")
KNOWN: Final = frozenset(
    {"transaction_id", "user_id", "amount", "timestamp", "transaction_type", "currency", *_NAMES}
)
"""What a payment's fields are called; any other is kept beside them."""


class Reader:
    """Reads payments by the rules of the file intake.

    Parameters
    ----------
    intake
        The zone of times without one, the model's currency, rates, and what to do with negative
        amounts. How a file's columns and times are written does not count here.
    clock
        The present moment in microseconds since 1970.
    knows_types
        Whether the model was trained on types: one that is missing then counts as ``unknown``.
    """

    def __init__(self, intake: Intake, clock: Callable[[], int], *, knows_types: bool) -> None:
        self._refund = intake.negative == "refund"
        self._moments = Moments(intake.timezone)
        self._currencies = Currencies(intake)
        self._clock = clock
        self._knows_types = knows_types

    @classmethod
    def of(cls, model: Model, clock: Callable[[], int], intake: Intake | None = None) -> "Reader":
        """Return the reader of a model's payments: its zone and its currency are theirs.

        Parameters
        ----------
        model
            The model that will judge them.
        clock
            The present moment in microseconds since 1970.
        intake
            Rates, what to do with negative amounts, and the currency where the model has none.
        """
        given = intake or Intake(negative=model.config.input.negative)
        ours = replace(
            given,
            timezone=model.config.input.timezone,
            currency=model.currency or given.currency,
        )
        return cls(ours, clock, knows_types=bool(model.population.types))

    @property
    def currency(self) -> str | None:
        """What amounts are counted in, where that is known."""
        return self._currencies.target

    def read(self, said: Mapping[str, Any]) -> Payment | list[FieldError]:
        """Return the payment that an object describes, or all that is wrong with it."""
        faults: list[tuple[str, str]] = []

        def taken(field: str, found: tuple[T, str | None]) -> T:
            if found[1] is not None:
                faults.append((field, found[1]))
            return found[0]

        own = taken("transaction_id", _required(said.get("transaction_id")))
        user = taken("user_id", read_user(said.get("user_id")))
        at = taken("timestamp", self._moments.read(said.get("timestamp"), self._clock()))
        kind = taken("transaction_type", self._kind(said))
        names = {name: taken(name, read_name(said[name])) for name in _NAMES if name in said}
        total = read_sum(said.get("amount"))
        amount = taken("amount", judged(total, refund=self._refund))
        code = taken("currency", self._currencies.read(said, total.sign))
        worth = (
            None if amount is None else taken("amount", self._currencies.converted(amount, code))
        )
        extra = _others(said, faults)
        if faults or own is None or user is None or at is None or worth is None:
            return told(said, faults)
        if self._refund and total.value is not None and total.value < 0:
            kind = "refund"
        original = amount if self._currencies.is_other(code) else None
        return Payment(
            own,
            user,
            at,
            worth,
            kind,
            currency=code,
            amount_original=original,
            extra=extra,
            **names,
        )

    def _kind(self, said: Mapping[str, Any]) -> tuple[str | None, str | None]:
        if "transaction_type" in said or self._knows_types:
            return read_type(said.get("transaction_type"))
        return None, None


def _required(value: Any) -> tuple[str | None, str | None]:
    name, fault = read_name(value)
    return name, MISSING if name is None and fault is None else fault


def _others(said: Mapping[str, Any], faults: list[tuple[str, str]]) -> dict[str, Scalar]:
    """Return the other fields; most payments have none."""
    if said.keys() <= KNOWN:
        return {}
    extra, wrong = read_extras(said, KNOWN)
    faults += wrong
    return extra
