"""Amounts as people write them, read as numbers where they can mean one thing only.

Which of point and comma is the decimal sign is decided once for the whole column, by the values
that leave no choice (``1,234.50``, ``12.5`` / ``1.234,50``, ``12,50``):

* points only: a comma groups thousands;
* neither: ``1,234`` is rejected, since it can mean 1.234, unless the column shows by at least ten
  such values, and none of a thousand or more without a comma, that commas group;
* commas only: a comma is the decimal sign, and points group thousands;
* both: the point is the decimal sign, and values with a decimal comma are rejected.
"""

from dataclasses import dataclass
from typing import Any, Final, Literal

import polars as pl

from outlay.schema.intake.faults import MISSING, first, predicate
from outlay.schema.intake.text import as_text, counted
from outlay.schema.intake.whole import Evidence, Whole, choose

MAX_AMOUNT: Final = 1e15
_ENOUGH: Final = 10  # values such as 1,234 that together are no chance

_SIGN: Final = r"[-+\x{2212}]"
_CODE: Final = r"[^\d\s.,'’()+\-\x{2212}]{1,5}\.?"
# in the syntax of Polars' regular expressions; `outlay.pipeline.live.sums` reads one text by them
SHAPE: Final = (
    rf"^(?<open>\()?\s*(?<s1>{_SIGN})?\s*(?<c1>{_CODE})?\s*(?<s2>{_SIGN})?\s*"
    rf"(?<number>[.,]?\d(?:[\d.,'’\s]*\d)?[.,]?(?:[eE][-+]?\d+)?)"
    rf"\s*(?<c2>{_CODE})?\s*(?<s3>-)?\s*(?<close>\))?$"
)

PLAIN: Final = r"^(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$"
POINT: Final = (  # commas (or blanks, or apostrophes) group, a point may follow
    r"^(?:\d{1,3}(?:,\d{3})+\.\d*|\d{1,3}(?:,\d{3}){2,}|\d{1,2}(?:,\d{2})+,\d{3}(?:\.\d*)?"
    r"|\d{1,3}(?:[\s'’]\d{3})+\.\d*)$"
)
COMMA: Final = (  # points (or blanks, or apostrophes) group, a comma may follow
    r"^(?:\d{1,3}(?:\.\d{3})+,\d*|\d{1,3}(?:\.\d{3}){2,}|\d{1,3}(?:[\s'’]\d{3})+,\d+"
    r"|\d+,(?:\d{1,2}|\d{4,})|0,\d{3}|\d{4,},\d{3}|,\d+)$"
)
SPACED: Final = r"^\d{1,3}(?:[\s'’]\d{3})+$"
LONE_COMMA: Final = r"^[1-9]\d{0,2},\d{3}$"
LONE_POINT: Final = r"^[1-9]\d{0,2}\.\d{3}$"
DECIMAL_POINT: Final = r"^\D*(?:\d*\.(?:\d{1,2}|\d{4,})|(?:0|\d{4,})\.\d{3})\D*$"


Style = Literal["point", "comma", "both", "open"]


@dataclass(frozen=True, slots=True)
class Amounts:
    """A column of amounts: numbers (null where faulty), faults, and what stood beside them."""

    values: pl.Series
    faults: pl.Series | None
    refunds: int
    is_refund: pl.Series | None
    signs: pl.Series | None
    notes: list[str]


def read_amounts(
    column: pl.Series, negative: Literal["reject", "refund"], whole: Whole | None = None
) -> Amounts:
    """Return the numbers in ``column``, finite, not negative and at most 1e15."""
    notes: list[str] = []
    unread: pl.Series | None = None
    signs: pl.Series | None = None
    if column.dtype.is_numeric():
        numbers = column.cast(pl.Float64, strict=False)
    elif column.dtype in {pl.String, pl.Categorical, pl.Enum}:
        numbers, unread, signs = _from_text(
            as_text(column, "amount").str.strip_chars(), notes, whole
        )
    else:
        numbers = pl.repeat(None, len(column), dtype=pl.Float64, eager=True)
        unread = predicate(column.is_not_null(), "is not a number")
    return _judged(numbers, unread, signs, notes, negative)


