"""Who and what: ids, types and other names as texts that can be compared."""

import re
from typing import Final

import polars as pl

from outlay.schema.intake.faults import MISSING, first, predicate
from outlay.schema.intake.text import as_text, counted, trimmed

_NOBODY: Final = ("nan", "none", "null", "n/a", "na", "nat", "<na>", "undefined")


def read_users(column: pl.Series) -> tuple[pl.Series, pl.Series | None, list[str]]:
    """Return the users' ids, faults, and notes; a blank id or a word for "none" is missing."""
    ids, notes = read_names(column, "user_id")
    some = ids.unique()
    words = some.filter(some.str.to_lowercase().is_in(_NOBODY))
    if not ids.null_count() and not len(words):
        return ids, None, notes
    nobody = ids.is_in(words.implode())
    said = predicate(nobody, "says that there is none")
    return ids, first(predicate(ids.is_null(), MISSING), said), notes


def read_names(column: pl.Series, field: str) -> tuple[pl.Series, list[str]]:
    """Return names without blanks around them, blank ones missing, and what was changed."""
    names, changed = trimmed(column, field)
    notes = []
    if changed:
        notes.append(f"{field}: blanks around {counted(changed, 'value')} taken off")
    if _are_floats(names):
        names = names.str.strip_suffix(".0")
        notes.append(f"{field}: numbers ending in .0 are taken without it")
    return names, notes


def _are_floats(names: pl.Series) -> bool:
    """Say whether every name is a whole number written as a float, as pandas leaves ids."""
    some = names.drop_nulls().head(100)
    if not len(some) or not all(re.fullmatch(r"\d+\.0", name) for name in some):
        return False
    return bool(names.str.contains(r"^\d+\.0$").all())


def read_types(column: pl.Series) -> pl.Series:
    """Return types in one spelling: ``Cash-Out`` and ``cash out`` are ``cash_out``.

    Few spellings occur, so each is normalised once.
    """
    text = as_text(column, "transaction_type").rename("type")
    spellings = text.unique().to_frame()
    bare = pl.col("type").str.to_lowercase().str.strip_chars()
    one = bare.str.replace_all(r"[ -]", "_")
    named = spellings.with_columns(
        pl.when((one == "") | one.is_null()).then(pl.lit("unknown")).otherwise(one).alias("one")
    )
    if (named["one"] == named["type"]).all(ignore_nulls=False):
        return text
    return text.to_frame().join(named, on="type", nulls_equal=True, maintain_order="left")["one"]


def number_ids(ids: pl.Series | None, row_number: pl.Series) -> tuple[pl.Series, list[str]]:
    """Return an id for every row: its own, or ``row-<row number>`` where it has none."""
    if ids is not None and not ids.null_count():
        return ids, []
    prefix = "row-"
    while ids is not None and ids.is_in((prefix + row_number.cast(pl.String)).implode()).any():
        prefix = "row" + prefix
    made = prefix + row_number.cast(pl.String)
    if ids is None:
        return made, []
    rows = counted(ids.null_count(), "row")
    return ids.zip_with(ids.is_not_null(), made), [
        f"transaction_id: {rows} without one, called {prefix}<row number>"
    ]
