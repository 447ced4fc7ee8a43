"""Currencies: their ISO 4217 codes, and the signs that people write for them."""

from typing import Final

CODES: Final = frozenset(
    """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN
    BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS
    GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW
    KRW KWD KYD KZT LAK LBP LKR LRD LSL LTL LVL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN
    MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR
    SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD
    UYU UZS VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWL
    """.split()  # noqa: SIM905
)

SIGNS: Final = {
    "£": ("GBP",),
    "€": ("EUR",),
    "₹": ("INR",),
    "₽": ("RUB",),
    "₩": ("KRW",),
    "₺": ("TRY",),
    "₴": ("UAH",),
    "₫": ("VND",),
    "₦": ("NGN",),
    "₱": ("PHP",),
    "฿": ("THB",),
    "₪": ("ILS",),
    "₸": ("KZT",),
    "₼": ("AZN",),
    "₾": ("GEL",),
    "₲": ("PYG",),
    "₡": ("CRC",),
    "₵": ("GHS",),
    "US$": ("USD",),
    "R$": ("BRL",),
    "A$": ("AUD",),
    "AU$": ("AUD",),
    "C$": ("CAD",),
    "CA$": ("CAD",),
    "NZ$": ("NZD",),
    "HK$": ("HKD",),
    "S$": ("SGD",),
    "NT$": ("TWD",),
    "MX$": ("MXN",),
    "ZŁ": ("PLN",),
    "KČ": ("CZK",),
    "FT": ("HUF",),
    "RMB": ("CNY",),
    "$": ("USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN"),
    "¥": ("JPY", "CNY"),
    "KR": ("SEK", "NOK", "DKK", "ISK"),
    "RS": ("INR", "PKR", "LKR", "NPR", "MUR"),
    "FR": ("CHF",),
    "SFR": ("CHF",),
}
"""What a sign can stand for; a sign that can stand for several is never guessed."""


def currencies_of(text: str) -> tuple[str, ...]:
    """Return the currencies that ``text`` can stand for, none if it is no currency.

    >>> currencies_of("eur"), currencies_of("£"), currencies_of("Rs.")[:2], currencies_of("Euro")
    (('EUR',), ('GBP',), ('INR', 'PKR'), ())
    """
    key = text.strip().upper().removesuffix(".")
    return (key,) if key in CODES else SIGNS.get(key, ())