def _judged(
    numbers: pl.Series,
    unread: pl.Series | None,
    signs: pl.Series | None,
    notes: list[str],
    negative: Literal["reject", "refund"],
) -> Amounts:
    is_refund = numbers < 0 if negative == "refund" else None
    size = numbers.abs() if negative == "refund" else numbers
    good = size.is_between(0, MAX_AMOUNT)
    refunds = int((is_refund & good).sum()) if is_refund is not None else 0
    values = size.abs()  # -0.0 is 0
    if good.all(ignore_nulls=False):
        return Amounts(values, None, refunds, is_refund, signs, notes)
    faults = first(unread, *_out_of_range(size))
    values = values.to_frame("v").select(pl.when(good.rename("good")).then("v")).to_series()
    return Amounts(values, faults, refunds, is_refund, signs, notes)


def _out_of_range(size: pl.Series) -> tuple[pl.Series, ...]:
    return (
        predicate(size.is_null(), MISSING),
        predicate(~size.is_finite(), "is not a finite number"),
        predicate(size < 0, "is negative (--negative refund keeps such rows as refunds)"),
        predicate(size > MAX_AMOUNT, "is more than 1e15"),
    )


def _from_text(
    text: pl.Series, notes: list[str], whole: Whole | None
) -> tuple[pl.Series, pl.Series | None, pl.Series | None]:
    """Cast what is a plain number, and look closely at the rest only."""
    numbers = text.cast(pl.Float64, strict=False)
    odd = (numbers.is_null() & text.is_not_null() & (text != "")).arg_true()
    if not len(odd) and whole is None:
        return numbers, None, None
    parts = text.gather(odd).str.extract_groups(SHAPE).struct.unnest()
    evidence = _evidence(parts["number"], text, is_part=whole is not None)
    style = choose(whole, "decimal sign of amounts", evidence, _style)
    if style == "comma":
        numbers = _regrouped(text, numbers)
    if not len(odd):
        return numbers, None, None
    size = _size(parts["number"], style)
    minus = _is_negative(parts)
    signed = pl.select(pl.when(minus).then(-size).otherwise(size)).to_series()
    unread = _odd_faults(parts, size, style)
    signed = pl.select(pl.when(unread.is_null()).then(signed)).to_series()
    notes += _notes(text.gather(odd), parts, signed, style)
    signs = parts.select(pl.coalesce("c1", "c2")).to_series()
    everywhere = pl.repeat(None, len(text), dtype=pl.String, eager=True)
    return (
        numbers.scatter(odd, signed),
        everywhere.clone().scatter(odd, unread),
        everywhere.scatter(odd, signs) if signs.count() else None,
    )


def _evidence(odd: pl.Series, text: pl.Series, *, is_part: bool) -> Evidence:
    """Count what speaks for each decimal sign; of a part all that others may make decisive."""
    commas = bool(odd.str.contains(COMMA).any())
    alone = int(odd.str.contains(LONE_COMMA).sum())
    points = bool(odd.str.contains(f"{POINT}|{DECIMAL_POINT}").any())
    if not points and (commas or alone or is_part):
        points = _any(text, DECIMAL_POINT)
    is_open = is_part or (alone >= _ENOUGH and not commas and not points)
    return {
        "commas": commas,
        "alone": alone,
        "points": points,
        "small": is_open and _any(text, r"^\D*\d{1,3}\D*$"),
        "large": is_open and _any(text, r"^\D*\d{4,}\D*$"),
    }


def _any(text: pl.Series, shape: str) -> bool:
    return bool(text.head(1000).str.contains(shape).any() or text.str.contains(shape).any())


def _style(found: Evidence) -> Style:
    """Say which decimal sign the column's decisive values have.

    Whole numbers with a comma from a thousand up, and only then, are grouped by it: decimals would
    not all have three digits.
    """
    if found["commas"]:
        return "both" if found["points"] else "comma"
    grouped = found["alone"] >= _ENOUGH and found["small"] and not found["large"]
    return "point" if found["points"] or grouped else "open"


