"""Which currency each amount is in, and all amounts in one."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from outlay.schema.intake.faults import predicate
from outlay.schema.intake.iso import currencies_of
from outlay.schema.intake.text import as_text, counted
from outlay.schema.intake.whole import Evidence, Whole, choose


@dataclass(frozen=True, slots=True)
class Currencies:
    """Each row's currency (null where nobody says), what is wrong with it, and what to know."""

    codes: pl.Series | None
    faults: pl.Series | None
    notes: list[str]


def read_currencies(
    column: pl.Series | None,
    signs: pl.Series | None,
    setting: str | None,
    rates: Mapping[str, float] | None,
    whole: Whole | None = None,
) -> Currencies:
    """Return each row's currency from its column and from the sign beside its amount.

    Few pairs of the two occur, so each pair is judged once, in Python.
    """
    if column is None and signs is None:
        return Currencies(None, None, [])
    said = _pairs(column, signs)
    distinct = said.unique().sort("column", "sign")
    extra = {
        *(rates or ()),
        *([setting] if setting else []),
        *_only_code(distinct["column"], whole),
    }
    verdicts = [currency_of(name, sign, setting, extra) for name, sign in distinct.iter_rows()]
    if len(verdicts) == 1:
        codes, faults = (
            pl.repeat(value, said.height, dtype=pl.String, eager=True) for value in verdicts[0]
        )
    else:
        judged = pl.DataFrame(verdicts, schema=["code", "fault"], orient="row")
        judged = distinct.hstack(judged.cast(pl.String))
        keys = ["column", "sign"]
        table = said.join(judged, on=keys, how="left", nulls_equal=True, maintain_order="left")
        codes, faults = table["code"], table["fault"]
    return _filled(codes, faults, setting, whole)


def _pairs(column: pl.Series | None, signs: pl.Series | None) -> pl.DataFrame:
    """Return what the currency column says (blank is nothing), and the signs, side by side."""
    if column is None:
        return pl.DataFrame({"sign": signs}).select(pl.lit(None, pl.String).alias("column"), "sign")
    text = as_text(column, "currency").str.strip_chars().alias("column").to_frame()
    said = text.select(pl.when(pl.col("column") != "").then("column"))
    return said.with_columns(
        pl.lit(None, pl.String).alias("sign") if signs is None else signs.alias("sign")
    )


def _only_code(stated: pl.Series, whole: Whole | None) -> list[str]:
    """Return what is the whole column's currency, be it one that ISO does not know (PTS, BTC)."""
    some = dict.fromkeys(stated.drop_nulls().str.to_uppercase().unique().to_list(), 1)
    return choose(whole, "the only currency stated", some, _only)


def _only(stated: Evidence) -> list[str]:
    return [code for code in stated if len(stated) == 1 and _is_code(code)]


def _is_code(text: str) -> bool:
    return text.isascii() and text.isalnum() and 3 <= len(text) <= 5  # noqa: PLR2004


def currency_of(
    name: str | None, sign: str | None, setting: str | None, extra: set[str]
) -> tuple[str | None, str | None]:
    """Return the currency or the fault of one pair of column value and sign."""
    if name is None:
        return _settled(sign, setting, extra) if sign else (None, None)
    known = (name.upper(),) if name.upper() in extra else currencies_of(name)
    code = known[0] if len(known) == 1 else setting if setting in known else None
    if code is None:
        several = f"can be {', '.join(known)}: say which with --currency"
        return None, several if known else "is not a currency code (EUR, USD, ...)"
    if sign and code not in _meanings(sign, extra):
        return None, f"disagrees with the {sign!r} beside the amount"
    return code, None


def _settled(sign: str, setting: str | None, extra: set[str]) -> tuple[str | None, str | None]:
    options = _meanings(sign, extra)
    if len(options) == 1:
        return options[0], None
    if setting in options:
        return setting, None
    if options:
        listed = ", ".join(options[:4])
        return None, f"is unknown: {sign!r} can mean {listed} ... say which with --currency"
    return None, f"is unknown: {sign[:10]!r} beside the amount is not a currency"


def _meanings(sign: str, extra: set[str]) -> tuple[str, ...]:
    return (sign.upper(),) if sign.upper() in extra else currencies_of(sign)


def _filled(
    codes: pl.Series, faults: pl.Series, setting: str | None, whole: Whole | None
) -> Currencies:
    """Give rows that say no currency the one of the setting, or the only one that there is."""
    silent = codes.is_null() & faults.is_null()
    some = dict.fromkeys(codes.drop_nulls().unique().to_list(), 1) if silent.any() or whole else {}
    found = choose(whole, "currencies found", some, sorted)
    if not silent.any():
        return Currencies(codes, faults, [])
    count = int(silent.sum())
    rows = counted(count, "row")
    if setting or len(found) == 1:
        code = setting or found[0]
        why = "as --currency says" if setting else "the only one there is"
        return Currencies(
            codes.fill_null(pl.select(pl.when(silent).then(pl.lit(code))).to_series())
            if faults.count()
            else codes.fill_null(code),
            faults,
            [f"{rows} without a currency: taken as {code}, {why}"],
        )
    if not found:
        return Currencies(None, faults, [])
    missing = predicate(silent, "is missing, and the input has several currencies")
    return Currencies(codes, faults.fill_null(missing), [])
