"""All amounts in one currency."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from outlay.errors import CurrencyError
from outlay.schema.intake.text import counted
from outlay.schema.intake.whole import Evidence, Whole, choose

_MAX_LISTED: Final = 12


@dataclass(frozen=True, slots=True)
class Converted:
    """Amounts in one currency, which it is, and whether any had to be converted."""

    amounts: pl.Series
    currency: str | None
    notes: list[str]
    is_converted: bool


def convert(
    amounts: pl.Series,
    codes: pl.Series | None,
    setting: str | None,
    rates: Mapping[str, float] | None,
    whole: Whole | None = None,
) -> Converted:
    """Bring all amounts to one currency: the setting's, or the only one, or the rates' base."""
    if codes is None:
        return Converted(amounts, setting, [], is_converted=False)
    own = _counts(codes)

    def chosen(counts: Evidence) -> tuple[str | None, dict[str, float]]:
        return _target(counts, setting, rates)

    target, worth = choose(whole, "currencies", own, chosen)
    if target is None or not worth:
        return Converted(amounts, target, [], is_converted=False)
    factors = codes.replace_strict(worth, default=None, return_dtype=pl.Float64)
    moved = sum(n for code, n in own.items() if code != target)
    told = ", ".join(f"1 {code} = {worth[code]:.10g} {target}" for code in worth if code != target)
    note = f"{counted(moved, 'amount')} converted to {target} ({told})"
    return Converted(amounts * factors, target, [note], is_converted=True)


def _counts(codes: pl.Series) -> dict[str, int]:
    return dict(codes.drop_nulls().value_counts().iter_rows())


def _target(
    counts: Evidence, setting: str | None, rates: Mapping[str, float] | None
) -> tuple[str | None, dict[str, float]]:
    """Return the currency to count in, and what each is worth in it where there are several."""
    if not counts:
        return setting, {}
    ranked = dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))
    if len(ranked) == 1 and setting in {None, *ranked}:
        return next(iter(ranked)), {}
    target = setting or _base(rates, ranked)
    return target, _worth(target, ranked, rates)


def _base(rates: Mapping[str, float] | None, counts: Mapping[str, int]) -> str:
    if not rates:
        raise _no_rates(counts, next(iter(counts)))
    bases = [code for code, rate in rates.items() if rate == 1]
    if len(bases) == 1:
        return bases[0]
    listed = ", ".join(bases) or "no currency"
    raise CurrencyError(
        f"the rates do not say in which currency to count: {listed} has the rate 1, "
        f"and the input has {_told(counts)}."
        f"\n\nHint: say it with --currency, for example --currency {next(iter(counts))}."
    )


def _worth(
    target: str, counts: Mapping[str, int], rates: Mapping[str, float] | None
) -> dict[str, float]:
    if not rates:
        raise _no_rates(counts, target)
    lacking = [code for code in counts if code not in rates and code != target]
    if lacking:
        raise CurrencyError(
            f"the rates have none for {', '.join(lacking)}: the input has {_told(counts)}, "
            f"the rates have {', '.join(sorted(rates))}."
            f"\n\nHint: add to the rates file what one {lacking[0]} is in {target}, "
            f"for example the line '{lacking[0]},0.5'."
        )
    unit = rates.get(target, 1.0)
    return {code: 1.0 if code == target else rates[code] / unit for code in counts}


def _no_rates(counts: Mapping[str, int], target: str) -> CurrencyError:
    foreign = next(code for code in counts if code != target)
    return CurrencyError(
        f"the amounts are in {_told(counts)}, and there are no rates to bring them to {target}."
        f"\n\nHint: give the rates in a file, --currency {target} --rates rates.csv, where "
        f"rates.csv has the lines\ncurrency,rate\n{target},1\n{foreign},(what one {foreign} is "
        f"in {target})"
    )


def _told(counts: Mapping[str, int]) -> str:
    listed = [f"{code} ({counted(n, 'row')})" for code, n in counts.items()]
    more = len(listed) - _MAX_LISTED
    return ", ".join(listed[:_MAX_LISTED]) + (f" and {more} more" if more > 0 else "")