def _size(number: pl.Series, style: str) -> pl.Series:
    """Return the numbers without their signs, null where they cannot mean one thing only."""
    n = pl.col("number")
    ungrouped = n.str.replace_all(r"[,\s'’]", "")
    decimal_comma = n.str.replace_all(r"[.\s'’]", "").str.replace(",", ".", literal=True)
    readings: Any = pl.when(n.str.contains(SPACED)).then(ungrouped)
    if style == "comma":
        readings = readings.when(n.str.contains(f"{COMMA}|{LONE_COMMA}|{LONE_POINT}")).then(
            decimal_comma
        )
    elif style in {"point", "both"}:
        readings = readings.when(n.str.contains(POINT)).then(ungrouped)
        if style == "point":
            readings = readings.when(n.str.contains(LONE_COMMA)).then(ungrouped)
    chosen = readings.when(n.str.contains(PLAIN)).then(n)
    return number.to_frame("number").select(chosen.cast(pl.Float64, strict=False)).to_series()


def _regrouped(text: pl.Series, numbers: pl.Series) -> pl.Series:
    """Read ``1.234`` as 1234 in a column with decimal commas."""
    grouped = text.str.contains(r"^[-+]?[1-9]\d{0,2}\.\d{3}$").arg_true()
    whole = text.gather(grouped).str.replace(".", "", literal=True).cast(pl.Float64)
    return numbers.scatter(grouped, whole)


def _is_negative(parts: pl.DataFrame) -> pl.Series:
    minus = pl.any_horizontal(
        pl.col("s1", "s2").str.contains(r"^[-\x{2212}]$").fill_null(value=False),
        pl.col("s3", "open").is_not_null(),
    )
    return parts.select(minus.alias("minus")).to_series()


def _odd_faults(parts: pl.DataFrame, size: pl.Series, style: str) -> pl.Series:
    n = pl.col("number")
    unpaired = pl.col("open").is_null() != pl.col("close").is_null()
    signs = sum(pl.col(name).is_not_null().cast(pl.Int8) for name in ("s1", "s2", "s3", "open"))
    codes = pl.col("c1").is_not_null() & pl.col("c2").is_not_null()
    twice = "has a decimal comma, while others in the column have a decimal point"
    either = "can mean a thousand times more or less: its comma may group or be the decimal sign"
    expr = (
        pl.when(n.is_null() | unpaired | (signs > 1) | codes)
        .then(pl.lit("is not a number"))
        .when(size.rename("size").is_not_null())
        .then(None)
        .when(n.str.contains(COMMA) & pl.lit(style == "both"))
        .then(pl.lit(twice))
        .when(n.str.contains(LONE_COMMA))
        .then(pl.lit(either))
        .otherwise(pl.lit("is not a number"))
    )
    return parts.select(expr.alias("fault")).to_series()


def _notes(text: pl.Series, parts: pl.DataFrame, values: pl.Series, style: str) -> list[str]:
    read = values.is_not_null()
    grouping = r"[.\s'’]\d{3}" if style == "comma" else r"[,\s'’]\d{3}"
    grouped = read & parts["number"].str.contains(grouping)
    comma = read & parts["number"].str.contains(",", literal=True) & (style == "comma")
    signed = read & parts.select(pl.any_horizontal(pl.col("c1", "c2").is_not_null())).to_series()
    negative = read & parts["open"].is_not_null()
    told = (
        (grouped, "with thousands separators"),
        (comma, "with a decimal comma"),
        (signed, "with a currency beside the number"),
        (negative, "in brackets, which is negative"),
    )
    return [_note(mask, what, text, values) for mask, what in told if mask.any()]


def _note(mask: pl.Series, what: str, text: pl.Series, values: pl.Series) -> str:
    count = int(mask.sum())
    example = text.filter(mask).min()
    value = values.filter(mask & (text == example))[0]
    return f"{counted(count, 'amount')} {what}: {str(example)[:40]!r} is read as {value:,.10g}"
