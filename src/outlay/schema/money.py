"""Amounts as people read them. The currency is never assumed: it comes from the data or a setting."""

from typing import Final

CENTS_MATTER_BELOW: Final = 100.0


def money(amount: float, currency: str | None = None) -> str:
    """Return ``amount`` with thousands separators, cents only where they matter, and its currency.

    >>> money(4200), money(12.5), money(1310, "EUR")
    ('4,200', '12.50', '1,310 EUR')
    """
    whole = amount == round(amount) or abs(amount) >= CENTS_MATTER_BELOW
    text = f"{amount:,.0f}" if whole else f"{amount:,.2f}"
    return f"{text} {currency}" if currency else text
