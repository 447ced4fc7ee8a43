"""The currency of one payment, and its amount in the model's."""

from collections.abc import Mapping
from typing import Any, Final

from outlay.pipeline.live.texts import WHITE
from outlay.schema.intake import Intake
from outlay.schema.intake.amounts import MAX_AMOUNT
from outlay.schema.intake.currency import currency_of

_LONGEST: Final = 16


class Currencies:
    """Says what an amount is in and what it is worth in the currency that the model counts in.

    Parameters
    ----------
    intake
        Its ``currency`` is the model's, its ``rates`` say what others are worth.
    """

    def __init__(self, intake: Intake) -> None:
        rates = intake.rates or {}
        self.target = intake.currency
        self._extra = {*rates, *([self.target] if self.target else [])}
        unit = rates.get(self.target, 1.0) if self.target else 1.0
        self._factors = {code: rate / unit for code, rate in rates.items() if self.target}

    def read(self, payment: Mapping[str, Any], sign: str | None) -> tuple[str | None, str | None]:
        """Return the code of one payment's currency, or what is wrong with it.

        Parameters
        ----------
        payment
            Its field ``currency`` may say it.
        sign
            What stood beside the amount may say it too.
        """
        said = payment.get("currency")
        if sign is None:
            if said is None:
                return (self.target if "currency" in payment else None), None
            if said == self.target:
                return said, None
        if said is not None and type(said) is not str:
            return None, "is not a text"
        name = said.strip(WHITE) or None if said is not None else None
        if name is not None and len(name) > _LONGEST:
            return None, f"has more than {_LONGEST} characters"
        return self._judged(name, sign)

    def _judged(self, name: str | None, sign: str | None) -> tuple[str | None, str | None]:
        code, fault = currency_of(name, sign, self.target, self._extra)
        if fault is not None:
            return None, fault
        if code is None:
            return self.target, None
        if self.target is None:
            return None, "is named, and the model does not know which one it counts in"
        if code != self.target and code not in self._factors:
            return None, f"has no rate: amounts are counted in {self.target}"
        return code, None

    def is_other(self, code: str | None) -> bool:
        """Return whether amounts in this currency have to be converted."""
        return code is not None and code != self.target

    def converted(self, amount: float, code: str | None) -> tuple[float, str | None]:
        """Return an amount in the model's currency, and what is wrong with it then."""
        if code is None or not self.is_other(code):
            return amount, None
        worth = amount * self._factors[code]
        return worth, "is more than 1e15 once converted" if worth > MAX_AMOUNT else None
