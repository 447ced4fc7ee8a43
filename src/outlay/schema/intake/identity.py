"""Who and what: ids, types and other names as texts that can be compared."""

import re
from typing import Final

import polars as pl

from outlay.schema.intake.faults import MISSING, first, predicate
from outlay.schema.intake.text import as_text, counted, trimmed
from outlay.schema.intake.whole import Evidence, Whole, choose

NOBODY: Final = ("nan", "none", "null", "n/a", "na", "nat", "<na>", "undefined")
_LENGTHS: Final = tuple({len(word) for word in NOBODY})


def read_users(
    column: pl.Series, whole: Whole | None = None
) -> tuple[pl.Series, pl.Series | None, list[str]]:
    """Return the users' ids, faults, and notes; a blank id or a word for "none" is missing."""
    ids, notes = read_names(column, "user_id", whole)
    # as long as such a word: no sign of another length in lower case is in one
    some = ids.filter(ids.str.len_bytes().is_in(_LENGTHS)).unique()
    words = some.filter(some.str.to_lowercase().is_in(NOBODY))
    if not ids.null_count() and not len(words):
        return ids, None, notes
    nobody = ids.is_in(words.implode())
    said = predicate(nobody, "says that there is none")
    return ids, first(predicate(ids.is_null(), MISSING), said), notes


def read_names(
    column: pl.Series, field: str, whole: Whole | None = None
) -> tuple[pl.Series, list[str]]:
    """Return names without blanks around them, blank ones missing, and what was changed."""
    names, changed = trimmed(column, field)
    notes = []
    if changed:
        notes.append(f"{field}: blanks around {counted(changed, 'value')} taken off")
    floats = _are_floats(names)
    evidence = {"floats": floats, "others": not floats and names.count() > 0}
    if choose(whole, f"{field} as floats", evidence, lambda e: e["floats"] and not e["others"]):
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


def number_ids(
    ids: pl.Series | None, row_number: pl.Series, whole: Whole | None = None
) -> tuple[pl.Series, list[str]]:
    """Return an id for every row: its own, or ``row-<row number>`` where it has none."""
    if ids is None:
        return "row-" + row_number.cast(pl.String), []
    if not ids.null_count() and whole is None:
        return ids, []
    prefix = choose(whole, "names of rows without an id", _prefixes(ids), _free_prefix)
    if not ids.null_count():
        return ids, []
    made = prefix + row_number.cast(pl.String)
    rows = counted(ids.null_count(), "row")
    return ids.zip_with(ids.is_not_null(), made), [
        f"transaction_id: {rows} without one, called {prefix}<row number>"
    ]


def _prefixes(ids: pl.Series) -> dict[str, int]:
    """Return the prefixes of ids that look like those we make, and whether any has to be made."""
    alike = ids.filter(ids.str.starts_with("row")).str.extract(r"^((?:row)+-)\d+$", 1)
    return {"": ids.null_count(), **dict(alike.drop_nulls().value_counts().iter_rows())}


def _free_prefix(found: Evidence) -> str:
    prefix = "row-"
    while found.get("") and found.get(prefix):
        prefix = "row" + prefix
    return prefix
