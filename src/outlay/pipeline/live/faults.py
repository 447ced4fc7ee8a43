"""What is wrong with a payment, told field by field in the intake's words."""

import re
from collections.abc import Mapping
from typing import Any, Final

from outlay.pipeline.live.payment import FieldError
from outlay.pipeline.live.texts import MOST_CHARACTERS
from outlay.schema.intake.faults import MISSING
from outlay.schema.intake.synonyms import SYNONYMS, bare

_SHOWN: Final = 60
_HINTS: Final = {
    "transaction_id": "give each payment an id of its own; under it, it may safely be sent again",
    "user_id": "say who pays, as a text",
    "amount": "give a number that is not negative, such as 12.5",
    "timestamp": 'give the time with its zone, as in "2025-03-01T12:30:00Z"',
    "currency": "give an ISO 4217 code for which the service has a rate, such as EUR",
}
_OF_NAMES: Final = f"give a text of at most {MOST_CHARACTERS} characters, or leave it out"


def told(said: Mapping[str, Any], faults: list[tuple[str, str]]) -> list[FieldError]:
    """Return the errors of one payment, the value quoted as far as it can be shown."""
    return [
        FieldError(field, _sentence(field, said.get(field), why), _hint(field, why, said))
        for field, why in faults
    ]


def _sentence(field: str, value: Any, predicate: str) -> str:
    """``amount '-5' is negative``; a missing value is not quoted."""
    if value is None or predicate == MISSING:
        return f"{field} {predicate}"
    text = re.sub(r"\s+", " ", str(value)[: 4 * _SHOWN])
    quoted = text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
    return f"{field} '{quoted}' {predicate}"


def _hint(field: str, predicate: str, said: Mapping[str, Any]) -> str:
    hint = _HINTS.get(field, _OF_NAMES)
    if predicate != MISSING or field in said:
        return hint
    near = next((name for name in said if bare(name) in SYNONYMS[field]), None)
    return f"{hint}; {near[:_SHOWN]!r} is not read as {field}" if near else hint
