"""Which input column is which: by what the caller said, then by exact name, then by usual names."""

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Final

from outlay.errors import MissingColumnsError
from outlay.schema.columns import OPTIONAL, REQUIRED
from outlay.schema.intake.iso import CODES
from outlay.schema.intake.raw import Part
from outlay.schema.intake.synonyms import SYNONYMS, bare

_MAX_LISTED: Final = 30


def map_columns(
    columns: Sequence[str], said: Mapping[str, str], source: str
) -> tuple[dict[str, str], list[str]]:
    """Return input column by canonical name, and what was left open.

    What the caller said wins, then the exact canonical name, then the likeliest usual name and
    among equals the column further left. No column is mapped twice.
    """
    _check_said(columns, said, source)
    mapping = {name: column for name, column in said.items() if column}
    for name in REQUIRED + OPTIONAL:
        if name in columns and name not in said and name not in mapping.values():
            mapping[name] = name
    notes = []
    for name in REQUIRED + OPTIONAL:
        if name not in said and name not in mapping:
            notes += _map_one(name, columns, mapping)
    missing = [name for name in REQUIRED if name not in mapping]
    if missing:
        raise _missing(missing, columns, source)
    return {name: mapping[name] for name in REQUIRED + OPTIONAL if name in mapping}, notes


def _map_one(name: str, columns: Sequence[str], mapping: dict[str, str]) -> list[str]:
    ranks = {synonym: rank for rank, synonym in enumerate(SYNONYMS[name])}
    free = [column for column in columns if column not in mapping.values()]
    fits = [(_rank(column, ranks, name), at, column) for at, column in enumerate(free)]
    found = [column for rank, _, column in sorted(fits) if rank < len(ranks)]
    if not found:
        return []
    mapping[name] = found[0]
    others = found[1:]
    if not others:
        return []
    listed = ", ".join(map(repr, others))
    return [f"{name} is taken from {found[0]!r}; {listed} could be meant too (--map {name}=COLUMN)"]


def _rank(column: str, ranks: Mapping[str, int], name: str) -> int:
    key = bare(column)
    if name == "amount" and key not in ranks and currency_in(column):
        key = key[:-3]
    return ranks.get(key, len(ranks))


def currency_in(column: str) -> str | None:
    """Return the currency that an amount column carries in its name.

    >>> currency_in("amount_usd"), currency_in("Amount (INR)"), currency_in("discount")
    ('USD', 'INR', None)
    """
    key = bare(column)
    code = key[-3:].upper()
    return code if code in CODES and key[:-3] in SYNONYMS["amount"] else None


def check_parts(mapping: Mapping[str, str], parts: Sequence[Part]) -> None:
    """Raise if one of several files lacks a column that a transaction must have."""
    for part in parts:
        missing = [name for name in REQUIRED if mapping[name] not in part.columns]
        if missing and part.n_read:
            wanted = ", ".join(f"{name} ({mapping[name]!r})" for name in missing)
            raise MissingColumnsError(
                f"{part.name} has no column for {wanted}, which the other files have; "
                f"it has {_listed(part.columns)}."
                "\n\nHint: give its columns the names that the other files use, or read it alone."
            )


def _check_said(columns: Sequence[str], said: Mapping[str, str], source: str) -> None:
    for name, column in said.items():
        if column and column not in columns:
            raise MissingColumnsError(
                f"there is no column {column!r} for {name} in {source}: it has {_listed(columns)}."
                f"\n\nHint: --map {name}={_near(column, columns) or 'COLUMN'}"
            )


def _missing(missing: Sequence[str], columns: Sequence[str], source: str) -> MissingColumnsError:
    near = {name: _near(name, columns) for name in missing}
    nearest = "".join(f" Nearest to {name}: {near[name]!r}." for name in missing if near[name])
    maps = " ".join(f"--map {name}={_shell(near[name])}" for name in missing)
    hint = f"Hint: say which columns these are: {maps}"
    if any(re.fullmatch(r"[-+£$€]?\d[\d.,:/ T-]*", column.strip()) for column in columns):
        hint += "\nThe first line looks like data: does the file lack its line of column names?"
    return MissingColumnsError(
        f"no column for {', '.join(missing)} in {source}: it has {_listed(columns)}.{nearest}"
        f"\n\n{hint}"
    )


def _near(name: str, columns: Sequence[str]) -> str | None:
    by_bare = {bare(column): column for column in reversed(columns)}
    words = (bare(name), *SYNONYMS.get(name, ()))
    for word in words:
        close = get_close_matches(word, by_bare, n=1, cutoff=0.7)
        if close:
            return by_bare[close[0]]
    return None


def _shell(column: str | None) -> str:
    if column is None:
        return "COLUMN"
    return f"'{column}'" if re.search(r"[^\w.-]", column) else column


def _listed(columns: Sequence[str]) -> str:
    listed = ", ".join(repr(column[:60]) for column in columns[:_MAX_LISTED])
    more = len(columns) - _MAX_LISTED
    return f"{listed} and {more} more" if more > 0 else listed or "no columns"
