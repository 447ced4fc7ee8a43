"""An accepted payment, and what is wrong with one that is not."""

from hashlib import blake2b
from operator import attrgetter
from typing import Any, Final

import msgspec

HASH_BYTES: Final = 16

Scalar = str | int | float | bool


class Payment(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One payment as the file intake would accept it.

    Parameters
    ----------
    transaction_id
        The key under which it may be sent again.
    user_id
        Who pays.
    timestamp
        When, in microseconds since 1970, UTC.
    amount
        In the model's currency.
    amount_original
        As it was sent, where it had to be converted.
    extra
        Other fields, for rules that read them.
    """

    transaction_id: str
    user_id: str
    timestamp: int
    amount: float
    transaction_type: str | None = None
    counterparty_id: str | None = None
    currency: str | None = None
    country: str | None = None
    channel: str | None = None
    device_id: str | None = None
    amount_original: float | None = None
    extra: dict[str, Scalar] = {}


paid_of: Final = attrgetter(
    *("timestamp", "amount", "transaction_type", "counterparty_id", "device_id", "country")
)
"""What an observer takes of a payment: see `outlay.features.online.Paid`."""


class FieldError(msgspec.Struct, frozen=True):
    """What is wrong in one field: in the intake's words, and what to do about it."""

    field: str
    reason: str
    hint: str


_encoder: Final = msgspec.json.Encoder(order="sorted")
_decoder: Final = msgspec.json.Decoder(Payment)


def content_of(payment: Payment) -> bytes:
    """Return the payment as canonical JSON: equal payments give equal bytes, floats every bit."""
    return _encoder.encode(payment)


def hash_of(content: bytes) -> bytes:
    """Return what tells one content from another."""
    return blake2b(content, digest_size=HASH_BYTES).digest()


def payment_of(content: bytes) -> Payment:
    """Return the payment whose content this is."""
    return _decoder.decode(content)


def fields_of(payment: Payment) -> dict[str, Any]:
    """Return all fields by name, those of ``extra`` left out."""
    return {name: getattr(payment, name) for name in payment.__struct_fields__[:-1]}
